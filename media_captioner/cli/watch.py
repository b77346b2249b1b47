"""``media-captioner watch``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    PATH,
    PORT,
    by_hand,
    comma_list,
    config_option,
    fleet_options,
    go_offline,
    journal_option,
    language_option,
    refuse_maps_without_fleet,
    service_options,
)

if TYPE_CHECKING:
    from media_captioner.batch import Batch
    from media_captioner.config import Settings
    from media_captioner.config.tables import WatchedRoot
    from media_captioner.watch.daemon import Daemon

log = logging.getLogger(__name__)


@click.command("watch", short_help="Caption whatever is put into folders, for as long as it runs.")
@click.argument("roots", nargs=-1, type=PATH, metavar="[FOLDERS]...")
@click.option(
    "--port",
    type=PORT,
    help="Serve /healthz and /metrics on this machine; 0 takes a free port.",
)
@click.option(
    "--log",
    "log_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to log.",
)
@click.option(
    "--log-file", type=PATH, metavar="FILE", help="Log there, at most 50 MB, instead of to standard error."
)
@language_option
@click.option("--formats", callback=comma_list, metavar="LIST", help="Files to write, such as vtt,xmp.")
@click.option("--profile", metavar="NAME", help="Style guide: netflix-en, bbc, dcmp, youtube, plain.")
@click.option("--whisper-model", metavar="NAME|PATH", help="Local transcription model.")
@click.option("--max-dollars-per-day", type=float, metavar="USD", help="Most to spend on a day (UTC).")
@fleet_options
@service_options
@click.option("--offline", is_flag=True, default=None, help="Make every network connection an error.")
@journal_option
@config_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    roots: tuple[Path, ...],
    port: int | None,
    log_format: str,
    log_file: Path | None,
    config_file: Path | None,
    maps: tuple[str, ...],
    *,
    fleet: bool,
    **given: Any,
) -> int:
    """Caption whatever is put into FOLDERS, and below them, as soon as it is complete.

    Without FOLDERS those of the [[watch]] tables in the settings are watched, each with its own settings. A file
    is begun when it has come to rest, nobody writes to it and it parses to its end. SIGHUP reads the settings
    again; SIGTERM and Ctrl-C finish what is under way, ten seconds at most. With the setting database answers,
    limits and costs are those that machines share; with --fleet its workers do the work too.
    """
    from media_captioner.cli.stopping import run_until_stopped
    from media_captioner.system.logs import set_up

    refuse_maps_without_fleet(maps, fleet=fleet)
    level = logging.DEBUG if (ctx.obj or {}).get("debug") else logging.INFO
    with set_up(level, as_json=log_format == "json", file=log_file):
        return run_until_stopped(
            lambda: _Service(roots, given, config_file, port, maps if fleet else None).run()
        )


class _Service:
    """The daemon, started anew whenever the settings are read again."""

    def __init__(
        self,
        roots: Sequence[Path],
        given: dict[str, Any],
        config_file: Path | None,
        port: int | None,
        fleet: Sequence[str] | None,
    ) -> None:
        self._fleet = fleet  # how its folders are mapped, or None to caption here
        self._roots, self._given, self._config_file, self._port = roots, given, config_file, port
        self._reload = asyncio.Event()

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload.set)
        while True:
            tables, settings = self._read()
            go_offline(settings)
            self._reload.clear()
            await self._one(tables)
            log.info("read the settings again")

    def _settings(self, folder: Path | None) -> Settings:
        from media_captioner.config import resolve

        found = resolve(self._given, config_file=self._config_file, beside=folder).settings
        return by_hand(self._given, found)

    def _read(self) -> tuple[Sequence[WatchedRoot], Settings]:
        from media_captioner.config.tables import WatchedRoot

        settings = self._settings(None)
        tables = {table.root.absolute(): table for table in settings.watch}
        if self._roots:
            named = [root.absolute() for root in self._roots]
            return [tables.get(root) or WatchedRoot(root=root) for root in named], settings
        return settings.watch, settings

    async def _one(self, tables: Sequence[WatchedRoot]) -> None:
        """Run until the settings are to be read again and can be."""
        from media_captioner.cli.shared import shared_journal
        from media_captioner.watch.daemon import open_daemon

        with (
            self._handing() as handed,
            open_daemon(tables, self._settings, handed=handed, ledger_for=shared_journal) as daemon,
        ):
            async with contextlib.AsyncExitStack() as stack:
                await self._serve(daemon, stack)
                for folder in daemon.folders:
                    log.info("watching %s", folder.root, extra={"root": str(folder.root)})
                work = asyncio.create_task(daemon.run())
                try:
                    await self._until_reload(work)
                finally:
                    work.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await work

    @contextlib.contextmanager
    def _handing(self) -> Iterator[Callable[[Batch], Batch] | None]:
        """Give what hands files to the fleet, where that was asked for."""
        if self._fleet is None:
            yield None
            return
        from media_captioner.cli.shared import handing

        with handing(self._settings(None), self._fleet, "watching folders") as given:
            yield given.in_place_of

    async def _serve(self, daemon: Daemon, stack: contextlib.AsyncExitStack) -> None:
        from media_captioner.watch.health import health_server

        if self._port is not None:
            listener = await stack.enter_async_context(health_server(daemon, self._port))
            log.info("health at %s/healthz and %s/metrics", listener.url, listener.url)

    async def _until_reload(self, work: asyncio.Task[None]) -> None:
        from media_captioner.errors import MediaCaptionerError
        from media_captioner.watch.daemon import placed

        while True:
            asked = asyncio.create_task(self._reload.wait())
            await asyncio.wait([work, asked], return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            if work.done():
                work.result()
                return
            try:
                placed(self._read()[0])
            except MediaCaptionerError as error:
                log.error("the settings cannot be used, so those from before go on: %s", error.message)  # noqa: TRY400 - a person's mistake, not ours
                self._reload.clear()
            else:
                return
