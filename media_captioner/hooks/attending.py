"""Everybody who is told, for the length of a run: plugins, programs and webhooks, as the settings have them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from media_captioner.captioners.http import post
from media_captioner.captioners.options import options_of
from media_captioner.captioners.registry import create, service_for
from media_captioner.config import Settings
from media_captioner.errors import OutputError
from media_captioner.hooks.commands import CommandListener
from media_captioner.hooks.host import Host, Listener
from media_captioner.hooks.plugged import plugged
from media_captioner.hooks.webhooks.courier import Courier
from media_captioner.hooks.webhooks.outbox import Outbox, default_outbox
from media_captioner.protocols import Captioner, Reporter, Service, SilentReporter

_log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 5.0
"""Seconds that a run stays at its end for messages that are under way; later ones go out with the next run."""


def captioner_named(name: str, settings: object = None, reporter: Reporter | None = None) -> Captioner:
    """Return a captioner of ours or of a plugin; see :func:`media_captioner.captioners.registry.create`.

    Raises:
        ConfigError: there is no such captioner, or its settings cannot be used.
        SecretMissing: it needs a key.
        ExtraMissing: it needs a part of the package that is not installed.
        PluginError: a plugin's captioner cannot be made.

    """
    return create(name, settings, reporter, further=plugged().captioners)


def service_named(name: str, settings: object = None) -> Service:
    """Return the limits and prices of a captioner of ours or of a plugin; nobody is asked, and ours need no key.

    A plugin's captioner is made for this and closed again, so this is not for a running event loop.

    Raises:
        ConfigError: there is no such captioner, or its settings cannot be used.
        PluginError: a plugin's captioner cannot be made.

    """
    factory = plugged().captioners.get(name)
    if factory is None:
        return service_for(name, settings)
    captioner = factory(options_of(settings))
    try:
        return captioner.service
    finally:
        asyncio.run(captioner.close())


def courier_for(settings: Settings, reporter: Reporter | None = None) -> Courier | None:
    """Return who carries the messages that ``settings`` ask for, or None where they ask for none.

    Raises:
        ConfigError: a secret cannot be read, or a newer program wrote the outbox.

    """
    if not settings.webhooks:
        return None
    try:
        outbox = Outbox(default_outbox())
    except OutputError as error:
        (reporter or SilentReporter()).notice(
            "warning", f"{error.message}. Messages that do not arrive in this run are lost."
        )
        outbox = Outbox(None)
    try:
        return Courier(settings.webhooks, outbox, post, reporter=reporter)
    except BaseException:
        outbox.close()
        raise


def host_for(settings: Settings, reporter: Reporter | None = None, *, courier: Courier | None = None) -> Host:
    """Return everybody who is to be told of events: plugins, then programs, then webhooks.

    Args:
        settings: Which programs, and how long a plugin may take.
        reporter: Whom to tell that somebody failed.
        courier: Who carries messages to webhooks, or None.

    """
    listeners: list[Listener] = plugged().listeners(seconds=settings.plugin_seconds)
    listeners += [CommandListener(hook) for hook in settings.hooks]
    if courier is not None:
        listeners.append(courier)
    return Host.of(listeners, reporter)


@contextlib.asynccontextmanager
async def attended(settings: Settings, reporter: Reporter | None = None) -> AsyncIterator[Host]:
    """Give everybody who is to be told, and carry messages meanwhile, also those of earlier runs.

    Offline nothing is carried: messages stay in the outbox for a run that is not.

    Raises:
        ConfigError: a webhook's secret cannot be read.

    """
    courier = await asyncio.to_thread(courier_for, settings, reporter)
    host = host_for(settings, reporter, courier=courier)
    carrying = None if courier is None or settings.offline else asyncio.create_task(courier.run())
    try:
        yield host
    finally:
        if courier is not None and carrying is not None:
            await courier.flush(FLUSH_SECONDS)
            carrying.cancel()
            [ended] = await asyncio.gather(carrying, return_exceptions=True)
            if isinstance(ended, Exception):
                _log.error("Carrying messages failed", exc_info=ended)
        host.close()
