"""What we write is what a browser shows, cue for cue."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from media_captioner.export.base import ExportContext
from media_captioner.export.registry import exporters
from media_captioner.export.text import cue_lines
from media_captioner.testing.exporters import HOSTILE
from tests.e2e.browser import CHROMIUM, cues_of
from tests.unit.export.factory import captions, cue

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
