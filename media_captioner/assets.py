"""One asset on disk: is it up to date, caption it, write its files, say what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from media_captioner.condensing import condense, name_of
from media_captioner.config import Settings
from media_captioner.errors import MediaChanged
from media_captioner.export import sidecar
from media_captioner.export.base import ExportContext, Exporter, ExportOptions
from media_captioner.export.edits import keep_edits
from media_captioner.export.layout import Layout, Place, layout_for, places, state_of
from media_captioner.export.layouts import wanted_formats
from media_captioner.export.registry import chosen
from media_captioner.export.sidecar import Sidecar
from media_captioner.export.writing import Written, write_all
from media_captioner.hooks.events import CuesReady, PlanMade, SidecarsWritten
from media_captioner.listening import Seat, in_thread
from media_captioner.media.tracks import Choice
from media_captioner.model import Captions, Media
from media_captioner.pipeline import (
    assemble,
    caption_language,
    caption_track,
    inspect,
    layers_of,
    profile_of,
)
from media_captioner.protocols import Captioner, Progress, Reporter, SilentReporter, VoiceDetector
from media_captioner.session import LEFTOVER_SECONDS, Session, is_free, passing_session
from media_captioner.system import files, identity
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

Outcome = Literal["captioned", "rewritten", "up to date"]
"""What was done: heard anew, written anew from what the sidecar knows, or nothing."""

_HEARING: Final = ("segment_seconds", "language", "translate")  # settings that change what is heard
_LOOKS: Final = (  # settings that change how it is shown
    "profile",
    "labels",
    "include_layers",
    "exclude_layers",
    "voice_tags",
    "caption_style",
    "hls_segment_seconds",
    "hls_first_pts",
    "start_timecode",
    "layout",
)
_DEFAULTS: Final = Settings().model_dump(mode="json", include={*_LOOKS})


def looks_of(settings: Settings) -> dict[str, Any]:
    """Return the settings that say how captions look, as a sidecar keeps them, with the rules of an own profile."""
    looks = settings.model_dump(mode="json", include={*_LOOKS})
    own = settings.profiles.get(settings.profile)
    return looks | {"profile_rules": own.model_dump(mode="json", exclude_none=True) if own else None}


def check_looks(settings: Settings) -> None:
    """Make sure, before anybody listens, that there are the profile and the formats that ``settings`` name.

    Raises:
        ConfigError: one is unknown, or a profile of the user's own makes no sense.
        PluginError: another package brings a format, and it is broken.

    """
    profile_of(settings)
    chosen(wanted_formats(settings), ExportOptions.of(settings))


@dataclass(frozen=True, slots=True)
class TrackResult:
    """What became of one track of an asset.

    Attributes:
        choice: The track and why it was chosen.
        outcome: What was done.
        captions: The captions.
        written: The files, the sidecar last.

    """

    choice: Choice
    outcome: Outcome
    captions: Captions
    written: tuple[Written, ...]


async def process(
    source: Path,
    settings: Settings,
    captioner: Captioner,
    *,
    siblings: Iterable[Path] = (),
    reporter: Reporter | None = None,
    voice: VoiceDetector | None = None,
    clock: Clock = SYSTEM_CLOCK,
    session: Session | None = None,
    root: str | None = None,
    priority: int = 0,
) -> tuple[TrackResult, ...]:
    """Caption an asset and write its files, or find that nothing is to be done.

    Everything that can be refused is refused before the captioner hears anything: unreadable media, an
    unwritable folder, names that are taken.

    Args:
        source: The media file.
        settings: How to caption.
        captioner: Who listens.
        siblings: Other media that may want the same names (see ``export.layout``).
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.
        clock: Where the time comes from.
        session: What other assets of the run share with it; by default it has one for itself, which remembers
            nothing.
        root: Path of the watched folder that it lies below, or None.
        priority: Assets with a higher one are described first.

    Raises:
        MediaCaptionerError: the asset cannot be captioned or its files cannot be written.

    """
    reporter = reporter or SilentReporter()
    source = await in_thread(Path.absolute, source)
    if session is None:
        with passing_session(captioner, clock) as alone:
            try:
                return await process(
                    source,
                    settings,
                    captioner,
                    siblings=siblings,
                    reporter=reporter,
                    voice=voice,
                    clock=clock,
                    session=alone,
                )
            finally:
                await alone.drain(0)
    reporter.progress(Progress(source.name, "probe"))
    media, choices = await in_thread(inspect, source, settings)
    host, below = session.host, None if root is None else Path(root)
    if host.wants("plan.made"):
        numbers = tuple(choice.track.number for choice in choices)
        reasons = tuple(choice.reason for choice in choices)
        await host.tell(PlanMade(source, numbers, reasons, media.duration, below))
    results = []
    lane = session.lane(source.name, priority=priority)
    for place, choice in enumerate(choices):
        layout = layout_for(
            source,
            out=await in_thread(Path.absolute, settings.out) if settings.out else None,
            language=caption_language(settings),
            siblings=siblings,
            track=choice.track.number if place else None,
        )
        seat = Seat(session, lane, "", root)
        work = _Work(media, choice, settings, captioner, layout, reporter, voice, clock, seat)
        results.append(await work.run())
    return tuple(results)


@dataclass(frozen=True, slots=True)
class _Work:
    media: Media
    choice: Choice
    settings: Settings
    captioner: Captioner
    layout: Layout
    reporter: Reporter
    voice: VoiceDetector | None
    clock: Clock
    seat: Seat

    async def run(self) -> TrackResult:
        known = _read_sidecar(self.layout)
        hearing = self._hearing()
        same = known is not None and not self.settings.force and self._is_same_sound(known, hearing)
        if known is not None and same and self._is_whole(known):
            return TrackResult(self.choice, "up to date", known.captions, self._standing(known))
        await in_thread(files.check_writable, self.layout.folder)
        if self.seat.session.is_to_be_swept(self.layout.folder):
            await in_thread(self._sweep)
        targets = places(
            self.layout,
            self._exporters(),
            known.outputs if known else {},
            overwrite=self.settings.overwrite,
        )
        if known is not None and same:
            captions = assemble(
                replace(known.captions, media=self.media, language=caption_language(self.settings)),
                profile_of(self.settings),
                layers=layers_of(self.settings),
            )
            outcome: Outcome = "rewritten"
        else:
            captions = await self._captioned()
            outcome = "captioned"
        captions = await self._condensed(captions)
        if known is not None:
            captions = keep_edits(captions, known.captions)
        captions = await self._changed(captions)
        identity = await in_thread(self._identity, captions)
        standing = known.outputs if known else {}
        written = await in_thread(self._write, captions, targets, hearing, identity, standing)
        await self._tidy(identity)
        if self.seat.session.host.wants("sidecars.written"):
            paths = tuple(each.path for each in written)
            event = SidecarsWritten(self.media.path, self.choice.track.number, paths, self.seat.folder)
            await self.seat.session.host.tell(event)
        return TrackResult(self.choice, outcome, captions, written)

    def _sweep(self) -> None:
        now = self.clock.now().timestamp()
        files.sweep(self.layout.folder, older_than=LEFTOVER_SECONDS, now=now)

    async def _condensed(self, captions: Captions) -> Captions:
        """Let the chat model that settings name shorten captions, under the caps and in the books of the run."""
        condenser, session = self.settings.condenser, self.seat.session
        if condenser is None:
            return captions
        content = await in_thread(identity.content_id, self.media.path)
        consultant = session.consultant(name_of(condenser), self.seat.root)
        return await condense(captions, condenser, profile_of(self.settings), consultant, content=content)

    async def _changed(self, captions: Captions) -> Captions:
        """Let plugins and programs change what will be written; what a person wrote stays."""
        host = self.seat.session.host
        if not host.wants("cues.ready"):
            return captions
        number, profile = self.choice.track.number, self.settings.profile
        return await host.change(CuesReady(self.media.path, number, captions, profile, self.seat.folder))

    async def _captioned(self) -> Captions:
        session = self.seat.session
        content = await in_thread(identity.content_id, self.media.path)
        await session.journal.register.identify(self.media.path, content)
        if self.settings.force:
            await self._tidy(content)
        return await caption_track(
            self.media,
            self.choice.track,
            self.settings,
            self.captioner,
            self.reporter,
            self.voice,
            seat=replace(self.seat, content=content),
        )

    async def _tidy(self, content: str) -> None:
        """Drop answers that cost nothing to get again: they served to go on after an interruption.

        The sidecar has them now, and a captioner on this machine writes more about an hour of sound than a
        journal should hold of an archive.
        """
        session, track = self.seat.session, self.choice.track
        if is_free(self.captioner):
            identity = session.identity(self.settings.language or track.language)
            await session.journal.store.drop(content, track.index, identity)

    def _hearing(self) -> dict[str, Any]:
        chosen_settings = self.settings.model_dump(mode="json", include={*_HEARING})
        return {"captioner": self.captioner.name, "model": self.captioner.model, **chosen_settings}

    def _is_same_sound(self, known: Sidecar, hearing: dict[str, Any]) -> bool:
        if known.edited or known.captions.track.index != self.choice.track.index:
            return False
        if any(known.settings.get(name) != value for name, value in hearing.items()):
            return False
        if any(segment.gap for segment in known.captions.segments):
            return False
        then, now = known.captions.media.fingerprint, self.media.fingerprint
        if (then.size, then.mtime_ns) == (now.size, now.mtime_ns):
            return True
        return identity.content_id(self.media.path) == known.content_id

    def _is_whole(self, known: Sidecar) -> bool:
        """Return whether every file that is wanted lies there, ours or edited by somebody since."""
        looks = self._looks()
        if any(known.settings.get(name, _DEFAULTS.get(name)) != value for name, value in looks.items()):
            return False
        return all(
            exporter.name == "json" or any(path.exists() for path in self._candidates(known, exporter.suffix))
            for exporter in self._exporters()
        )

    def _looks(self) -> dict[str, Any]:
        return looks_of(self.settings)

    def _exporters(self) -> list[Exporter]:
        return chosen(wanted_formats(self.settings), ExportOptions.of(self.settings))

    def _candidates(self, known: Sidecar, suffix: str) -> list[Path]:
        paths = (self.layout.path_for(suffix), self.layout.conflict_path(suffix))
        return [path for path in paths if self.layout.name_of(path) in known.outputs]

    def _standing(self, known: Sidecar) -> tuple[Written, ...]:
        standing = []
        for exporter in self._exporters():
            if exporter.name == "json":
                continue
            for path in self._candidates(known, exporter.suffix):
                state, _ = state_of(path, exporter, known.outputs[self.layout.name_of(path)])
                if state == "edited":
                    self.reporter.notice(
                        "info", f"{path.name} was edited since it was written and is left alone."
                    )
                standing.append(Written(exporter.name, path))
        return (*standing, Written("json", self.layout.sidecar))

    def _identity(self, captions: Captions) -> str:
        """Return the identity of the bytes that were captioned; empty where they changed under way.

        A file that still grows is captioned as far as it went, and its captions say so; without an identity
        they are never up to date, so the next run captions what the file has become.
        """
        then = self.media.fingerprint
        try:
            now = identity.fingerprint(self.media.path)
        except OSError:
            now = None
        if now == then:
            return identity.content_id(self.media.path)
        same_file = now is not None and (now.inode, now.device) == (then.inode, then.device)
        if same_file and captions.partial is not None:
            return ""
        raise MediaChanged(
            f"Did not write captions of {self.media.path}: it "
            + ("changed" if same_file else "was replaced" if now else "was removed")
            + " while it was being captioned",
            hint="Caption it again when it is complete.",
        )

    def _write(
        self,
        captions: Captions,
        targets: list[Place],
        hearing: dict[str, Any],
        identity: str,
        standing: dict[str, str],
    ) -> tuple[Written, ...]:
        context = ExportContext(
            now=self.clock.now(),
            content_id=identity,
            settings={**hearing, **self._looks()},
            options=ExportOptions.of(self.settings),
        )
        written = tuple(write_all(captions, targets, context, standing=standing))
        for each in written:
            if each.kept is not None:
                self.reporter.notice(
                    "warning",
                    f"{each.kept.name} is not ours or was edited since, so it stays; wrote {each.path.name} beside it.",
                )
        return written


def _read_sidecar(layout: Layout) -> Sidecar | None:
    try:
        return sidecar.read(layout.sidecar)
    except (OSError, ValueError):
        return None
