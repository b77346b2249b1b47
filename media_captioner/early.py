"""Captions of what was heard so far, for players that show them while the rest is still being heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from media_captioner.config import Settings
from media_captioner.config.tables import EventName
from media_captioner.errors import OutputConflict
from media_captioner.export.base import ExportContext, ExportOptions
from media_captioner.export.registry import exporter_named
from media_captioner.hooks.events import AssetFailed, CuesReady, Event, SegmentDescribed
from media_captioner.listening import in_thread
from media_captioner.model import CaptionedSegment, Captions
from media_captioner.pipeline import assemble, caption_language, inspect, layers_of, profile_of
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

_REST: Final = 4
"""After the file was written it stands for this many times as long as that took. Captions are made of the whole track
each time, in milliseconds at first and in seconds after hours; so all of it never takes more than a fifth of the
time."""


class EarlyCaptions:
    """One who is told of each segment of a track, and writes WebVTT of all that was heard so far.

    The file is a passing one: in the end it holds what lies beside the media, which is made anew from the whole track
    and says the same of each segment but where captions of neighbours meet.

    Args:
        file: Where to. Nothing may stand there at first; each time it is replaced whole.
        settings: How the captions look.
        clock: Where the time comes from.

    Raises:
        OutputConflict: something stands there.
        OutputNotWritable: its folder cannot be written.

    """

    name = "early captions"
    source = "the command line"
    events: frozenset[EventName] = frozenset({"segment.described", "cues.ready", "asset.failed"})

    def __init__(self, file: Path, settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._file, self._settings, self._clock = file, settings, clock
        files.check_writable(file.parent)
        if file.exists():
            raise OutputConflict(
                f"Cannot write captions to {file} while they are made: a file stands there",
                hint="Name one that is not there yet.",
            )
        self._exporter = exporter_named("vtt")
        self._known: Captions | None = None  # the track, with nothing heard
        self._segments: list[CaptionedSegment] = []
        self._stands: float | None = None  # until this moment of the clock
        self._later = False  # whether something was heard that is not in the file
        self._standing: str | None = None

    async def hear(self, event: Event) -> None:
        """Write the file again, with the segment of ``event`` in its place, now or with a later one.

        Segments of another track than the first that was heard are not taken.

        Raises:
            OutputError: it cannot be written, or somebody wrote to it since.

        """
        if isinstance(event, SegmentDescribed):
            await in_thread(self._take, event)
        elif isinstance(event, CuesReady) and self._known and self._known.track.number == event.track:
            await in_thread(self._write, event.captions)
        elif isinstance(event, AssetFailed) and self._later:
            await in_thread(self._compose)

    def close(self) -> None:
        """Do nothing: the file stays for whoever shows it."""

    def _take(self, event: SegmentDescribed) -> None:
        self._known = known = self._known or self._nothing_heard(event)
        if known.track.number != event.track:
            return
        self._segments.append(event.segment)
        self._later = True
        if self._stands is None or self._clock.monotonic() >= self._stands:
            self._compose()

    def _compose(self) -> None:
        started = self._clock.monotonic()
        segments = tuple(sorted(self._segments, key=lambda segment: segment.start))
        assert self._known is not None  # noqa: S101 - for the type checker: something was heard of it
        heard = replace(self._known, segments=segments)
        self._write(assemble(heard, profile_of(self._settings), layers=layers_of(self._settings)))
        ended = self._clock.monotonic()
        self._stands = ended + _REST * (ended - started)

    def _write(self, captions: Captions) -> None:
        context = ExportContext(now=self._clock.now(), options=ExportOptions.of(self._settings))
        self._standing = files.write_whole(
            self._file, self._exporter.write(captions, context), replacing=self._standing
        )
        self._later = False

    def _nothing_heard(self, event: SegmentDescribed) -> Captions:
        media, _ = inspect(event.path, self._settings)
        track = next(track for track in media.audio if track.number == event.track)
        return Captions(media, track, caption_language(self._settings), spoken=(), cues=(), segments=())
