from fractions import Fraction

import av
import numpy as np
import pytest
from av.filter import Graph

from media_captioner.media.downmix import Downmix
from media_captioner.media.levels import is_silent, loudness, measure, relation
from tests.unit.media.building import RATE, noise, silence, tone


def reference(pcm):
    """Return integrated loudness by FFmpeg's own meter."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="s16", layout="mono", time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    graph.push(frame)
    graph.push(None)
    last = None
    while True:
        try:
            last = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            break
    return float(last.metadata["lavfi.r128.I"]) if last is not None and hasattr(last, "metadata") else None


def cells(planes, channels=2):
    return Downmix(("FL", "FR", "FC", "LFE")[:channels], RATE).measure(np.asarray(planes, np.float32))


SIGNALS = {
    "tone": tone(8),
    "low tone": tone(8, 60),
    "high tone": tone(8, 5000, 0.1),
    "noise": noise(8),
    "quiet noise": noise(8, 0.003),
    "tone after silence": np.concatenate([silence(5), tone(5)]),
    "bursts": np.concatenate([part for k in range(6) for part in (noise(0.7, 0.2, k), silence(0.6))]),
    "loud and far softer": np.concatenate([tone(5), tone(5, 400, 0.01)]),
    "with an offset": (noise(8, 0.05).astype(int) + 6000).astype(np.int16),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_loudness_is_that_of_a_reference_meter(name: str) -> None:
    expected = reference(SIGNALS[name])
    if expected is None:
        pytest.skip("this PyAV does not give the meter's metadata")
    assert loudness(SIGNALS[name], RATE) == pytest.approx(expected, abs=0.3)


def test_a_full_scale_tone_reads_as_the_recommendation_says() -> None:
    # BS.1770-4, annex 1: 0 dBFS at 997 Hz in one channel reads -3.01 LUFS.
    assert loudness(tone(10, 997, 1.0), RATE) == pytest.approx(-3.01, abs=0.1)


def test_nothing_has_no_loudness() -> None:
    assert loudness(silence(3), RATE) == float("-inf")
    assert loudness(tone(0.2), RATE) == float("-inf")


def test_measurements_are_of_the_channels_and_of_the_mix() -> None:
    planes = np.stack([tone(4, amplitude=0.5) / 32768, tone(4, amplitude=0.25) / 32768])
    found = measure(tone(4, amplitude=0.375), RATE, cells(planes), 2, split=False)
    assert found.seconds == 4
    assert found.peak == pytest.approx(-6.02, abs=0.05)
    assert found.clipped == 0
    assert found.channels == "stereo"
    assert found.noise_floor == pytest.approx(-11.5, abs=0.2)


@pytest.mark.parametrize(
    ("right", "channels"),
    [(1.0, "dual mono"), (-1.0, "inverted"), (0.0, "one-sided"), (0.3, "stereo")],
)
def test_how_the_channels_relate(right: float, channels: str) -> None:
    left = noise(2) / 32768
    assert relation(cells([left, right * left]), 2) == channels


def test_other_numbers_of_channels() -> None:
    one = noise(1) / 32768
    assert relation(cells([one], 1), 1) == "mono"
    assert relation(cells([one] * 4, 4), 4) == "surround"
    assert relation(cells([one * 0] * 2), 2) == "dual mono"


def test_silence_is_nothing_at_all() -> None:
    assert is_silent(cells(np.zeros((2, RATE))))
    assert is_silent(cells(np.full((2, RATE), 0.2)))  # an offset cannot be heard
    assert is_silent(cells(np.random.default_rng(1).uniform(-1, 1, (2, RATE)) * 10**-3.6))


def test_quiet_is_not_silence() -> None:
    quiet = np.zeros((2, RATE))
    quiet[1, 5000:5100] = 10**-3.4  # one faint knock at -68 dBFS
    assert not is_silent(cells(quiet))
    assert not is_silent(cells(np.random.default_rng(1).standard_normal((2, RATE)) * 10**-3.5))
