"""Segments as clips: encoded in memory, in the formats that captioners take.

Whatever the format, where the sound begins inside the clip is known: :attr:`Encoder.delay` was measured by
decoding clips back, and a test keeps it true.
"""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from media_captioner.errors import ConfigError, ExtraMissing, ToolMissing
from media_captioner.model import Clip, Pcm, Segment

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.audio.stream import AudioStream

_NARROW: Final = 8_000  # samples per second of the telephone formats
_GSM_BLOCK: Final = (65, 320)  # bytes and samples of a GSM 6.10 block as WAV holds it (Microsoft's tag 0x31)

_AMR_RATES: Final = (4_750, 5_150, 5_900, 6_700, 7_400, 7_950, 10_200, 12_200)
"""Bits per second of AMR-NB's modes (3GPP TS 26.071)."""
_AMR_FRAMES: Final = dict(zip(_AMR_RATES, (13, 14, 16, 18, 20, 21, 27, 32), strict=True))
"""Bytes of a 20 ms frame with its header, by mode (RFC 4867, 5.3)."""
_MP3_RATES: Final = tuple(1000 * rate for rate in (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160))
"""Bits per second of MPEG-2 layer III, the version for 16 kHz (ISO/IEC 13818-3, 2.4.2.3)."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A clip format.

    Attributes:
        name: What it is asked for by (``mp3``).
        suffix: Ending of a file of it, with the dot.
        media_type: Its MIME type.
        delay: Seconds of silence that a decoder puts before the first sample.
        rate: Samples per second inside the clip.
        bit_rates: Bits per second that can be asked for, ascending; any within their range where ``free``.
        default: Bits per second where nobody asks.
        overhead: Bytes that every clip has besides its sound, at most.
        free: Whether rates between those of ``bit_rates`` can be had too.

    """

    name: str
    suffix: str
    media_type: str
    delay: Fraction
    rate: int
    bit_rates: tuple[int, ...]
    default: int
    overhead: int
    free: bool = False

    def check(self, bit_rate: int | None) -> int:
        """Return the bit rate to use.

        Raises:
            ConfigError: this format has no such bit rate.

        """
        if bit_rate is None:
            return self.default
        if bit_rate in self.bit_rates or (self.free and self.bit_rates[0] <= bit_rate <= self.bit_rates[-1]):
            return bit_rate
        have = " to " if self.free else ", "
        raise ConfigError(
            f"Cannot encode {self.name} at {bit_rate} bits per second",
            hint=f"It can be {have.join(map(str, self.bit_rates))}.",
        )

    def bytes_per_second(self, bit_rate: int | None = None) -> Fraction:
        """Return how many bytes a second of sound takes; exact but for AAC, where it is what is aimed at.

        Raises:
            ConfigError: this format has no such bit rate.

        """
        chosen = self.check(bit_rate)
        if self.name == "wav":
            return Fraction(2 * self.rate)
        if self.name == "wav_gsm_ms":
            return Fraction(_GSM_BLOCK[0] * self.rate, _GSM_BLOCK[1])
        if self.name in {"amr", "3gp"}:
            return Fraction(50 * _AMR_FRAMES[chosen])
        return Fraction(chosen, 8)


ENCODERS: Final[Mapping[str, Encoder]] = MappingProxyType(
    {
        encoder.name: encoder
        for encoder in (
            Encoder("wav", ".wav", "audio/wav", Fraction(0), 16_000, (256_000,), 256_000, 44),
            # No tag is written, so every decoder plays LAME's delay (576) and its own (529): always the same.
            Encoder("mp3", ".mp3", "audio/mpeg", Fraction(1105, 16_000), 16_000, _MP3_RATES, 32_000, 720),
            # One frame of priming; ADTS has no place to say so.
            Encoder(
                "aac",
                ".aac",
                "audio/aac",
                Fraction(1024, 16_000),
                16_000,
                (16_000, 96_000),
                48_000,
                1024,
                free=True,
            ),
            # 5 ms of look-ahead, less what the resampler to 8 kHz makes up for; measured.
            Encoder("amr", ".amr", "audio/amr", Fraction(40, 8_000), 8_000, _AMR_RATES, 12_200, 100),
            Encoder("3gp", ".3gp", "audio/3gpp", Fraction(40, 8_000), 8_000, _AMR_RATES, 12_200, 4096),
            Encoder("wav_gsm_ms", ".wav", "audio/wav", Fraction(0), 8_000, (13_000,), 13_000, 125),
        )
    }
)
"""Every clip format by name."""


