"""``media-captioner serve``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import PATH, PORT, config_option, go_offline, service_options, settings_for

if TYPE_CHECKING:
    from media_captioner.system.secrets import Secret


@click.command(
    "serve", short_help="Serve a captioner to other programs, in the protocols of Model Studio and vLLM."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, default=8901, show_default=True, help="TCP port; 0 takes a free one.")
@click.option(
    "--key", "serve_key", metavar="KEY", help="Key that clients need. Other users of this machine can see it."
)
@click.option(
    "--key-file", "serve_key_file", type=PATH, help="File (mode 0600) with the key that clients need."
)
@click.option("--name", "names", multiple=True, help="Further host name under which the server is known.")
@click.option("--fetch-urls", is_flag=True, help="Fetch public addresses that clients name.")
@click.option(
    "--usage", type=click.Choice(["observed", "documented"]), default="observed", show_default=True,
    help="How tokens are counted.",
)  # fmt: skip
@click.option("--whisper-model", metavar="NAME|PATH", help="Local transcription model.")
@service_options
@config_option
def command(
    host: str,
    port: int,
    serve_key: str | None,
    serve_key_file: Path | None,
    names: tuple[str, ...],
    usage: Any,
    config_file: Path | None,
    *,
    fetch_urls: bool,
    **given: Any,
) -> None:
    """Serve a captioner to other programs: one machine captions for a studio.

    Clients of Alibaba Model Studio work unchanged against http://HOST:PORT/compatible-mode/v1 and
    http://HOST:PORT/api/v1, clients of vLLM against http://HOST:PORT/v1. On loopback no key is needed; on any other
    address clients need a key: from --key-file, from the environment variable MEDIA_CAPTIONER_SERVE_KEY, or from
    --key, which every user of this machine can read in the list of processes.
    """
    from media_captioner.cli.render import caption_view
    from media_captioner.hooks import captioner_named
    from media_captioner.serve import StudioOptions, serve_forever

    _, settings = settings_for(given, config_file)
    go_offline(settings)
    key = _key(serve_key, serve_key_file)
    options = StudioOptions(host=host, port=port, key=key, names=names, fetch_urls=fetch_urls, usage=usage)
    with caption_view(1, as_json=False) as view:
        name = "local" if settings.captioner == "auto" else settings.captioner
        captioner = captioner_named(name, settings, view)
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(_serve(serve_forever, captioner, options, name))


def _key(given: str | None, file: Path | None) -> Secret | None:
    from media_captioner.config.sources import read_key
    from media_captioner.errors import ConfigError
    from media_captioner.system.secrets import Secret

    if given is not None and file is not None:
        raise ConfigError(
            "Both --key and --key-file were given", hint="Keep --key-file: nobody else can read it."
        )
    if file is not None:
        return read_key(file)
    text = (os.environ.get("MEDIA_CAPTIONER_SERVE_KEY", "") if given is None else given).strip()
    if given is not None and not text:
        raise ConfigError("The key given with --key is empty", hint="Leave --key out to serve without one.")
    return Secret(text) if text else None


async def _serve(serve_forever: Any, captioner: Any, options: Any, name: str) -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def ready(address: str) -> None:
        click.echo(f"{name} at {address} (Ctrl-C stops)")

    await serve_forever(captioner, options, ready=ready)
