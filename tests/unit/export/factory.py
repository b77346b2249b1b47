"""A small but complete set of captions."""

from fractions import Fraction
from pathlib import Path

from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Captions,
    Chapter,
    Cue,
    Description,
    Evidence,
    Facts,
    Fingerprint,
    Flag,
    Measurements,
    Media,
    Music,
    Place,
    Quality,
    Sound,
    Span,
    Speech,
    Usage,
    VideoTrack,
    Word,
)
from media_captioner.timing import FrameRate

EVIDENCE = Evidence("A dog barks at 4.2 s.", 10, 31, "yamnet")


def cue(start="4.2", end="6", text="[dog barking]", **more):
    given = {"category": "effects", "anchor": "heard", "confidence": 0.81, "evidence": (EVIDENCE,)} | more
    return Cue(Fraction(start), Fraction(end), text, **given)


def facts():
    span = Span(Fraction("4.2"), Fraction("5.5"))
    return Facts(
        sounds=(
            Sound("dog barking", "animal", "asserted", span=span, audioset=("Bark",), evidence=EVIDENCE),
        ),
        speech=(
            Speech(
                "¿Dónde está?",
                translation="Where is it?",
                language="es",
                speaker="man",
                span=span,
                words=(Word("¿Dónde", span.start, span.end, 0.9),),
                evidence=EVIDENCE,
            ),
        ),
        music=(Music(genre="jazz", instruments=("piano",), tempo=128.5, span=span, evidence=EVIDENCE),),
        places=(Place("a street", "outdoor", evidence=EVIDENCE),),
        qualities=(Quality("clipping", contradicted=True, evidence=EVIDENCE),),
        flags=(Flag("weapon", "hedged", span, EVIDENCE),),
        summary="A dog barks.",
    )


def captions(*cues, folder=Path("/media"), name="clip.mp4", rate=Fraction(30000, 1001), **more):
    track = AudioTrack(
        1, 1, "aac", 48000, 2, "stereo", "en", "Main", default=True, roles=frozenset({"original"})
    )
    media = Media(
        path=folder / name,
        fingerprint=Fingerprint(1000, 1_700_000_000_000_000_000, 5, 6),
        format="mov,mp4,m4a,3gp,3g2,mj2",
        start=Fraction(0),
        duration=Fraction("12.5"),
        audio=(track,),
        video=VideoTrack(0, "h264", 1280, 720, FrameRate(rate)) if rate else None,
        timecode="01:00:00:00",
    )
    segment = CaptionedSegment(
        0,
        Fraction(0),
        Fraction("12.5"),
        "end",
        silent=False,
        clip_sha256="0" * 64,
        description=Description(
            "A dog barks at 4.2 s.",
            "local",
            "local-1",
            Usage(Fraction("12.5"), 10, 8, 20, Fraction(3, 1000), 1),
            "r-1",
        ),
        facts=facts(),
        measurements=Measurements(Fraction("12.5"), -3.0, 0, float("-inf"), -60.0, "stereo"),
    )
    given = {
        "summary": "A dog barks & a man speaks.",
        "keywords": ("dog barking", "speech", "Spanish"),
        "chapters": (Chapter(Fraction(0), Fraction("12.5"), "Speech"),),
        "captioner": "local",
        "model": "local-1",
        "usage": Usage(Fraction("12.5")),
    } | more
    return Captions(media, track, "en", ("es",), cues or (cue(),), (segment,), **given)
