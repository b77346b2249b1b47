"""``media-captioner listen``."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from media_captioner.cli.options import (
    PORT,
    config_option,
    fleet_options,
    go_offline,
    journal_option,
    json_option,
    refuse_maps_without_fleet,
    service_options,
    settings_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from media_captioner.batch import Batch
    from media_captioner.cli.render import CaptionView
    from media_captioner.config import Settings
    from media_captioner.listen import Places, Register, Secrets
    from media_captioner.session import Session


_HELP: Final = """\
Let other programs ask for captions, with signed requests.

\b
In the settings file:
  [listen]
  secret_files = ["/etc/captions/ask.key"]   # whsec_ and the base64 of 24 to 64 bytes; mode 0600
  frameio_secret_files = []                  # signing secrets of Frame.io (v4)
  roots = ["/archive"]                       # files below may be asked for
  urls = ["https://files.example/inbox/"]    # addresses that begin so may be fetched
  downloads = "/captions/inbox"              # to here
  most_megabytes = 20000
  private = false                            # fetch from private networks, and over http
  at_once = 4                                # jobs under way at once; left out: what suits the captioner

\b
A request: POST /captions, with a JSON body of at most 64 KiB
  {"file": "1987/tape 7.mov"}                relative to a root, or absolute
  {"url": "https://files.example/inbox/a.mp4"}
  with, if you like, "settings": {"language": "de", "profile": "bbc", "formats": ["vtt", "srt"]}
  (also track, all_tracks, voice_tags, caption_style, start_timecode). The same may stand as "data" in a
  larger object: in a CloudEvent, or a custom action of Frame.io with fields of these names.

\b
Signed as Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature: v1,BASE64 of the
HMAC-SHA256 of ID.TIMESTAMP.BODY) or Frame.io v4 (x-frameio-request-timestamp,
x-frameio-signature: v0=HEX of the HMAC-SHA256 of v0:TIMESTAMP:BODY). Clocks may differ by 5 minutes.
To try again after no answer, send the same id and body with a new timestamp: it is the same job.

\b
The answer, at once: 202, or 200 for a job that is known
  {"id": "job_...", "state": "waiting", "status": "/captions/job_...", "file": "1987/tape 7.mov",
   "created": "2026-03-18T12:00:00Z", "ended": null, "reason": null, "files": []}
GET /captions/job_... gives the same later: state is waiting, working, done, done with gaps, up to date,
failed or quarantined; files are relative to the root. Refusals: {"error": {"message": "..."}} with 400
(no JSON), 401 (signature or time), 403 (not allowed), 404 (no such file), 409 (replayed), 413, 422
(asks for what cannot be), 503 (too much is waiting).

\b
The end is told by [[webhooks]] of the settings, as a CloudEvent with the job's id
  {"specversion": "1.0", "id": "msg_...", "source": "/media-captioner",
   "type": "media_captioner.asset.done", "time": "...", "subject": "1987/tape 7.mov",
   "data": {"file": "1987/tape 7.mov", "job": "job_...", "state": "done", "summary": "...",
            "keywords": [], "languages": [], "files": ["1987/tape 7.en.vtt"], "elapsed": 12.3}}

With --fleet its workers do the work, 32 jobs at once. Files need their names there (--map), fetched ones too, and
settings are the workers' own: a request that brings some is refused (422).

It answers on this machine only, unless --host says otherwise; for others put a proxy with TLS before it. Jobs
outlast a restart. What is fetched is kept, each in a folder named after its job.
"""


@click.command("listen", help=_HELP, short_help="Let other programs ask for captions, with signed requests.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, default=8902, show_default=True, help="TCP port; 0 takes a free one.")
@click.option("--name", "names", multiple=True, help="Further host name under which the server is known.")
@click.option("--whisper-model", metavar="NAME|PATH", help="Local transcription model.")
@fleet_options
@service_options
@journal_option
@config_option
@json_option
def command(
    host: str,
    port: int,
    names: tuple[str, ...],
    config_file: Path | None,
    maps: tuple[str, ...],
    *,
    fleet: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Let other programs ask for captions, with signed requests."""
    from media_captioner.assets import check_looks
    from media_captioner.cli.render import caption_view
    from media_captioner.cli.shared import handing, shared_journal
    from media_captioner.cli.stopping import run_until_stopped
    from media_captioner.errors import ConfigError
    from media_captioner.hooks import captioner_named
    from media_captioner.listen import Places, Register, Secrets, default_register
    from media_captioner.session import open_session
    from media_captioner.system import files

    refuse_maps_without_fleet(maps, fleet=fleet)
    by_file, settings = settings_for(given, config_file)
    go_offline(settings)
    check_looks(settings)
    secrets, places = Secrets.of(settings.listen), Places(settings.listen.roots, settings.listen.urls)
    if not settings.listen.roots and not settings.listen.urls:
        raise ConfigError(
            "Cannot listen: nothing may be asked for", hint="Set roots or urls in the [listen] table."
        )
    path = default_register()
    with ExitStack() as stack:
        stack.enter_context(files.locked(path.with_suffix(".lock"), doing="listen"))
        view = stack.enter_context(caption_view(1, as_json=as_json))
        handed = stack.enter_context(handing(settings, maps, "listening")).in_place_of if fleet else None
        captioner = captioner_named(settings.captioner, settings, view)
        session = stack.enter_context(
            open_session(
                captioner,
                settings,
                reporter=view,
                doing="listening",
                journal=shared_journal(settings, "listening"),
            )
        )
        register = stack.enter_context(closing(Register(path)))
        door = _Door(settings, session, view, by_file, register, places, secrets, handed)
        return run_until_stopped(lambda: door.serve(host, port, names))


class _Door:
    def __init__(
        self,
        settings: Settings,
        session: Session,
        view: CaptionView,
        by_file: Callable[[Path], Settings],
        register: Register,
        places: Places,
        secrets: Secrets,
        handed: Callable[[Batch], Batch] | None,
    ) -> None:
        self._handed = handed
        self._settings, self._session, self._view, self._by_file = settings, session, view, by_file
        self._register, self._places, self._secrets = register, places, secrets

    async def serve(self, host: str, port: int, names: tuple[str, ...]) -> None:
        from media_captioner.hooks import attended
        from media_captioner.listen import Door, Worker, open_door
        from media_captioner.pipeline import voice_detector

        try:
            async with attended(self._settings, self._view) as everybody:
                self._session.host = everybody
                worker = Worker(
                    self._register,
                    self._places,
                    self._settings.listen,
                    self._by_file,
                    self._session,
                    self._view,
                    self._view.tell,
                    voice_detector(),
                    self._settings.listen.at_once,
                    handed=self._handed,
                    wait_hours=self._settings.wait_hours,
                )
                door = Door(
                    self._register,
                    self._places,
                    self._secrets,
                    worker.news.set,
                    host=host,
                    port=port,
                    names=names,
                    settable=self._handed is None,
                    profiles=self._settings.profiles,
                )
                await open_door(door, worker.run, self._ready)
        finally:
            await self._session.captioner.close()

    def _ready(self, address: str) -> None:
        self._view.notice("info", f"Listening at {address} (Ctrl-C stops)")
