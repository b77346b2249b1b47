"""Captions anew from kept prose: no captioner, no sound, and nothing of a person's is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from media_captioner import assets
from media_captioner.cli.app import run
from media_captioner.config import Settings
from media_captioner.errors import ConfigError
from media_captioner.export import sidecar
from media_captioner.export.rewriting import rewrite
from media_captioner.model import Description, Facts, Quality
from media_captioner.rederiving import rederive
from media_captioner.testing.background import running
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.faults import FaultServer
from tests.e2e.doors.conftest import hears_a_beep

PROSE = "A dog barks twice. A slow piano melody plays. There is no speech.\n\nIn summary, a dog barks over piano music."


def prose_only(_clip, _context):
    return Description(PROSE, "fake", "fake-1")


@pytest.fixture
def kept(clip):
    """The sidecar of a clip that was captioned by rules that found nothing."""
    asyncio.run(assets.process(clip, Settings(), FakeCaptioner(prose_only)))
    path = clip.with_name("clip.media_captioner.json")
    captions = sidecar.read(path).captions
    older = replace(
        captions, cues=(), summary=None, segments=tuple(replace(s, facts=Facts()) for s in captions.segments)
    )
    rewrite(path, ("vtt", "xmp"), captions=older)
    clip.unlink()
    return path


def texts(path):
    return [cue.text for cue in sidecar.read(path).captions.cues]


def test_facts_and_cues_come_back_from_the_prose(kept):
    assert texts(kept) == []
    done = rederive(kept, Settings())
    assert "[dog barking]" in texts(kept)
    assert "[dog barking]" in kept.with_name("clip.en.vtt").read_text()
    assert done.captions.segments[0].description == done.before.segments[0].description
    assert done.captions.segments[0].facts.sounds[0].label == "dog barking"
    assert done.captions.usage == done.before.usage


def test_profile_and_layers_are_those_of_the_settings(kept):
    rederive(kept, Settings(profile="bbc", exclude_layers=("effects",)))
    assert texts(kept) == ["MUSIC: PIANO MUSIC"]
    assert sidecar.read(kept).settings["profile"] == "bbc"


def test_labels_in_another_language_make_files_of_that_language(kept, capsys):
    assert run(["rebuild", str(kept), "--labels", "de"]) == 0
    captions = sidecar.read(kept).captions
    assert captions.language == "de"
    assert texts(kept) == ["[Hundegebell]", "♪ Musik: Klavier ♪"]
    assert "[Hundegebell]" in kept.with_name("clip.de.vtt").read_text()
    rederive(kept, Settings())
    assert texts(kept) == ["[Hundegebell]", "♪ Musik: Klavier ♪"]  # a further rebuild keeps the language
    rederive(kept, Settings(labels="en"))
    assert "[dog barking]" in texts(kept)
    assert "[dog barking]" in kept.with_name("clip.en.vtt").read_text()


def test_a_profile_of_ones_own(kept):
    rederive(kept, Settings(profile="house", profiles={"house": {"base": "bbc", "sound": "({})"}}))
    assert "(DOG BARKING)" in texts(kept)


def test_a_profile_that_makes_no_sense_is_refused(kept):
    with pytest.raises(ConfigError, match="house"):
        rederive(kept, Settings(profile="house", profiles={"house": {"sound": "{} {} {"}}))
    with pytest.raises(ConfigError, match="taken"):
        rederive(kept, Settings(profile="bbc", profiles={"bbc": {"max_chars": 30}}))


def test_what_a_captioner_handed_over_itself_stays(clip):
    asyncio.run(assets.process(clip, Settings(), FakeCaptioner(hears_a_beep)))
    path = clip.with_name("clip.media_captioner.json")
    before = sidecar.read(path).captions
    rederive(path, Settings())
    assert sidecar.read(path).captions.segments == before.segments
    assert texts(path) == [cue.text for cue in before.cues]


def test_the_command_says_what_it_made(kept, capsys):
    assert run(["rebuild", str(kept.parent), "--include", "effects"]) == 0
    assert "1 cues, 0 before" in capsys.readouterr().out
    assert texts(kept) == ["[dog barking]"]


def test_what_a_condenser_answered_before_is_not_paid_for_again(kept, tmp_path):
    answer = '{"lines": [{"number": 1, "text": "[barking]", "evidence": "A dog barks twice"}]}'
    with running(FaultServer(prose=answer)) as server:
        chat = {"base_url": f"{server.url}/v1", "model": "small", "seconds": 20}
        settings = Settings(condenser=chat, journal=tmp_path / "books" / "journal.db")
        for _ in range(2):
            rederive(kept, settings)
            assert "[barking]" in texts(kept)
        assert len(server.requests) == 1
        rederive(kept, Settings(condenser=chat, journal=tmp_path / "new.db", max_requests=0))
        assert "[dog barking]" in texts(kept)  # no room for it, so the rules' words stay
        assert len(server.requests) == 1


def test_a_remark_that_a_measurement_contradicts_is_shown(kept):
    captions = sidecar.read(kept).captions
    told = Facts(
        qualities=(
            Quality("clipping", contradicted=True),
            Quality("hiss"),
            Quality("mono", "hedged", contradicted=True),
        )
    )
    segments = tuple(replace(segment, facts=told) for segment in captions.segments)
    rewrite(kept, ("md",), captions=replace(captions, segments=segments))
    text = kept.with_name("clip.en.md").read_text()
    assert "described as clipping, which the measurement contradicts" in text
    assert "hiss" not in text
    assert "mono" not in text


@pytest.mark.parametrize("arguments", [["rebuild"], ["import"], ["export", "--formats", "srt"]])
def test_a_sidecar_that_cannot_be_read_does_not_stop_the_rest(kept, capsys, arguments):
    broken = kept.parent / "a.media_captioner.json"  # before the other
    broken.write_text("not ours")
    assert run([*arguments, str(kept.parent), str(kept.parent / "missing.mp4")]) == 3
    said = capsys.readouterr()
    assert kept.name.split(".")[0] in said.out
    assert f"Cannot read {broken}" in said.err
    assert "missing.mp4: there is no such file or folder" in said.err
    assert run([*arguments, "--config", str(broken), str(kept.parent)]) == 2
