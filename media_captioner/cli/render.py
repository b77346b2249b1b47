"""What a person sees: progress and notices on standard error, results on standard output."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.app import show_error
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.printable import printable, printable_lines
from media_captioner.system.secrets import redact

if TYPE_CHECKING:
    import rich.progress

    from media_captioner.assets import TrackResult
    from media_captioner.batch import AssetReport
    from media_captioner.model import Clip
    from media_captioner.protocols import Notice, Progress

STATE_COLOURS: dict[str, str] = {
    "done": "green",
    "up to date": "cyan",
    "done with gaps": "yellow",
    "failed": "red",
    "quarantined": "red",
    "waiting": "magenta",
    "interrupted": "magenta",
    "working": "blue",
}
"""How the states of assets look."""

_MOST_LISTED = 20  # assets in a summary: more would push its first line off the screen

_NARROW = 72  # columns of a terminal that the progress of an asset fits into with what is heard in it

_NOTICE_COLOURS: dict[Notice, str] = {"info": "cyan", "warning": "yellow", "error": "red"}


def length(seconds: Fraction | float) -> str:
    """Write a length of time as a person reads it: ``0:55``, ``1:02:03``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def dollars(value: Fraction) -> str:
    """Write an amount of money as a person reads it: to the cent, or to the hundredth of one below a dollar."""
    return f"${float(value):,.2f}" if value >= 1 or not value else f"${float(value):.4f}"


def counted(number: int, name: str) -> str:
    """Write how many there are of something, in the right number: ``1 caption``, ``1,200 captions``."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def times(number: int) -> str:
    """Write how often in a row something happened: ``once``, ``3 times in a row``."""
    return "once" if number == 1 else f"{number:,} times in a row"


class CaptionView:
    """Shows the progress of a batch and tells its results. Also the library's :class:`Reporter`.

    Args:
        assets: How many there are.
        as_json: Print results as JSON lines and nothing else.

    """

    def __init__(self, assets: int, *, as_json: bool) -> None:
        self._assets = assets
        self._as_json = as_json
        self._finished = 0
        self._started = SYSTEM_CLOCK.monotonic()
        self._bar: rich.progress.Progress | None = None
        self._tasks: dict[str, rich.progress.TaskID] = {}
        self._whole: rich.progress.TaskID | None = None
        self._live: int | None = None

    def open(self) -> None:
        """Start to show progress, where standard error is a terminal."""
        if sys.stderr.isatty():
            self._bar = _progress_bar()
            self._bar.start()
            if self._assets > 1:
                self._whole = self._bar.add_task("all", total=self._assets, detail="", unit="assets")

    def close(self) -> None:
        """Take the progress display away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def progress(self, progress: Progress) -> None:
        """Show how far an asset is."""
        if self._bar is None:
            return
        key = f"{progress.asset}/{progress.stage == 'fetch'}"
        total = float(progress.total) if progress.total is not None else None
        if key not in self._tasks:
            unit = "bytes" if progress.stage == "fetch" else "seconds"
            self._tasks[key] = self._bar.add_task(
                printable(redact(progress.asset)), total=total, detail="", unit=unit, least=None
            )
        spent = "" if progress.dollars is None else f"${float(progress.dollars):.2f}  "
        self._bar.update(
            self._tasks[key],
            completed=float(progress.position),
            total=total,
            detail=spent + printable(redact(progress.detail)),
            least=progress.seconds_left,
        )
        if total is not None and progress.stage == "fetch" and progress.position >= total:
            self._bar.remove_task(self._tasks.pop(key))

    def notice(self, level: Notice, message: str) -> None:
        """Tell a person something once, on standard error."""
        with self.paused():
            click.echo(
                click.style(f"{level}: ", fg=_NOTICE_COLOURS[level]) + printable(redact(message)), err=True
            )

    def tell(self, report: AssetReport) -> None:
        """Print how an asset ended, on standard output; why it failed, on standard error."""
        self._finished += 1
        if self._bar is not None:
            for stage in (True, False):
                task = self._tasks.pop(f"{report.source.name}/{stage}", None)
                if task is not None:
                    self._bar.remove_task(task)
            if self._whole is not None:
                self._bar.update(self._whole, completed=self._finished)
        with self.paused():
            if self._as_json:
                click.echo(redact(json.dumps(report.to_json(), ensure_ascii=True)))
            else:
                for line in _report_lines(report):
                    click.echo(line)
            if report.error is not None:
                show_error(report.error)

    def summarise(self, reports: Sequence[AssetReport], spent: Fraction | None = None) -> None:
        """Say how a batch of several assets ended, on standard error, and list those that are not simply done.

        Args:
            reports: How each ended.
            spent: What the run cost, US dollars, or None where nothing is paid for.

        """
        self.close()
        if self._assets < 2:
            return
        counts = Counter(report.state for report in reports)
        parts = [click.style(f"{count} {state}", fg=STATE_COLOURS[state]) for state, count in counts.items()]
        if missing := self._assets - len(reports):
            parts.append(f"{missing} not begun")
        took = length(SYSTEM_CLOCK.monotonic() - self._started)
        cost = "" if spent is None else f"; {dollars(spent)} spent"
        click.echo(f"{self._assets} assets in {took}: {', '.join(parts)}{cost}", err=True)
        rest = [report for report in reports if report.state not in {"done", "up to date"}]
        for report in rest[:_MOST_LISTED]:
            state = click.style(f"{report.state:<14}", fg=STATE_COLOURS[report.state])
            reason = f"  {printable(redact(report.reason))}" if report.reason else ""
            click.echo(f"  {state} {printable(str(report.source))}{reason}", err=True)
        if len(rest) > _MOST_LISTED:
            click.echo(f"  and {len(rest) - _MOST_LISTED} more; media-captioner history lists them", err=True)

    def live_text(self, clip: Clip, words: str) -> None:
        """Show words of a description as they arrive, on standard error, each segment on lines of its own."""
        with self.paused():
            if clip.segment.index != self._live:
                start = "" if self._live is None else "\n"
                self._live = clip.segment.index
                at = click.style(f"[{length(clip.segment.start)}] ", fg="cyan")
                click.echo(f"{start}{at}", err=True, nl=False)
            click.echo(printable_lines(redact(words)), err=True, nl=False)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the progress display away while something else is printed."""
        # The display and what is printed share the terminal: take the one away to write the other.
        if self._bar is None:
            yield
            return
        self._bar.stop()
        try:
            yield
            sys.stdout.flush()
        finally:
            self._bar.start()


def _progress_bar() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Position(ProgressColumn):
        def render(self, task: Task) -> Text:
            unit = task.fields.get("unit")
            done, total = task.completed, task.total
            if unit == "bytes":
                return Text(f"{done / 1e6:.0f}/{(total or 0) / 1e6:.0f} MB")
            if unit == "assets":
                return Text(f"{done:.0f} of {total or 0:.0f}")
            return Text(length(done) if total is None else f"{length(done)}/{length(total)}")

    class Left(ProgressColumn):
        """What is left: as it went so far, but never less than the service's rate allows for."""

        def render(self, task: Task) -> Text:
            least = task.fields.get("least")
            guess = task.time_remaining
            known = [seconds for seconds in (least, guess) if seconds is not None]
            worth_saying = known and not task.finished and max(known) >= 1
            return Text(f"{length(max(known))} left" if worth_saying else "")

    name = TextColumn("{task.description}", markup=False, table_column=Column(ratio=2, no_wrap=True))
    heard = TextColumn(
        "{task.fields[detail]}", markup=False, style="italic", table_column=Column(ratio=5, no_wrap=True)
    )
    console = Console(stderr=True)
    # A narrow terminal has room for the names or for what is heard: without names nobody knows what goes on.
    narrow = console.width < _NARROW
    whole = Column(no_wrap=True)
    columns = [name, BarColumn(bar_width=6 if narrow else 24), Position(whole), Left(whole)]
    return Progress(*(columns if narrow else [*columns, heard]), console=console, transient=True, expand=True)


