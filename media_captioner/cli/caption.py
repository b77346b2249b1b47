"""``media-captioner caption``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    PATH,
    comma_list,
    config_option,
    go_offline,
    journal_option,
    json_option,
    language_option,
    looks_options,
    service_options,
    settings_for,
    track_option,
)
from media_captioner.errors import MediaCaptionerError

if TYPE_CHECKING:
    from media_captioner.batch import Batch
    from media_captioner.config import Settings
    from media_captioner.hooks.host import Listener
    from media_captioner.outcomes import AssetReport
    from media_captioner.session import Session


@click.command("caption", short_help="Caption media files and folders.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@click.option(
    "--out", type=PATH, metavar="FOLDER", help="Write the results here instead of beside the media."
)
@language_option
@track_option
@click.option("--all-tracks", is_flag=True, default=None, help="Caption every audio track.")
@click.option(
    "--formats",
    callback=comma_list,
    metavar="LIST",
    help="Files to write, such as vtt,xmp (the JSON sidecar always).",
)
@click.option(
    "--layout",
    type=click.Choice(["plain", "jellyfin", "plex", "kodi", "immich", "photoprism"]),
    help="Names and formats that a program looks for.",
)
@looks_options
@service_options
@click.option("--audio-url", metavar="URL", help="With --input url: the public address of the file's sound.")
@click.option(
    "--early",
    type=PATH,
    metavar="FILE",
    help="Of one media file: write captions of what was heard so far to FILE (WebVTT), for a player to show.",
)
@click.option("--show-stream", is_flag=True, help="Show descriptions as the service makes them.")
@click.option(
    "--whisper-model", metavar="NAME|PATH", help="Local transcription model: base, small, a folder..."
)
@click.option("--samples", type=int, metavar="N", help="Describe each segment N times, and keep what recurs.")
@click.option("--max-dollars", type=float, metavar="USD", help="Most to spend in this run.")
@click.option("--max-requests", type=int, metavar="N", help="Most requests to make in this run.")
@click.option(
    "--force",
    is_flag=True,
    default=None,
    help="Caption again what is up to date; answers that were paid for are used.",
)
@click.option(
    "--overwrite", type=click.Choice(["ours", "all", "never"]), help="What may be replaced; ours by default."
)
@click.option("--offline", is_flag=True, default=None, help="Make every network connection an error.")
@journal_option
@config_option
@json_option
def command(
    sources: tuple[Path, ...],
    config_file: Path | None,
    early: Path | None,
    *,
    as_json: bool,
    show_stream: bool,
    **given: Any,
) -> int:
    """Caption media files, and folders to their depth, and write the results beside them.

    For clip.mp4: clip.en.vtt (captions), clip.media_captioner.json (everything that was heard) and clip.xmp
    (description, keywords, markers). What is up to date is left alone. A file that is not ours is never
    overwritten.
    """
    from media_captioner import batch

    by_file, settings = settings_for(given, config_file)
    go_offline(settings)
    found = batch.find_media(sources)
    told = None if early is None else _early(early, found, by_file)
    return caption_all(
        found,
        by_file,
        settings,
        as_json=as_json,
        show_stream=show_stream,
        told=told,
        root=_only_folder(sources),
    )


def _only_folder(sources: Sequence[Path]) -> Path | None:
    """Return the folder that was named, where nothing else was: whoever is told of files hears where below they lie."""
    only = sources[0] if len(sources) == 1 else None
    return only.absolute() if only is not None and os.path.isdir(only) else None  # noqa: PTH112 - never raises


def _early(
    file: Path, found: Sequence[Path | MediaCaptionerError], by_file: Callable[[Path], Settings]
) -> Listener | None:
    from media_captioner.early import EarlyCaptions

    if len(found) != 1:
        raise click.BadParameter("is for one media file at a time", param_hint="--early")
    (source,) = found
    return EarlyCaptions(file.absolute(), by_file(source)) if isinstance(source, Path) else None


def caption_all(
    found: Sequence[Path | MediaCaptionerError],
    by_file: Callable[[Path], Settings],
    settings: Settings,
    *,
    as_json: bool,
    show_stream: bool = False,
    told: Listener | None = None,
    root: Path | None = None,
    note: Callable[[AssetReport], None] | None = None,
) -> int:
    """Caption what was found, show how that goes, and return the exit code.

    Args:
        found: Files, and what could not be found.
        by_file: The settings for each file.
        settings: What holds for the whole run.
        as_json: Print a line of JSON for each file.
        show_stream: Show descriptions as they are made.
        told: Who is told of what happens besides those whom the settings name, or None.
        root: The folder that the files lie below, for its budget, or None.
        note: Told how each file ended, besides whoever looks on.

    """
    from media_captioner import batch
    from media_captioner.assets import check_looks
    from media_captioner.captioners.options import options_of
    from media_captioner.cli.render import caption_view
    from media_captioner.cli.shared import shared_journal
    from media_captioner.cli.stopping import run_until_stopped
    from media_captioner.hooks import captioner_named
    from media_captioner.pipeline import voice_detector
    from media_captioner.session import open_session

    check_looks(settings)
    with caption_view(len(found), as_json=as_json) as view:

        def tell(report: AssetReport) -> None:
            view.tell(report)
            if note is not None:
                note(report)

        captioner = captioner_named(
            settings.captioner, options_of(settings, on_text=view.live_text if show_stream else None), view
        )
        with open_session(
            captioner, settings, reporter=view, journal=shared_journal(settings, "captioning")
        ) as session:
            work = batch.Batch(
                by_file,
                captioner,
                view,
                voice_detector(),
                session=session,
                wait_hours=settings.wait_hours,
                root=root,
            )
            try:
                stopped = run_until_stopped(lambda: _run(work, session, settings, found, tell, told))
            except MediaCaptionerError as error:
                if all(report.error is not error for report in work.reports):
                    raise
                stopped = 0  # it was told with the asset that it happened to
            finally:
                paid = captioner.service.price is not None
                view.summarise(work.reports, session.scheduler.spent.dollars if paid else None)
    return stopped or batch.exit_code(work.reports)


async def _run(
    work: Batch,
    session: Session,
    settings: Settings,
    found: Sequence[Path | MediaCaptionerError],
    tell: Callable[[AssetReport], None],
    told: Listener | None,
) -> None:
    from media_captioner.hooks import attended

    try:
        async with attended(settings, work.reporter) as host:
            if told is not None:
                host.add(told)
            session.host = host
            await work.run(found, tell)
    finally:
        await work.captioner.close()
