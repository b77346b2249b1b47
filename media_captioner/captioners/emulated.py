"""A captioner without a model: it says what can be measured of a clip, and that nobody listened.

It is for trying things out and for tests. Because every figure comes from the sound itself, a test that reads
them knows that the right bytes arrived.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from media_captioner.captioners.money import TEXT_TOKENS, observed_audio_tokens
from media_captioner.errors import ClipRejected
from media_captioner.model import Clip, Description, Pcm, Usage
from media_captioner.protocols import Context, Service

_LOUDEST: Final = -0.1  # dBFS from which a sample counts as full scale
_WINDOW: Final = 16_384  # samples: 0.98 Hz a bin at 16 kHz
_MODEL: Final = "emulated-1"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured.

    Attributes:
        seconds: Length.
        peak: Highest sample, dBFS, ``-inf`` for digital silence.
        level: Root mean square, dBFS, ``-inf`` for digital silence.
        pitch: The strongest frequency, Hz, or 0 for silence.

    """

    seconds: Fraction
    peak: float
    level: float
    pitch: float


def measure(pcm: Pcm, rate: int) -> Heard:
    """Measure mono sound: ``int16``, shape ``(samples,)``."""
    import numpy as np

    if not len(pcm):
        return Heard(Fraction(0), float("-inf"), float("-inf"), 0.0)
    # The mean of the spectra of all windows: bounded work and memory for any length.
    spectrum = np.zeros(_WINDOW // 2 + 1)
    window = np.hanning(_WINDOW)
    peak = power = 0.0
    for start in range(0, len(pcm), _WINDOW):
        block = pcm[start : start + _WINDOW].astype(np.float64) / 32768.0
        peak = max(peak, float(np.abs(block).max()))
        power += float(np.sum(block**2))
        spectrum += np.abs(np.fft.rfft(np.pad(block, (0, _WINDOW - len(block))) * window))
    pitch = float(spectrum[1:].argmax() + 1) * rate / _WINDOW if peak > 0 else 0.0
    with np.errstate(divide="ignore"):
        level = float(10 * np.log10(power / len(pcm)))
        return Heard(Fraction(len(pcm), rate), float(20 * np.log10(peak)), level, pitch)


def describe_heard(heard: Heard, clip: Clip) -> str:
    """Word measurements as the service words its descriptions, honestly."""
    sha = clip.sha256[:16]
    opening = (
        f"This description is emulated: no model listened. The audio clip lasts {float(heard.seconds):.3f} seconds "
        f"and arrived as {clip.format} in {len(clip.data)} bytes with the SHA-256 {sha}."
    )
    if heard.pitch == 0:
        return f"{opening}\n\nThe clip is digital silence. In summary, there is nothing to hear."
    loud = "It reaches full scale." if heard.peak >= _LOUDEST else "It does not reach full scale."
    return (
        f"{opening}\n\nIts peak is {heard.peak:.1f} dBFS and its mean level {heard.level:.1f} dBFS. {loud}\n\n"
        f"The strongest frequency is {heard.pitch:.0f} Hz.\n\n"
        f"In summary, a sound of {float(heard.seconds):.3f} seconds was measured and not understood."
    )


class EmulatedCaptioner:
    """Describes from measurements. Public: use it in your own tests.

    Args:
        service: Limits to claim; by default those of Model Studio without its price and rates.

    """

    def __init__(self, service: Service | None = None) -> None:
        self._service = service or Service(
            name="emulated",
            max_seconds=Fraction(2400),
            target_seconds=Fraction(30),
            formats=("wav", "mp3", "aac", "amr", "3gp", "wav_gsm_ms"),
            max_data_url=10_000_000 - 1,
            max_upload=10_000_000,
        )

    @property
    def name(self) -> str:
        """``emulated``."""
        return "emulated"

    @property
    def model(self) -> str:
        """Identity of what answers."""
        return _MODEL

    @property
    def service(self) -> Service:
        """The limits it was given."""
        return self._service

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Describe ``clip`` by measuring it.

        Raises:
            ClipRejected: it is empty.

        """
        del context
        if not len(clip.segment.pcm):
            raise ClipRejected(f"Failed describing segment {clip.segment.index + 1}: the audio is empty")
        heard = await asyncio.to_thread(measure, clip.segment.pcm, clip.segment.rate)
        prose = describe_heard(heard, clip)
        audio = observed_audio_tokens(heard.seconds)
        usage = Usage(heard.seconds, audio + TEXT_TOKENS, audio, len(prose.split()), None, 1)
        return Description(prose, self.name, self.model, usage)

    async def close(self) -> None:
        """Nothing to let go of."""
