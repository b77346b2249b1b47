"""Real media, generated in milliseconds, and captioners that obey."""

from fractions import Fraction

import pytest

from media_captioner.model import Description, Evidence, Facts, Sound, Span
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.media import Picture, beeping, write_media
from media_captioner.testing.media import Sound as Track


def hears_a_beep(clip, _context):
    """Describe a clip with one timed sound at its own start."""
    length = clip.segment.end - clip.segment.start
    sound = Sound(
        "beeping",
        "alarm",
        "asserted",
        span=Span(Fraction(0), min(length, Fraction(2))),
        confidence=0.9,
        evidence=Evidence("Something beeps.", 0, 16, "test"),
    )
    return Description(
        "Something beeps.", "fake", "fake-1", facts=Facts(sounds=(sound,), summary="Something beeps.")
    )


@pytest.fixture
def captioner():
    return FakeCaptioner(hears_a_beep)


@pytest.fixture
def clip(tmp_path):
    """A small video of eight seconds with a beep in it."""
    return make_clip(tmp_path / "clip.mp4")


def make_clip(path, seconds=8):
    return write_media(path, "mp4", Track(beeping(seconds, 3)), picture=Picture(Fraction(seconds)))
