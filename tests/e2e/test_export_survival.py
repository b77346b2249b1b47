"""Through the doors: what people did to our files survives every later run, and everything verifies."""

import json

import pytest

from media_captioner.errors import OutputConflict
from media_captioner.export.finding import known_at
from media_captioner.export.importing import import_edits
from media_captioner.export.registry import names
from media_captioner.export.verifying import verify
from media_captioner.testing.captioner import FakeCaptioner
from tests.e2e.doors.conftest import captioner, clip, hears_a_beep  # noqa: F401 - fixtures
from tests.e2e.doors.test_assets import process


def states(folder):
    found = verify(known_at(folder / "clip.media_captioner.json"))
    return {finding.path.name: finding.state for finding in found}


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def texts(result):
    return [cue.text for cue in result.captions.cues]


def test_every_format_through_the_front_door(clip, captioner):  # noqa: F811 - fixtures
    (result,) = process(clip, captioner, formats=tuple(names()))
    assert len(result.written) == len(names())
    assert set(states(clip.parent).values()) == {"ok"}
    assert process(clip, captioner, formats=tuple(names()))[0].outcome == "up to date"


def test_fewer_formats_later_lose_no_record(clip, captioner):  # noqa: F811
    process(clip, captioner, formats=("vtt", "xmp", "srt"))
    process(clip, captioner, formats=("vtt",), force=True)
    assert states(clip.parent)["clip.en.sdh.srt"] == "ok"
    assert process(clip, captioner, formats=("vtt", "srt"))[0].outcome == "up to date"


def test_an_edit_survives_other_captioners_profiles_and_force(clip, captioner):  # noqa: F811
    process(clip, captioner)
    edit(clip.parent / "clip.en.vtt", "[beeping]", "[microwave beeping]")
    import_edits(clip.parent / "clip.media_captioner.json")
    for settings in ({"force": True}, {"profile": "bbc"}, {"force": True, "overwrite": "all"}):
        other = FakeCaptioner(hears_a_beep, model=f"fake-{len(settings)}")
        (result,) = process(clip, other, **settings)
        assert "[microwave beeping]" in texts(result)
        assert "[beeping]" not in texts(result)
        assert "[microwave beeping]" in (clip.parent / "clip.en.vtt").read_text()
        assert set(states(clip.parent).values()) == {"ok"}


def test_a_deleted_caption_stays_deleted(clip, captioner):  # noqa: F811
    process(clip, captioner)
    (clip.parent / "clip.en.vtt").write_text("WEBVTT\n")
    assert import_edits(clip.parent / "clip.media_captioner.json").removed == 1
    (result,) = process(clip, captioner, force=True)
    assert texts(result) == []


def test_an_edited_sidecar_is_not_overwritten_before_it_is_imported(clip, captioner):  # noqa: F811
    process(clip, captioner)
    sidecar = clip.parent / "clip.media_captioner.json"
    document = json.loads(sidecar.read_bytes())
    document["cues"][0]["text"] = "[truck reversing]"
    sidecar.write_text(json.dumps(document))
    asked = len(captioner.clips)
    with pytest.raises(OutputConflict) as caught:
        process(clip, captioner, force=True)
    assert "import" in caught.value.hint
    assert len(captioner.clips) == asked
    import_edits(sidecar)
    assert texts(process(clip, captioner, force=True)[0]) == ["[truck reversing]"]


def test_settings_of_the_looks_are_written_anew_for_nothing(clip, captioner):  # noqa: F811
    process(clip, captioner)
    asked = len(captioner.clips)
    assert process(clip, captioner, caption_style=True)[0].outcome == "rewritten"
    assert "STYLE" in (clip.parent / "clip.en.vtt").read_text()
    assert process(clip, captioner, caption_style=True)[0].outcome == "up to date"
    assert process(clip, captioner, caption_style=True, xmp_naming="both")[0].outcome == "rewritten"
    assert (clip.parent / "clip.mp4.xmp").exists()
    assert len(captioner.clips) == asked
    assert set(states(clip.parent).values()) == {"ok"}