def encode(segment: Segment, format: str = "wav", *, bit_rate: int | None = None) -> Clip:  # noqa: A002 - the field's word
    """Encode a segment in memory.

    Args:
        segment: What to encode.
        format: A name in :data:`ENCODERS`.
        bit_rate: Bits per second; the format's default where None.

    Raises:
        ConfigError: no such format, or it has no such bit rate.
        ExtraMissing: the package that encodes it is not installed.
        ToolMissing: this build of FFmpeg has no encoder for it.

    """
    encoder = ENCODERS.get(format)
    if encoder is None:
        raise ConfigError(f"There is no clip format {format!r}", hint=f"Choose one of {', '.join(ENCODERS)}.")
    data = _WRITERS[format](segment.pcm, segment.rate, encoder.check(bit_rate))
    return Clip(
        segment=segment,
        data=data,
        format=format,
        media_type=encoder.media_type,
        delay=encoder.delay,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _wav(pcm: Pcm, rate: int, _bit_rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm.astype("<i2", copy=False).tobytes())
    return file.getvalue()


def _mp3(pcm: Pcm, rate: int, bit_rate: int) -> bytes:
    try:
        import lameenc
    except ImportError as error:
        raise _missing("lameenc", "MP3") from error
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)
    encoder.set_channels(1)
    encoder.set_bit_rate(bit_rate // 1000)
    encoder.set_quality(7)  # the quickest; 5 takes twice as long and nothing that listens can tell (measured)
    return bytes(encoder.encode(pcm.tobytes())) + bytes(encoder.flush())


def _aac(pcm: Pcm, rate: int, bit_rate: int) -> bytes:
    return _with_ffmpeg(pcm, rate, codec="aac", container="adts", bit_rate=bit_rate)


def _amr(pcm: Pcm, rate: int, bit_rate: int) -> bytes:
    return _with_ffmpeg(
        _narrow(pcm, rate), _NARROW, codec="libopencore_amrnb", container="amr", bit_rate=bit_rate
    )


def _3gp(pcm: Pcm, rate: int, bit_rate: int) -> bytes:
    return _with_ffmpeg(
        _narrow(pcm, rate), _NARROW, codec="libopencore_amrnb", container="3gp", bit_rate=bit_rate
    )


def _with_ffmpeg(pcm: Pcm, rate: int, *, codec: str, container: str, bit_rate: int) -> bytes:
    import av
    from av.audio.frame import AudioFrame

    try:
        av.codec.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError as error:
        raise ToolMissing(
            f"Cannot encode {container}: this build of FFmpeg has no encoder {codec}",
            hint="Install PyAV from its own wheels, or choose another format (wav and mp3 always work).",
        ) from error
    file = io.BytesIO()
    # Some decoders heed the edit list that would take the priming off, some do not: without it, all do alike.
    options = {"use_editlist": "0"} if container == "3gp" else {}
    with av.open(file, "w", format=container, container_options=options) as output:
        stream = cast("AudioStream", output.add_stream(codec, rate=rate, layout="mono"))
        stream.bit_rate = bit_rate
        frame = AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        frame.pts = 0
        frame.time_base = Fraction(1, rate)
        for packet in stream.encode(frame):
            output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return file.getvalue()


def _wav_gsm_ms(pcm: Pcm, rate: int, _bit_rate: int) -> bytes:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: the package is there, its library is not
        raise _missing("soundfile", "WAV GSM_MS") from error
    file = io.BytesIO()
    soundfile.write(file, _narrow(pcm, rate), _NARROW, format="WAV", subtype="GSM610")
    return file.getvalue()


def _narrow(pcm: Pcm, rate: int) -> Pcm:
    """Return the sound at 8 kHz."""
    try:
        import soxr
    except ImportError as error:
        raise _missing("soxr", "telephone formats") from error
    narrow: npt.NDArray[np.int16] = soxr.resample(pcm, rate, _NARROW)
    return narrow


def _missing(package: str, format_name: str) -> ExtraMissing:
    return ExtraMissing(
        f"Cannot encode {format_name}: the package {package} is not installed", hint=f"pip install {package}"
    )


_WRITERS: Final[Mapping[str, Callable[[Pcm, int, int], bytes]]] = {
    "wav": _wav,
    "mp3": _mp3,
    "aac": _aac,
    "amr": _amr,
    "3gp": _3gp,
    "wav_gsm_ms": _wav_gsm_ms,
}
