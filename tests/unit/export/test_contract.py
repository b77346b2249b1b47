"""Every exporter of ours keeps the contract, read back with other code than wrote it."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_captioner.export.editors.edl import _plain
from media_captioner.export.managers.tables import cell
from media_captioner.export.players import ass_
from media_captioner.export.players.subrip import plain
from media_captioner.export.readers import READERS, Grid, read_back
from media_captioner.export.registry import exporter_named, names
from media_captioner.export.sidecar import read_bytes
from media_captioner.export.text import clean, cue_lines, one_line
from media_captioner.testing.exporters import CONTEXT, HOSTILE, ExporterContract, sample_captions
from media_captioner.timing import FrameRate

GRID = Grid(FrameRate(Fraction(25)), 0)
SEALED = {
    "vtt", "ttml", "ass", "hls", "md", "soundtrack", "chapters", "speech", "music", "ambience", "effects", "xmp",
    "jsonl", "pbcore", "nfo", "otio", "fcpxml", "xmeml", "json",
}  # fmt: skip


def lines(text):
    return "\n".join(cue_lines(text))


def line(text):
    return one_line(text) or "…"


def label(text):
    return one_line(text, 250) or "…"


# What each format makes of the text of a cue: its declared loss, in one line of code.
SHOWN = {
    "vtt": lines,
    "srt": lambda text: "\n".join(plain(each) for each in cue_lines(text)),
    "ttml": lines,
    "ass": lambda text: "\n".join(each.translate(ass_.NO_OVERRIDES) for each in cue_lines(text)),
    "txt": line,
    "md": line,
    "xmp": label,
    "cues-csv": lambda text: _unquoted(cell(text)),
    "jsonl": line,
    "pbcore": line,
    "jsonld": line,
    "otio": label,
    "edl": lambda text: _plain(label(text)),
    "fcpxml": label,
    "xmeml": label,
    "kdenlive": label,
    "avid": label,
    "audacity": line,
    "json": clean,
}
LAYERS = ("speech", "music", "ambience", "effects")


def _unquoted(text):
    return text[1:] if text[:1] == "'" and text[1:2] in "-=+@＝＋－＠" and len(text) > 1 else (text or "…")


class Contract(ExporterContract):
    """The contract, with our own table of losses."""

    def read(self, data):
        name = self.exporter.name
        if name == "json":
            return [cue.text for cue in read_bytes(data, Path()).captions.cues]
        if name in SHOWN or name in LAYERS or name == "premiere":
            return [found.text for found in read_back(name, data, GRID)]
        if name in READERS:
            read_back(name, data, GRID)
        return None

    def expected(self, captions):
        name = self.exporter.name
        if name == "premiere":
            return [" ".join(line(cue.text).split()) for cue in captions.cues if cue.category == "speech"]
        if name in LAYERS:
            return [lines(cue.text) for cue in captions.cues if cue.category == name]
        return [SHOWN[name](cue.text) for cue in captions.cues]


def _contract_of(name, base=Contract):
    return type(f"Test_{name}", (base,), {"exporter": exporter_named(name), "sealed": name in SEALED})


for _name in names():
    globals()[f"Test_{_name.replace('-', '_')}"] = _contract_of(_name)
del Contract, ExporterContract

anything = st.text(st.characters(), max_size=120) | st.sampled_from(
    [text for text in HOSTILE if len(text) < 1000]
)


@pytest.mark.parametrize("name", [name for name in names() if name in SHOWN and name in READERS])
@settings(max_examples=25)
@given(texts=st.lists(anything, min_size=1, max_size=4))
def test_as_many_cues_come_out_as_go_in_with_the_same_text(name, texts):
    found = read_back(name, exporter_named(name).write(sample_captions(*texts), CONTEXT), GRID)
    assert [each.text for each in found] == [SHOWN[name](text) for text in texts]
    for number, each in enumerate(found):
        assert abs(each.start - 2 * number) < Fraction(1, 1000)
