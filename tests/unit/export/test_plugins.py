"""Exporters of other packages: found when asked for, named when broken, harmless to everything else."""

import json
import textwrap

import pytest
from click.testing import CliRunner

from media_captioner.cli.app import cli
from media_captioner.errors import ConfigError, PluginError
from media_captioner.export import registry, save, sidecar
from media_captioner.export.registry import broken, chosen, exporter_named, exporters, names
from media_captioner.testing.exporters import CONTEXT, ExporterContract, sample_captions
from tests.unit.export.factory import captions

GOOD = """
class Shout:
    name = "shout"
    suffix = ".{language}.shout"
    readers = "people far away"
    loss = "lower case; no seal"

    def write(self, captions, context):
        return "".join(cue.text.upper() + "\\n" for cue in captions.cues).encode("utf-8", "replace")

    def is_ours(self, data):
        return False
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a package with an exporter: a module and an entry point, as pip would leave them."""

    def install(code, name="shout", target="Shout"):
        module = f"plugin_{name.replace('-', '_')}_{tmp_path.name.replace('-', '_')}"
        folder = tmp_path / "site" / name
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(textwrap.dedent(code))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[media_captioner.exporters]\n{name} = {module}:{target}\n")
        monkeypatch.syspath_prepend(str(folder))

    yield install
    registry._theirs.cache_clear()


def test_an_exporter_of_another_package_is_used_like_ours(plugin, tmp_path):
    plugin(GOOD)
    assert names()[-2:] == ["shout", "json"]
    written = save(captions(folder=tmp_path), tmp_path, formats=["shout", "vtt"])
    assert [path.name for path in written] == ["clip.en.vtt", "clip.en.shout", "clip.media_captioner.json"]
    assert (tmp_path / "clip.en.shout").read_text() == "[DOG BARKING]\n"
    listed = CliRunner().invoke(cli, ["formats", "--json"], standalone_mode=False).output
    assert {
        "name": "shout",
        "file": "clip.en.shout",
        "readers": "people far away",
        "loss": "lower case; no seal",
    } in [json.loads(line) for line in listed.splitlines()]


def test_a_name_of_ours_stays_ours(plugin):
    plugin(GOOD.replace('"shout"', '"vtt"'), name="vtt")
    assert type(exporter_named("vtt")).__name__ == "WebVtt"
    assert names().count("vtt") == 1


@pytest.mark.parametrize(
    ("code", "target", "said"),
    [
        ("1 / 0", "Shout", "ZeroDivisionError"),
        ("raise SystemExit(3)", "Shout", "SystemExit"),
        ("x = 1", "Shout", "AttributeError"),
        ("Shout = 3", "Shout", "lacks a member"),
        (GOOD.replace('"shout"', '"other"'), "Shout", "calls itself 'other'"),
        (GOOD.replace('".{language}.shout"', '"/../../etc/x"'), "Shout", "no suffix"),
        (GOOD.replace('".{language}.shout"', '".{home}.shout"'), "Shout", "placeholder"),
    ],
)
def test_a_broken_one_is_named_and_harms_nobody_else(plugin, code, target, said):
    plugin(code, target=target)
    assert "shout" not in exporters()
    assert "vtt" in exporters()
    assert [each.name for each in chosen(["vtt"])] == ["vtt", "json"]
    with pytest.raises(PluginError, match="shout") as caught:
        chosen(["vtt", "shout"])
    assert said in caught.value.message
    assert caught.value.plugin == "shout"
    assert [error.plugin for error in broken()] == ["shout"]
    shown = CliRunner().invoke(cli, ["formats"], standalone_mode=False)
    assert shown.exception is None
    assert "shout" in shown.output


@pytest.mark.parametrize(
    "body", ["raise ValueError('bad luck')", "raise SystemExit(0)", "return 'text'", "return None"]
)
def test_one_that_fails_does_not_keep_the_others_from_being_written(plugin, tmp_path, body):
    plugin(GOOD.replace('return "".join', f"{body}\n        return ''.join"))
    with pytest.raises(PluginError, match="shout"):
        save(captions(folder=tmp_path), tmp_path, formats=["shout", "vtt", "xmp"])
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "clip.en.vtt", "clip.media_captioner.json", "clip.xmp",
    ]  # fmt: skip
    known = sidecar.read(tmp_path / "clip.media_captioner.json")
    assert set(known.outputs) == {"clip.en.vtt", "clip.xmp"}


def test_a_name_that_nobody_brings_is_a_setting_that_cannot_be_used():
    with pytest.raises(ConfigError, match="docx") as caught:
        exporter_named("docx")
    assert "vtt" in caught.value.hint


class Careless:
    name = "careless"
    suffix = ".careless"
    readers = "nobody"
    loss = ""

    def write(self, captions, context):
        return "\n\n".join(cue.text for cue in captions.cues).encode("utf-8", "replace")

    def is_ours(self, data):
        return True


class CarelessContract(ExporterContract):
    exporter = Careless()

    def read(self, data):
        return data.decode().split("\n\n")


@pytest.mark.parametrize(
    "test", ["test_hostile_text_breaks_nothing", "test_a_file_is_known_until_somebody_edits_it"]
)
def test_the_contract_finds_a_careless_exporter(test):
    with pytest.raises(AssertionError):
        getattr(CarelessContract(), test)()


def test_the_contract_finds_one_that_reads_the_clock():
    class Ticking(Careless):
        count = 0

        def write(self, captions, context):
            type(self).count += 1
            return str(self.count).encode()

    contract = CarelessContract()
    contract.exporter = Ticking()
    with pytest.raises(AssertionError):
        contract.test_the_same_captions_give_the_same_bytes()


def test_the_samples_of_the_contract_can_be_written_by_everybody():
    told = sample_captions("one", "two", "three")
    assert all(exporter.write(told, CONTEXT) for exporter in exporters().values())
