"""One clip, one captioner, and a service that fails on purpose."""

from __future__ import annotations

import asyncio

from media_captioner import errors
from media_captioner.captioners import Options, create
from media_captioner.protocols import Context
from media_captioner.system.secrets import Secret
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.sounds import clip, tone

CLIP = clip(tone(0.1))


def describe(server, name, *, made=CLIP, **options):
    async def run():
        captioner = create(
            name, Options(api_key=Secret("sk-canary-fault-31"), base_url=server.url, **options)
        )
        try:
            return await captioner.describe(made, Context())
        finally:
            await captioner.close()

    return run()


def against(*script, name="qwen", then="ok", prose=PROSE, **options):
    """Describe one clip at a server with this script; return the description and the server."""

    async def run():
        async with FaultServer(*script, then=then, prose=prose) as server:
            try:
                return await describe(server, name, **options), server
            except errors.MediaCaptionerError as error:
                return error, server

    return asyncio.run(run())
