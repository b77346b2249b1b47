from __future__ import annotations

from fractions import Fraction

import pytest

from media_captioner.model import Measurements
from media_captioner.prose import understand
from media_captioner.prose.measured import weigh


def measurements(*, clipped=0, peak=-6.0, noise_floor=-50.0, channels="mono"):
    return Measurements(Fraction(6), peak, clipped, -20.0, noise_floor, channels)


@pytest.mark.parametrize(
    ("text", "measured", "contradicted"),
    [
        ("The impacts cause digital clipping.", measurements(), {"clipping"}),
        ("The impacts cause digital clipping.", measurements(clipped=40, peak=0.0), set()),
        ("The impacts cause digital clipping.", measurements(peak=-0.2), set()),
        ("There is no clipping.", measurements(clipped=40, peak=0.0), {"clipping"}),
        ("There is no clipping.", measurements(), set()),
        ("The recording is presented in mono.", measurements(channels="stereo"), {"mono"}),
        ("The recording is presented in mono.", measurements(channels="dual mono"), set()),
        ("A constant tape hiss is audible.", measurements(noise_floor=-90.0), {"hiss"}),
        ("A constant tape hiss is audible.", measurements(), set()),
        ("A constant tape hiss is audible.", None, set()),
        ("The recording is of high fidelity.", measurements(clipped=40, peak=0.0), set()),
    ],
)
def test_marks_what_a_measurement_rules_out(text, measured, contradicted):
    weighed = weigh(understand(text), measured)
    assert {quality.term for quality in weighed.qualities if quality.contradicted} == contradicted
    assert len(weighed.qualities) == len(understand(text).qualities) > 0
