import itertools

import numpy as np
import pytest
from av.audio.frame import AudioFrame

from media_captioner.media.channels import ChannelLayout
from media_captioner.media.sound import RATE, Run, Shape

FORMATS = {
    "u8": (np.uint8, 128, 128),
    "s16": (np.int16, 32768, 0),
    "s32": (np.int32, 2**31, 0),
    "flt": (np.float32, 1, 0),
    "dbl": (np.float64, 1, 0),
}


def frame_of(sound, kind, layout="stereo", rate=RATE):
    dtype, scale, zero = FORMATS[kind.removesuffix("p")]
    values = (sound * scale + zero).astype(dtype)
    if not kind.endswith("p"):
        values = values.T.reshape(1, -1)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(values), format=kind, layout=layout)
    frame.sample_rate = rate
    return frame


def shape_of(frame):
    return Shape.of(frame, ChannelLayout("2 channels", ("NONE", "NONE")))


def ramp(samples, channels=2):
    return np.broadcast_to(np.linspace(-0.5, 0.5, samples, dtype=np.float32), (channels, samples))


@pytest.mark.parametrize("kind", [name + planar for name in FORMATS for planar in ("", "p")])
def test_every_sample_format_gives_the_same_sound(kind: str) -> None:
    frame = frame_of(ramp(4000), kind)
    run = Run(shape_of(frame))
    run.add(frame)
    pcm, cells = run.take(last=True)
    assert pcm.dtype == np.int16
    assert np.abs(pcm - ramp(4000)[0] * 32768).max() <= (256 if kind.startswith("u8") else 1)
    assert len(cells) == 3


def test_blocks_do_not_show() -> None:
    sound = np.random.default_rng(1).uniform(-0.4, 0.4, (2, 48_000 * 15)).astype(np.float32)
    whole = Run(Shape(48_000, "fltp", ("FL", "FR")))
    pieces = Run(Shape(48_000, "fltp", ("FL", "FR")))
    whole.add(frame_of(sound, "fltp", rate=48_000))
    parts = [
        pieces.take()[0]
        for first in range(0, sound.shape[1], 1021)
        if pieces.add(frame_of(sound[:, first : first + 1021], "fltp", rate=48_000))
    ]
    parts.append(pieces.take(last=True)[0])
    assert len(parts) > 2
    assert np.array_equal(np.concatenate(parts), whole.take(last=True)[0])


def padded(frame):
    """Return the frame as decoders hand it out: with something meaningless after the samples of each plane."""
    longer = AudioFrame(frame.format, frame.layout, frame.samples, align=0)
    longer.sample_rate = frame.sample_rate
    longer.pts = frame.pts
    size = frame.samples * frame.format.bytes * (1 if frame.format.is_planar else frame.layout.nb_channels)
    for plane, sound in zip(longer.planes, frame.planes, strict=True):
        assert plane.buffer_size > size
        plane.update(bytes(sound)[:size] + b"\x55" * (plane.buffer_size - size))
    return longer


@pytest.mark.parametrize("kind", ["fltp", "s16", "s32p"])
def test_frames_together_are_what_they_are_one_by_one(kind: str) -> None:
    sound = np.random.default_rng(1).uniform(-0.4, 0.4, (2, 5000)).astype(np.float32)
    edges = [0, 1001, 2002, 2100, 5000]
    frames = [frame_of(sound[:, a:b], kind) for a, b in itertools.pairwise(edges)]
    whole, together, one_by_one = (Run(shape_of(frames[0])) for _ in range(3))
    whole.add(frame_of(sound[:, 7:], kind))
    for run in (together, one_by_one):
        run.add(padded(frames[0]), skip=7)
    for frame in frames[1:]:
        assert together.gather(padded(frame))
        one_by_one.add(padded(frame))
    assert together.sizes == [1001, 98, 2900]
    assert together.samples == 994
    together.accept()
    expected, cells = whole.take(last=True)
    for run in (together, one_by_one):
        assert run.samples == 4993
        pcm, measured = run.take(last=True)
        assert np.array_equal(pcm, expected)
        assert np.array_equal(measured, cells)


def test_frames_gathered_can_be_taken_out_again() -> None:
    sound = np.random.default_rng(1).uniform(-0.4, 0.4, (2, 5000)).astype(np.float32)
    frames = [frame_of(sound[:, a:b], "fltp") for a, b in itertools.pairwise([0, 1001, 2002, 5000])]
    run = Run(shape_of(frames[0]))
    run.add(frames[0])
    for stamp, frame in zip((7, None), frames[1:], strict=True):
        frame.pts = stamp
        run.gather(padded(frame))
        assert run.stamps[-1] == stamp
    withdrawn = run.withdraw()
    assert [(frame.pts, frame.samples) for frame in withdrawn] == [(7, 1001), (None, 2998)]
    assert np.array_equal(withdrawn[1].to_ndarray(), sound[:, 2002:])
    assert not run.sizes
    assert run.samples == 1001
    run.add(withdrawn[1])
    pcm, _ = run.take(last=True)
    expected = sound[:, [*range(1001), *range(2002, 5000)]].mean(axis=0)
    assert np.abs(pcm - expected * 32768).max() <= 1


@pytest.mark.parametrize(
    "other", [("s16p", "stereo", RATE), ("fltp", "mono", RATE), ("fltp", "stereo", 48_000)]
)
def test_a_frame_of_another_shape_is_not_gathered(other: tuple[str, str, int]) -> None:
    kind, layout, rate = other
    run = Run(Shape(RATE, "fltp", ("FL", "FR")))
    assert not run.gather(frame_of(ramp(1000, 1 if layout == "mono" else 2), kind, layout, rate))
    assert run.gather(frame_of(ramp(1000), "fltp"))
    run.accept()
    assert run.samples == 1000


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_the_length_is_kept_at_any_rate(rate: int) -> None:
    frame = frame_of(ramp(rate * 3), "s16", rate=rate)
    run = Run(shape_of(frame))
    run.add(frame)
    assert abs(len(run.take(last=True)[0]) - 3 * RATE) <= 1


def test_silence_and_cut_samples_count() -> None:
    run = Run(Shape(RATE, "s16", ("FL", "FR")))
    run.add(frame_of(ramp(1000), "s16"))
    run.add_silence(500)
    run.add(frame_of(ramp(1000), "s16"), skip=300)
    assert run.samples == 2200
    pcm, _ = run.take(last=True)
    assert len(pcm) == 2200
    assert not pcm[1000:1500].any()
    assert abs(pcm[1500] - ramp(1000)[0, 300] * 32768) <= 1


def test_silence_of_unsigned_sound_is_in_its_middle() -> None:
    run = Run(Shape(RATE, "u8", ("FC",)))
    run.add_silence(100)
    assert not run.take(last=True)[0].any()


def test_damaged_floating_point_sound_does_no_harm() -> None:
    sound = ramp(4000).copy()
    sound[0, 10] = np.nan
    sound[1, 20] = np.inf
    frame = frame_of(sound, "fltp")
    run = Run(shape_of(frame))
    run.add(frame)
    pcm, cells = run.take(last=True)
    assert np.isfinite(cells).all()
    assert np.abs(pcm[100:] - ramp(4000)[0, 100:] * 32768).max() <= 1


@pytest.mark.parametrize(
    "shape",
    [
        Shape(3, "s16", ("FC",)),
        Shape(48_000, "s16", ()),
        Shape(48_000, "dsd", ("FC",)),
        Shape(10**7, "s16", ("FC",)),
    ],
)
def test_shapes_of_damaged_headers_are_not_used(shape: Shape) -> None:
    assert not shape.usable
