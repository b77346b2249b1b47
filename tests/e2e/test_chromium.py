"""What we write is what a browser shows, cue for cue."""

import io
import shutil
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from media_captioner.export.base import ExportContext
from media_captioner.export.registry import exporters
from media_captioner.export.text import cue_lines
from media_captioner.testing.exporters import HOSTILE
from tests.e2e.browser import CHROMIUM, cues_of, screenshot
from tests.unit.export.factory import captions, cue

SAMPLE = Path(__file__).parents[2] / "samples" / "street-scene.mp4"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def test_chromium_reads_every_cue_even_the_hostile_ones(tmp_path):
    texts = [*HOSTILE, "WOMAN: Did you hear that?", "♪ piano music ♪", "[thunder rumbling]\nRun!", "文字 и Ж"]
    told = captions(*(cue(f"{2 * i}.1", f"{2 * i + 1}.5", text) for i, text in enumerate(texts)))
    context = ExportContext(now=datetime(2026, 11, 22, tzinfo=UTC))
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "clip.en.vtt").write_bytes(exporters()["vtt"].write(told, context))
    shown = cues_of("clip.en.vtt", folder, tmp_path / "profile")
    assert [text.split("\n") for _, _, text in shown] == [cue_lines(text) for text in texts]
    for (start, end, _), written in zip(shown, told.cues, strict=True):
        assert abs(Fraction(start) - written.start) < Fraction(1, 1000)
        assert abs(Fraction(end) - written.end) < Fraction(1, 1000)


def test_chromium_paints_the_caption_into_the_lower_part_of_the_film(tmp_path):
    """Two pictures of the same frame of the sample, with captions and without, differ where captions belong."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(SAMPLE, folder / "film.mp4")
    told = captions(cue("10", "14", "MAN: Good morning, street!\n[dog barking]"), cue("20", "21", "[later]"))
    context = ExportContext(now=datetime(2026, 11, 22, tzinfo=UTC))
    (folder / "film.en.vtt").write_bytes(exporters()["vtt"].write(told, context))
    shown, bare = (
        np.asarray(Image.open(io.BytesIO(
            screenshot("film.mp4", "film.en.vtt", 12, folder, tmp_path / f"profile-{showing}", showing=showing)
        )).convert("L"), np.int16)
        for showing in (True, False)
    )  # fmt: skip
    assert bare.std() > 20  # a picture, no blank page
    rows, columns = np.nonzero(np.abs(shown - bare) > 60)
    height, width = shown.shape
    assert rows.size > 0.005 * shown.size
    assert rows.min() > 0.7 * height
    assert rows.max() < height - 1
    assert abs((columns.min() + columns.max()) / 2 - width / 2) < 0.02 * width
