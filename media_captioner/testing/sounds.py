"""Small sounds and clips, made on the spot."""

from __future__ import annotations

import hashlib
import io
import wave
from fractions import Fraction
from typing import TYPE_CHECKING

from media_captioner.model import AudioTrack, Clip, Segment

if TYPE_CHECKING:
    from media_captioner.model import Pcm

RATE = 16_000


def tone(seconds: float = 1.0, frequency: float = 440.0, *, level: float = -12.0, rate: int = RATE) -> Pcm:
    """Return a sine: ``int16``, shape ``(samples,)``, mono.

    Args:
        seconds: How long.
        frequency: Hz.
        level: Peak, dBFS.
        rate: Samples per second.

    """
    import numpy as np

    time = np.arange(round(seconds * rate)) / rate
    return np.round(32767 * 10 ** (level / 20) * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


def segment(pcm: Pcm, *, index: int = 0, start: Fraction = Fraction(0), rate: int = RATE) -> Segment:
    """Return a segment that holds ``pcm``."""
    track = AudioTrack(1, 0, "pcm_s16le", rate, 1, "mono")
    end = start + Fraction(len(pcm), rate)
    return Segment(index, track, start, end, pcm, rate, ((0, start),), "end")


def clip(
    pcm: Pcm | None = None,
    *,
    data: bytes | None = None,
    name: str = "wav",
    media_type: str = "audio/wav",
    delay: Fraction = Fraction(0),
    index: int = 0,
) -> Clip:
    """Return a clip of ``pcm`` (a second of 440 Hz by default), as WAV where ``data`` does not say otherwise."""
    pcm = tone() if pcm is None else pcm
    data = wav(pcm) if data is None else data
    return Clip(segment(pcm, index=index), data, name, media_type, delay, hashlib.sha256(data).hexdigest())


def wav(pcm: Pcm, *, rate: int = RATE) -> bytes:
    """Return ``pcm`` as a WAV file of 16 bit PCM."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2").tobytes())
    return buffer.getvalue()
