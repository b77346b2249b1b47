"""``media-captioner why``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    NAME,
    config_option,
    journal_option,
    json_option,
    map_option,
    settings_for,
)

if TYPE_CHECKING:
    from media_captioner.export.remarks import Remark
    from media_captioner.schedule.journal.reports import Attempt, Why
    from media_captioner.watch.explaining import Standing


@click.command("why", short_help="Show everything that is known of one file, and why it stands as it does.")
@click.argument("source", type=NAME, metavar="FILE")
@map_option
@journal_option
@config_option
@json_option
def command(
    source: str, maps: tuple[str, ...], journal: Path | None, config_file: Path | None, *, as_json: bool
) -> int:
    """Show how FILE stands and why: what a watched folder decided, gaps, refusals, each time it was asked about."""
    from media_captioner.cli.render import length, print_json
    from media_captioner.system.printable import printable
    from media_captioner.watch.explaining import standing

    _, settings = settings_for({}, config_file)
    below = None if "://" in source else standing(Path(source), settings.watch)
    found = _noted(source, maps, journal, config_file)
    if found is None:
        return _told_by_files(source, below, as_json=as_json)
    remarks = list(_remarks(source))
    if as_json:
        beside = {"watch": below.sentence()} if below else {}
        told = [{"start": float(each.start), "end": float(each.end), "term": each.term} for each in remarks]
        print_json(_json(found) | {"contradicted": told} | beside)
        return 0
    if below is not None and below.says_more_than(found.state, found.reason):
        click.echo(printable(below.sentence()))
    for line in _lines(found):
        click.echo(line)
    for each in remarks:
        click.echo(f"  {length(each.start)} to {length(each.end)}: {each.sentence}.")
    return 0


def _noted(source: str, maps: tuple[str, ...], journal: Path | None, config_file: Path | None) -> Why | None:
    """Return what the journal knows of a file, or None where it knows nothing or is not there yet."""
    from media_captioner.cli.shared import named, reading
    from media_captioner.errors import JournalMissing
    from media_captioner.schedule.journal.reports import why

    try:
        with reading(journal, config_file) as (connection, file):
            name = named(source, maps, file)
            found = why(connection, name)
            if found is None and isinstance(name, Path):  # a watched folder knows it by where it really lies
                found = why(connection, name.parent.resolve() / name.name)
            return found
    except JournalMissing:
        if journal is not None:
            raise
        return None


def _told_by_files(source: str, below: Standing | None, *, as_json: bool) -> int:
    """Tell what a watched folder and the files tell of one that the journal does not know; return the exit code."""
    from media_captioner.cli.render import print_json
    from media_captioner.system.printable import printable

    path = Path(source)
    beside = [] if "://" in source or path.is_dir() else _sidecars(path)
    if as_json:
        watched = {"watch": below.sentence()} if below else {}
        print_json({"source": str(path.absolute()), "files": [str(each) for each in beside]} | watched)
        return 0 if below or beside else 3
    if below is not None:
        click.echo(printable(below.sentence()))
    if beside:
        names = ", ".join(each.name for each in beside)
        click.echo(
            printable(f"{source} was captioned: beside it lies {names}. The journal does not know it.")
        )
    if below or beside:
        return 0
    click.echo(printable(_nothing(source, path)), err=True)
    return 3


def _nothing(source: str, path: Path) -> str:
    if "://" in source:
        return f"Nothing is known of {source}: it was never captioned, or was forgotten."
    if path.is_dir():
        return f"{source} is a folder: name a file. media-captioner status counts them all."
    if not path.exists():
        return f"There is no file {source}, and nothing is known of one."
    return (
        f"Nothing is known of {source}: no captions of ours lie beside it, the journal does not know it, and no"
        " folder above it was ever watched."
    )


def _sidecars(path: Path) -> list[Path]:
    from media_captioner.errors import MediaError
    from media_captioner.export.finding import sidecars_at

    with suppress(MediaError):
        return sidecars_at(path)
    return []


def _remarks(source: str) -> Iterator[Remark]:
    """Yield what the descriptions of a file say of the recording and measurements contradict, where it has captions."""
    from media_captioner.errors import MediaCaptionerError
    from media_captioner.export.finding import known_at
    from media_captioner.export.remarks import contradicted

    with suppress(MediaCaptionerError):
        for path in _sidecars(Path(source)) if Path(source).is_file() else ():
            yield from contradicted(known_at(path).sidecar.captions)


def _json(found: Why) -> dict[str, Any]:
    spans = {
        name: [{"start": float(start), "end": float(end), "reason": reason} for start, end, reason in entries]
        for name, entries in (("gaps", found.gaps), ("refused", found.refused))
    }
    return {
        "source": found.source,
        "state": found.state,
        "reason": found.reason,
        "error": found.error,
        "until": found.until,
        "failures": found.failures,
        "content_id": found.content,
        "changed": found.changed,
        "segments": found.segments,
        **spans,
        "attempts": [_attempt(each) for each in found.attempts],
        "files": list(found.outputs),
        "answers": found.answers,
    }


def _attempt(each: Attempt) -> dict[str, Any]:
    return {
        "asked": each.asked,
        "start": float(each.start),
        "end": float(each.end),
        "captioner": each.captioner,
        "outcome": each.outcome,
        "detail": each.detail,
        "request_id": each.request,
        "tokens": each.taken.tokens,
        "dollars": float(each.taken.dollars),
    }


def _lines(found: Why) -> Iterator[str]:
    from media_captioner.cli.render import STATE_COLOURS, counted, length, times
    from media_captioner.system.printable import printable

    state = click.style(found.state, fg=STATE_COLOURS.get(found.state), bold=True)
    yield f"{printable(found.source)}: {state} since {found.changed[:19].replace('T', ' ')} UTC"
    if found.reason:
        yield f"  {printable(found.reason)}"
    if found.until:
        yield f"  It can go on at {found.until[:19].replace('T', ' ')} UTC."
    if found.failures:
        yield f"  It failed {times(found.failures)} in a way that can bring a program down."
    if found.segments:
        yield "  segments: " + ", ".join(f"{count} {name}" for name, count in found.segments.items())
    for title, entries in (("gap", found.gaps), ("refused", found.refused)):
        for start, end, reason in entries:
            yield f"  {title} {length(start)} to {length(end)}: {printable(reason)}"
    for each in found.attempts:
        if each.outcome != "answered":
            outcome = "under way" if each.outcome == "asked" else each.outcome
            what = f"{outcome}, {length(each.start)} to {length(each.end)}"
            yield f"  {each.asked[:19].replace('T', ' ')} {what}" + (
                f": {printable(each.detail)}" if each.detail else ""
            )
    if found.answers:
        yield f"  {counted(found.answers, 'answer')} remembered: captioning it again asks for nothing twice."
    for path in found.outputs:
        yield f"  {printable(path)}"
