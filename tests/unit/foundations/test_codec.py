"""What is kept as JSON comes back as it was."""

from fractions import Fraction

import pytest

from media_captioner.model import AudioTrack, Description, Facts, Span, Speech
from media_captioner.model.codec import from_json, to_json

TRACK = AudioTrack(1, 0, "pcm_s16le", 16_000, 1, "mono")


@pytest.mark.parametrize(
    "value",
    [
        Speech(None),  # somebody speaks, and nobody knows what
        Speech("Hello.", speaker="man", span=Span(Fraction(1, 3).limit_denominator(10**6), Fraction(2))),
        Description("A man speaks.", "local", "local/4", facts=Facts(speech=(Speech(None),))),
        TRACK,
    ],
    ids=["wordless", "words", "description", "track"],
)
def test_what_is_written_is_read_back(value):
    again = from_json(type(value), to_json(value))
    assert to_json(again) == to_json(value)
    assert type(again) is type(value)


def test_what_must_be_there_is_missed():
    with pytest.raises(ValueError, match="not a valid AudioTrack"):
        from_json(AudioTrack, {"number": 1})
