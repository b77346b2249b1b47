"""Where somebody speaks: Silero's voice detector, as it comes inside the faster-whisper package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from media_captioner.captioners.local.runtime import open_session
from media_captioner.errors import ExtraMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from media_captioner.model import Pcm

WINDOW: Final = 512
"""Samples that one probability stands for (32 ms at 16 kHz)."""

RATE: Final = 16_000

_CONTEXT: Final = 64  # samples of the window before that the network wants to see
_STATE: Final = (1, 1, 128)
_ASSET: Final = "silero_vad_v6.onnx"

_ON: Final = 0.5  # Silero's own defaults: speech starts above 0.5 ...
_OFF: Final = 0.35  # ... and ends below 0.35
_SHORTEST: Final = 0.12  # seconds; a shorter burst is a click or a cough
_GAP: Final = 0.30  # seconds; a shorter dip lies inside a phrase


class SileroVoice:
    """Probability of speech for each 32 ms; implements :class:`media_captioner.protocols.VoiceDetector`.

    Raises:
        ExtraMissing: the local captioner's packages are not installed.

    """

    def __init__(self) -> None:
        # One thread: the network is so small that a second one only costs.
        self._session: Any = open_session(_asset(), threads=1)

    def probabilities(self, pcm: Pcm) -> npt.NDArray[np.float32]:
        """Return the probability of speech for each window of 512 samples (32 ms).

        Args:
            pcm: ``int16``, shape ``(samples,)``, 16 kHz mono. The last window may be short.

        Returns:
            ``float32``, shape ``(ceil(samples / 512),)``, 0 to 1.

        """
        import numpy as np

        count = -(-len(pcm) // WINDOW)
        if count == 0:
            return np.zeros(0, np.float32)
        windows = np.zeros((count, WINDOW), np.float32)
        windows.reshape(-1)[: len(pcm)] = pcm
        windows /= 32768.0
        context = np.zeros((count, _CONTEXT), np.float32)
        context[1:] = windows[:-1, -_CONTEXT:]
        state = np.zeros(_STATE, np.float32)
        found: npt.NDArray[np.float32] = self._session.run(
            None, {"input": np.concatenate([context, windows], axis=1), "h": state, "c": state}
        )[0]
        return found.reshape(-1)


def _asset() -> Path:
    # Found without importing the package: that would load its inference engine for nothing.
    spec = importlib.util.find_spec("faster_whisper")
    path = Path(spec.origin).parent / "assets" / _ASSET if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ExtraMissing(
            "The voice detector comes with faster-whisper 1.2, which is not installed",
            hint="Install it with: pip install 'media-captioner[local]'",
        )
    return path


def regions(
    probabilities: npt.NDArray[np.float32], *, on: float = _ON, off: float = _OFF, gap: float = _GAP
) -> list[tuple[float, float]]:
    """Turn probabilities into stretches of speech, seconds from the first sample.

    Args:
        probabilities: As :meth:`SileroVoice.probabilities` gives them.
        on: Speech starts where the probability reaches this.
        off: It ends where the probability falls below this.
        gap: Seconds of silence that a phrase may hold.

    """
    step = WINDOW / RATE
    found: list[tuple[float, float]] = []
    start: int | None = None
    for index, probability in enumerate([*probabilities.tolist(), 0.0]):
        if start is None and probability >= on:
            start = index
        elif start is not None and probability < off:
            found.append((start * step, index * step))
            start = None
    merged: list[tuple[float, float]] = []
    for region in found:
        if merged and region[0] - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], region[1])
        else:
            merged.append(region)
    return [region for region in merged if region[1] - region[0] >= _SHORTEST]