def _report_lines(report: AssetReport) -> Iterator[str]:
    state = click.style(report.state, fg=STATE_COLOURS[report.state], bold=True)
    took = f" ({report.elapsed:.1f} s)" if report.error is None else ""
    if report.until is not None:
        took = f" until {report.until:%Y-%m-%d %H:%M:%S} UTC"
    yield f"{printable(str(report.source))}: {state}{took}"
    for result in report.results:
        yield from _track_lines(result)


def _track_lines(result: TrackResult) -> Iterator[str]:
    captions = result.captions
    yield click.style(f"  sound: {printable(result.choice.reason)}", dim=True)
    if captions.summary:
        yield f"  {printable(captions.summary)}"
    if captions.partial:
        yield click.style(f"  partial: {printable(captions.partial)}", fg="yellow")
    gaps = [segment for segment in captions.segments if segment.gap]
    if gaps:
        yield click.style(
            f"  {len(gaps)} of {len(captions.segments)} segments have no description", fg="yellow"
        )
    for written in result.written:
        count = f"  {counted(len(captions.cues), 'caption')}" if written.format == "vtt" else ""
        yield f"  {printable(str(written.path))}{count}"


@contextlib.contextmanager
def caption_view(assets: int, *, as_json: bool) -> Iterator[CaptionView]:
    """Open a view for the length of a block."""
    view = CaptionView(assets, as_json=as_json)
    view.open()
    try:
        yield view
    finally:
        view.close()


def print_json(value: Any) -> None:
    """Print one JSON document on one line, on standard output."""
    click.echo(json.dumps(value, ensure_ascii=True))
