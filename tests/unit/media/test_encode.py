import io
import sys
from fractions import Fraction
from math import ceil

import av
import numpy as np
import pytest
import soxr

from media_captioner.errors import ConfigError, ExtraMissing, ToolMissing
from media_captioner.media import encode as module
from media_captioner.media.encode import ENCODERS, encode
from tests.unit.media.building import RATE, noise, segment, silence

FINE = 96_000


def chirps():
    """Return sweeps between 300 and 3000 Hz, which correlate with themselves at one place only."""
    sound = np.zeros(4 * RATE)
    for k in range(8):
        first, length = int((0.2 + 0.45 * k) * RATE), RATE // 5
        time = np.arange(length) / RATE
        low, high = 300 + 60 * k, 3000 - 150 * k
        sweep = np.sin(2 * np.pi * (low * time + (high - low) * 2.5 * time**2))
        sound[first : first + length] += 0.5 * sweep * np.hanning(length)
    return (sound * 32767).astype(np.int16)


def decoded(data):
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        scale = 32768 if frames[0].format.name.startswith("flt") else 1
        sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(float) * scale
        return sound, frames[0].sample_rate, stream.codec_context.name


def lag(later, rate, earlier):
    """Return by how many seconds one sound is later than the other, by cross-correlation."""
    one, other = soxr.resample(later, rate, FINE), soxr.resample(earlier.astype(float), RATE, FINE)
    size = 1 << (len(one) + len(other)).bit_length()
    match = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    place = int(np.argmax(match))
    return (place - size if place > size // 2 else place) / FINE


@pytest.mark.parametrize("name", ENCODERS)
def test_the_delay_is_what_a_decoder_plays(name: str) -> None:
    pcm = chirps()
    clip = encode(segment(pcm), name)
    sound, rate, _ = decoded(clip.data)
    assert rate == ENCODERS[name].rate
    assert lag(sound, rate, pcm) == pytest.approx(float(clip.delay), abs=0.0005)
    assert len(sound) / rate >= len(pcm) / RATE  # nothing is lost at the end


@pytest.mark.parametrize("name", ENCODERS)
def test_the_size_is_as_announced(name: str) -> None:
    seconds = 8
    encoder = ENCODERS[name]
    size = len(encode(segment(noise(seconds)), name).data)
    expected = encoder.bytes_per_second() * seconds
    if name == "aac":
        assert size < 1.3 * expected + encoder.overhead
    else:
        assert expected * Fraction(99, 100) <= size <= ceil(expected) + encoder.overhead


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("wav", "pcm_s16le"),
        ("mp3", "mp3float"),
        ("aac", "aac"),
        ("amr", "amrnb"),
        ("3gp", "amrnb"),
        ("wav_gsm_ms", "gsm_ms"),
    ],
)
def test_each_format_is_the_one_it_says(name: str, codec: str) -> None:
    clip = encode(segment(noise(1)), name)
    assert decoded(clip.data)[2] == codec
    assert clip.format == name
    assert clip.media_type == ENCODERS[name].media_type


def test_the_files_begin_as_services_expect() -> None:
    data = {name: encode(segment(noise(1)), name).data for name in ENCODERS}
    assert data["wav"][:4] == data["wav_gsm_ms"][:4] == b"RIFF"
    assert data["wav_gsm_ms"][20:22] == b"\x31\x00"  # Microsoft's tag of GSM 6.10
    assert data["wav_gsm_ms"][32:34] == (65).to_bytes(2, "little")
    assert data["amr"][:6] == b"#!AMR\n"
    assert data["3gp"][4:8] == b"ftyp"
    assert data["aac"][0] == 0xFF
    assert data["aac"][1] & 0xF0 == 0xF0
    assert data["mp3"][0] == 0xFF
    assert b"Xing" not in data["mp3"]
    assert b"Info" not in data["mp3"]  # a tag would make the delay depend on who decodes
    assert b"elst" not in data["3gp"]  # and so would an edit list


def test_the_same_sound_gives_the_same_clip() -> None:
    pcm = noise(2)
    for name in ENCODERS:
        assert encode(segment(pcm), name).sha256 == encode(segment(pcm.copy()), name).sha256


@pytest.mark.parametrize("name", ENCODERS)
def test_the_shortest_and_the_silent_can_be_encoded(name: str) -> None:
    for pcm in (silence(1), noise(0.05), noise(0.001)):
        assert encode(segment(pcm), name).data


@pytest.mark.parametrize(
    ("name", "bit_rate"), [("mp3", 64_000), ("aac", 33_333), ("amr", 4_750), ("3gp", 7_950)]
)
def test_another_bit_rate_can_be_had(name: str, bit_rate: int) -> None:
    clip = encode(segment(noise(4)), name, bit_rate=bit_rate)
    assert len(clip.data) == pytest.approx(4 * ENCODERS[name].bytes_per_second(bit_rate), rel=0.35)


def test_wishes_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(ConfigError, match="no clip format 'flac'") as error:
        encode(segment(noise(1)), "flac")
    assert "wav, mp3" in (error.value.hint or "")
    with pytest.raises(ConfigError, match="12345"):
        encode(segment(noise(1)), "mp3", bit_rate=12_345)
    with pytest.raises(ConfigError):
        ENCODERS["amr"].bytes_per_second(64_000)


@pytest.mark.parametrize(
    ("name", "package"), [("mp3", "lameenc"), ("wav_gsm_ms", "soundfile"), ("amr", "soxr")]
)
def test_a_missing_package_is_named(name: str, package: str, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissing, match=package):
        encode(segment(noise(1)), name)


def test_an_encoder_that_ffmpeg_lacks_is_named() -> None:
    with pytest.raises(ToolMissing, match="no encoder libnothing"):
        module._with_ffmpeg(noise(1), RATE, codec="libnothing", container="amr", bit_rate=12_200)
