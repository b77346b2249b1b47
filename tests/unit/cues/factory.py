"""Small builders for facts and segments."""

from fractions import Fraction

from media_captioner.model import (
    CaptionedSegment,
    Description,
    Evidence,
    Facts,
    Music,
    Sound,
    Span,
    Speech,
    Word,
)


def seconds(value):
    return Fraction(str(value))


def span(start, end):
    return Span(seconds(start), seconds(end))


def evidence(sentence="It is heard.", heard_by="yamnet"):
    return Evidence(sentence, 0, len(sentence), heard_by)


def sound(label, start, end, *, sustained=False, group="animal", polarity="asserted", **more):
    return Sound(
        label,
        group,
        polarity,
        sustained,
        span(start, end),
        evidence=evidence(f"{label}."),
        confidence=0.8,
        **more,
    )


def speech(text, start, end, *, words=True, **more):
    parts = text.split() if text else []
    step = (seconds(end) - seconds(start)) / max(1, len(parts))
    timed = tuple(
        Word(part, seconds(start) + i * step, seconds(start) + (i + 1) * step, 0.9)
        for i, part in enumerate(parts)
    )
    return Speech(text, span=span(start, end), words=timed if words else (), evidence=evidence(), **more)


def music(start, end, **more):
    return Music(span=span(start, end), evidence=evidence(), **more)


def segment(index=0, start=0, end=30, *, silent=False, prose="Something is heard.", **facts):
    return CaptionedSegment(
        index,
        seconds(start),
        seconds(end),
        "pause",
        silent,
        description=None if silent else Description(prose, "local", "test"),
        facts=Facts(
            **{name: tuple(values) for name, values in facts.items() if name != "summary"},
            summary=facts.get("summary"),
        ),
    )
