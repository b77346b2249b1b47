"""Trying everybody who is told: with made-up events, and with a message that only asks whether it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from media_captioner.config import Settings
from media_captioner.config.tables import EventName
from media_captioner.errors import MediaCaptionerError
from media_captioner.hooks.attending import courier_for
from media_captioner.hooks.commands import CommandListener
from media_captioner.hooks.events import (
    EVENTS,
    AssetDone,
    AssetFailed,
    AssetFound,
    BudgetReached,
    CuesReady,
    Event,
    PlanMade,
    SegmentDescribed,
    SidecarsWritten,
)
from media_captioner.hooks.host import Listener
from media_captioner.hooks.plugged import plugged
from media_captioner.hooks.webhooks.courier import Courier
from media_captioner.hooks.webhooks.envelope import trial
from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Captions,
    Cue,
    Description,
    Evidence,
    Fingerprint,
    Media,
)
from media_captioner.protocols import Reporter
from media_captioner.system.clock import SYSTEM_CLOCK

TAPE: Final = Path("/example/media-captioner-test.mov")
"""The file of made-up events. It does not exist."""

Kind = Literal["plugin", "command", "webhook"]


@dataclass(frozen=True, slots=True)
class Trial:
    """How somebody took it.

    Attributes:
        kind: ``plugin``, ``command`` or ``webhook``.
        name: Who: a plugin, a program, or an address.
        event: What it was told of; ``test`` for a webhook.
        error: What went wrong, or None.

    """

    kind: Kind
    name: str
    event: str
    error: str | None


def made_up(name: EventName) -> Event:
    """Return an event of a kind, about a file that does not exist."""
    heard = Evidence("A dog barks.", 0, 12, "prose")
    second = Fraction(1)
    segment = CaptionedSegment(
        0,
        Fraction(0),
        10 * second,
        "end",
        silent=False,
        description=Description("A dog barks.", "test", "test"),
    )
    captions = Captions(
        Media(TAPE, Fingerprint(1, 1, 1, 1), "mov", Fraction(0), 10 * second, ()),
        AudioTrack(1, 0, "aac", 48000, 2, "stereo"),
        "en",
        (),
        (Cue(second, 3 * second, "[dog barking]", "effects", "heard", evidence=(heard,)),),
        (segment,),
        summary="A dog barks.",
        keywords=("dog",),
    )
    files = (TAPE.with_suffix(".en.vtt"), TAPE.with_suffix(".media_captioner.json"))
    made: tuple[Event, ...] = (
        AssetFound(TAPE),
        PlanMade(TAPE, (1,), ("the only track",), 10 * second),
        SegmentDescribed(TAPE, 1, segment),
        CuesReady(TAPE, 1, captions, "netflix-en"),
        SidecarsWritten(TAPE, 1, files),
        AssetDone(TAPE, "done", captions.summary, captions.keywords, (), files, 1.0),
        AssetFailed(TAPE, "failed", "CorruptMedia", f"Cannot read {TAPE}: this is a test"),
        BudgetReached("This is a test: no cap was reached"),
    )
    return next(event for event in made if event.name == name)


async def try_all(settings: Settings, reporter: Reporter | None = None) -> AsyncIterator[Trial]:
    """Tell everybody, one after the other, and yield how each took it.

    A receiver that was disabled and answers well is told of everything again.

    Raises:
        ConfigError: a webhook's secret cannot be read.

    """
    inside = plugged().listeners(seconds=settings.plugin_seconds)
    for listener in inside:
        async for each in _heard("plugin", listener):
            yield each
    for hook in settings.hooks:
        async for each in _heard("command", CommandListener(hook)):
            yield each
    courier = courier_for(settings, reporter)
    if courier is not None:
        try:
            async for each in _received(courier, settings):
                yield each
        finally:
            courier.close()


async def _heard(kind: Kind, listener: Listener) -> AsyncIterator[Trial]:
    for name in EVENTS:
        if name not in listener.events:
            continue
        error = None
        try:
            await listener.hear(made_up(name))
        except MediaCaptionerError as failed:
            error = failed.message
        yield Trial(kind, listener.name, name, error)


async def _received(courier: Courier, settings: Settings) -> AsyncIterator[Trial]:
    for hook in settings.webhooks:
        error = None
        try:
            posted = await courier.send(hook, trial(SYSTEM_CLOCK.now()))
        except MediaCaptionerError as failed:
            error = failed.message
        else:
            if 200 <= posted.status < 300:
                courier.outbox.enable(hook.url)
            else:
                error = f"it answered {posted.status}"
        yield Trial("webhook", hook.url, "test", error)
