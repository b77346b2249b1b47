"""Captions of what was heard so far, for players that show them while the rest is still being heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from media_captioner.config import Settings
from media_captioner.config.tables import EventName
from media_captioner.errors import OutputConflict
from media_captioner.export.base import ExportContext, ExportOptions
from media_captioner.export.registry import exporter_named
from media_captioner.hooks.events import Event, SegmentDescribed
from media_captioner.listening import in_thread
from media_captioner.model import Captions
from media_captioner.pipeline import assemble, caption_language, inspect, layers_of, profile_of
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK, Clock


class EarlyCaptions:
    """One who is told of each segment of a track, and writes WebVTT of all that was heard so far.

    The file is a passing one: what lies beside the media in the end is made anew from the whole track, and says the
    same of each segment but where captions of neighbours meet.

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
    events: frozenset[EventName] = frozenset({"segment.described"})

    def __init__(self, file: Path, settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._file, self._settings, self._clock = file, settings, clock
        files.check_writable(file.parent)
        if file.exists():
            raise OutputConflict(
                f"Cannot write captions to {file} while they are made: a file stands there",
                hint="Name one that is not there yet.",
            )
        self._exporter = exporter_named("vtt")
        self._captions: Captions | None = None
        self._standing: str | None = None

    async def hear(self, event: Event) -> None:
        """Write the file again, with the segment of ``event`` in its place.

        Segments of another track than the first that was heard are not taken.

        Raises:
            OutputError: it cannot be written, or somebody wrote to it since.

        """
        if isinstance(event, SegmentDescribed):
            await in_thread(self._take, event)

    def close(self) -> None:
        """Do nothing: the file stays for whoever shows it."""

    def _take(self, event: SegmentDescribed) -> None:
        known = self._captions or self._nothing_heard(event)
        if known.track.number != event.track:
            return
        segments = tuple(sorted((*known.segments, event.segment), key=lambda segment: segment.start))
        made = assemble(
            replace(known, segments=segments), profile_of(self._settings), layers=layers_of(self._settings)
        )
        context = ExportContext(now=self._clock.now(), options=ExportOptions.of(self._settings))
        self._standing = files.write_whole(
            self._file, self._exporter.write(made, context), replacing=self._standing
        )
        self._captions = made

    def _nothing_heard(self, event: SegmentDescribed) -> Captions:
        media, _ = inspect(event.path, self._settings)
        track = next(track for track in media.audio if track.number == event.track)
        return Captions(media, track, caption_language(self._settings), spoken=(), cues=(), segments=())
