"""What a person changes is read back, locked, and survives; verify sees what is wrong."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from click.testing import CliRunner

from media_captioner.cli.app import cli
from media_captioner.errors import MediaNotFound, OutputConflict, UnsupportedMedia
from media_captioner.export import save, sidecar
from media_captioner.export.edits import keep_edits
from media_captioner.export.finding import known_at, sidecars_at
from media_captioner.export.importing import import_edits
from media_captioner.export.registry import names
from media_captioner.export.rewriting import rewrite
from media_captioner.export.verifying import verify
from tests.unit.export.factory import captions, cue


@pytest.fixture
def asset(tmp_path):
    """An asset with three cues and its usual files; the media is only a name."""
    (tmp_path / "clip.mp4").write_bytes(b"media")
    told = captions(
        cue("1", "2", "[dog barking]"),
        cue("4", "6", "MAN: Hello.", category="speech", speaker="MAN"),
        cue("8", "9", "♪ jazz ♪", category="music"),
        folder=tmp_path,
    )
    save(told, tmp_path)
    return tmp_path / "clip.media_captioner.json"


def states(path):
    return {finding.path.name: finding.state for finding in verify(known_at(path))}


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def again(path):
    """What a later run composes: the same cues of the machine, and one more."""
    known = known_at(path).sidecar.captions
    fresh = captions(
        cue("1", "2", "[dog barking]"),
        cue("4", "6", "MAN: Hello.", category="speech"),
        cue("8", "9", "♪ jazz ♪", category="music"),
        cue("10", "11", "[door slamming]"),
    )
    return keep_edits(fresh, known)


def test_edits_of_the_captions_are_locked_and_survive(asset):
    vtt = asset.with_name("clip.en.vtt")
    edit(vtt, "MAN: Hello.", "ANNA: Hello!")
    edit(vtt, "1\n00:00:01.000 --> 00:00:02.000\n[dog barking]\n\n", "")
    vtt.write_text(vtt.read_text() + "\n9\n00:00:12.000 --> 00:00:13.000\n[applause]\n")
    told = import_edits(asset)
    assert (told.changed, told.added, told.removed) == (1, 1, 1)
    assert not told.notices
    for held in (known_at(asset).sidecar.captions, again(asset)):
        texts = [each.text for each in held.cues if each.text != "[door slamming]"]
        assert texts == ["ANNA: Hello!", "♪ jazz ♪", "[applause]"]
        assert [each.locked for each in held.cues if each.text != "[door slamming]"] == [True, False, True]
    assert "[door slamming]" in [each.text for each in again(asset).cues]
    speech = known_at(asset).sidecar.captions.cues[0]
    assert (speech.category, speech.speaker, speech.anchor) == ("speech", "MAN", "heard")
    assert set(states(asset).values()) == {"ok"}
    assert "person" in vtt.read_text()
    assert sidecar.validate(json.loads(asset.read_bytes())) == []
    assert not import_edits(asset).anything


def test_edits_of_the_sidecar_are_locked_and_survive(asset):
    document = json.loads(asset.read_bytes())
    document["cues"][0]["text"] = "[wolf howling]"
    del document["cues"][2]
    document["keywords"] = ["wolf"]
    asset.write_text(json.dumps(document, indent=4))  # an editor that lays it out its own way
    told = import_edits(asset)
    assert (told.changed, told.added, told.removed, told.members) == (1, 0, 1, ("keywords",))
    held = again(asset)
    assert [each.text for each in held.cues] == ["[wolf howling]", "MAN: Hello.", "[door slamming]"]
    assert held.keywords == ("wolf",)
    assert set(states(asset).values()) == {"ok"}
    assert "[wolf howling]" in asset.with_name("clip.en.vtt").read_text()
    assert "[wolf howling]" in asset.with_name("clip.xmp").read_text()


def test_a_sidecar_that_is_no_longer_valid_is_refused_and_left_alone(asset):
    edit(asset, '"category": "effects"', '"category": "noise"')
    before = asset.read_bytes()
    with pytest.raises(UnsupportedMedia):
        import_edits(asset)
    edit(asset, '"category": "noise"', '"category": "effects"')
    edit(asset, '"end": 2,', '"end": 0.5,')
    with pytest.raises(UnsupportedMedia, match="ends before"):
        import_edits(asset)
    assert asset.read_bytes() != before


def test_what_only_webvtt_can_hold_is_not_lost(asset):
    vtt = asset.with_name("clip.en.vtt")
    edit(vtt, "00:00:04.000 --> 00:00:06.000\nMAN", "00:00:04.000 --> 00:00:06.000 line:0\n<i>ANNA</i>")
    before = vtt.read_bytes()
    told = import_edits(asset)
    assert told.notices
    assert vtt.read_bytes() == before
    assert known_at(asset).sidecar.captions.cues[1].text == "ANNA: Hello."


def test_a_cue_of_the_machine_gives_way_to_a_persons():
    mine = cue("4", "6", "[mine]", locked=True)
    fresh = captions(
        cue("1", "4.5", "[before]"),
        cue("4.2", "5.8", "[within]"),
        cue("5.5", "9", "[after]"),
        cue("5.8", "6.3"),
    )
    held = keep_edits(fresh, captions(mine))
    assert [(each.text, float(each.start), float(each.end)) for each in held.cues] == [
        ("[before]", 1.0, 4.0),
        ("[mine]", 4.0, 6.0),
        ("[after]", 6.0, 9.0),
    ]


def test_without_edits_nothing_is_touched():
    fresh = captions(cue("1", "2"))
    assert keep_edits(fresh, captions(cue("1", "2", "[other]"))) is fresh


def test_other_formats_cost_nothing_and_are_remembered(asset):
    written = rewrite(asset, ["srt", "otio", "hls", "chapters"])
    assert [each.format for each in written] == ["srt", "hls", "chapters", "otio", "json"]
    outputs = known_at(asset).sidecar.outputs
    assert {"clip.en.vtt", "clip.xmp", "clip.en.sdh.srt", "clip.media_captioner/hls/en-00000.vtt"} <= set(
        outputs
    )
    assert known_at(asset).sidecar.created
    assert set(states(asset).values()) == {"ok"}
    before = {path: path.read_bytes() for path in asset.parent.rglob("*") if path.is_file()}
    rewrite(asset, ["srt", "otio", "hls", "chapters", "xmp", "vtt"])
    assert before == {path: path.read_bytes() for path in asset.parent.rglob("*") if path.is_file()}


def test_an_edited_sidecar_is_not_written_from(asset):
    edit(asset, "MAN: Hello.", "ANNA: Hello.")
    with pytest.raises(OutputConflict):
        rewrite(asset, ["srt"])


def test_both_names_of_xmp(asset):
    from media_captioner.export.base import ExportOptions

    rewrite(asset, ["xmp"], options=ExportOptions(xmp_naming="both"))
    assert asset.with_name("clip.mp4.xmp").read_bytes() == asset.with_name("clip.xmp").read_bytes()


def test_verify_finds_each_kind_of_trouble(asset):
    every = [name for name in names() if name not in {"vtt", "xmp", "json"}]
    rewrite(asset, every)
    assert set(states(asset).values()) == {"ok"}
    folder = asset.parent
    (folder / "clip.en.sdh.srt").unlink()
    edit(folder / "clip.en.ttml", "Hello", "Goodbye")
    (folder / "clip.xmp").write_text("<x")
    (folder / "clip.media_captioner" / "hls" / "en-09999.vtt").write_text("WEBVTT\n\n")
    (folder / "clip.mp4").unlink()
    (folder / "other.mp4").write_bytes(b"x")
    found = {name: state for name, state in states(asset).items() if state != "ok"}
    assert found == {
        "clip.en.sdh.srt": "missing",
        "clip.en.ttml": "changed",
        "clip.xmp": "unreadable",
        "en-09999.vtt": "orphaned",
        asset.name: "orphaned",
    }


def test_verify_notices_that_captions_say_something_else(asset):
    rewrite(asset, ["otio", "srt", "avid", "txt"])
    known = known_at(asset)
    moved = [replace(each, start=each.start + Fraction(1, 2)) for each in known.sidecar.captions.cues]
    from media_captioner.export.base import ExportOptions
    from media_captioner.export.registry import exporter_named

    context = replace(known.context(ExportOptions()), written=known.sidecar.outputs)
    told = replace(known.sidecar.captions, cues=tuple(moved))
    asset.write_bytes(exporter_named("json").write(told, context))
    found = states(asset)
    assert {name for name, state in found.items() if state == "stale"} == {
        "clip.en.vtt", "clip.xmp", "clip.otio", "clip.en.sdh.srt", "clip.avid.txt",
    }  # fmt: skip


def test_a_media_file_a_sidecar_and_a_folder_all_lead_there(asset):
    for path in (asset, asset.with_name("clip.mp4"), asset.parent, asset.with_name("clip.en.vtt")):
        assert sidecars_at(path) == [asset]
    with pytest.raises(MediaNotFound):
        sidecars_at(asset.with_name("nothing.mp4"))


def test_the_commands(asset):
    run = CliRunner().invoke
    media = str(asset.with_name("clip.mp4"))
    assert "clip.otio" in run(cli, ["export", media, "--formats", "otio"], standalone_mode=False).output
    assert run(cli, ["verify", str(asset.parent)], standalone_mode=False).return_value == 0
    edit(asset.with_name("clip.en.vtt"), "Hello", "Good day")
    assert run(cli, ["verify", media, "--json"], standalone_mode=False).return_value == 1
    assert "1 changed" in run(cli, ["import", media], standalone_mode=False).output
    assert "no edits" in run(cli, ["import", media], standalone_mode=False).output
    assert run(cli, ["verify", media], standalone_mode=False).return_value == 0
    assert "Good day" in asset.with_name("clip.otio").read_text()
    assert "DaVinci" in run(cli, ["formats"], standalone_mode=False).output


def test_one_sidecar_that_cannot_be_read_does_not_hide_the_others(asset):
    asset.with_name("other.media_captioner.json").write_text("{}")
    asset.with_name("third.media_captioner.json").write_bytes(b'{"\xff": 1}')
    done = CliRunner().invoke(cli, ["verify", str(asset.parent)], standalone_mode=False)
    assert "other.media_captioner.json: unreadable (it names no schema of ours)" in done.output
    assert "third.media_captioner.json: unreadable (it is not JSON in UTF-8)" in done.output
    assert "clip.en.vtt: ok" in done.output
    assert done.return_value == 1


def test_captions_that_run_backwards_are_not_imported(asset):
    before = asset.read_bytes()
    vtt = asset.with_name("clip.en.vtt")
    vtt.write_text("WEBVTT\n\n00:00:03.000 --> 00:00:01.000\nbackwards\n")
    with pytest.raises(UnsupportedMedia, match=r"the cue at 00:00:03\.000 ends before it begins"):
        import_edits(asset)
    assert asset.read_bytes() == before


def test_a_name_that_is_not_there_is_told_so(tmp_path):
    with pytest.raises(MediaNotFound, match="there is no such file or folder"):
        sidecars_at(tmp_path / "nothing.mp4")
