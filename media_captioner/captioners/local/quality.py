"""How good speech sounds, as listeners would rate it: DNSMOS (ITU-T P.835 scales, 1 to 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from media_captioner.captioners.local import weights
from media_captioner.captioners.local.runtime import Network
from media_captioner.captioners.local.spectrum import Signal

_SAMPLES: Final = 144_160  # 9.01 s, the only length the network takes

# The polynomials published with the network, from its raw output to the scale of listeners.
_SIGNAL: Final = (-0.08397278, 1.22083953, 0.0052439)
_BACKGROUND: Final = (-0.13166888, 1.60915514, -0.39604546)
_OVERALL: Final = (-0.06766283, 1.11546468, 0.04602535)


@dataclass(frozen=True, slots=True)
class Rating:
    """What listeners would say, 1 (bad) to 5 (excellent): of the voice, of the background, of both."""

    signal: float
    background: float
    overall: float


class Listener:
    """DNSMOS, loaded once."""

    def __init__(self) -> None:
        self._network = Network(weights.shipped("dnsmos_sig_bak_ovr.onnx"), batch=1)

    def __call__(self, speech: Signal) -> Rating:
        """Rate ``speech`` (16 kHz mono): its middle nine seconds, or all of it repeated where it is shorter.

        One rating a window: more of them cost more than everything else but the recogniser, and say the same.
        """
        if len(speech) >= _SAMPLES:
            start = (len(speech) - _SAMPLES) // 2
            heard = speech[start : start + _SAMPLES]
        else:
            heard = np.resize(speech, _SAMPLES)
        raw = self._network(np.ascontiguousarray(heard[None], np.float32))[0]
        scales = zip(raw.tolist(), (_SIGNAL, _BACKGROUND, _OVERALL), strict=True)
        return Rating(*(round(float(np.polyval(polynomial, x)), 2) for x, polynomial in scales))
