"""Captions of what was heard so far."""

import asyncio

import pytest
import webvtt

from media_captioner.assets import process
from media_captioner.cli.app import run
from media_captioner.config import Settings
from media_captioner.early import EarlyCaptions
from media_captioner.errors import OutputConflict
from media_captioner.session import passing_session
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.clock import FakeClock
from tests.e2e.doors.conftest import hears_a_beep, make_clip


def cues_in(file):
    return [(cue.start, cue.end, cue.text) for cue in webvtt.read(file)] if file.exists() else []


def test_what_was_heard_so_far_is_in_the_file_while_the_rest_is_heard(tmp_path):
    file, settings = tmp_path / "early.vtt", Settings(segment_seconds=10, profile="plain")
    clip = make_clip(tmp_path / "clip.mp4", 30)
    seen = []

    def answer(given, context):
        seen.append(len(cues_in(file)))
        return hears_a_beep(given, context)

    captioner = FakeCaptioner(answer)
    with passing_session(captioner) as session:
        session.host.add(EarlyCaptions(file, settings, clock=FakeClock()))
        asyncio.run(process(clip, settings, captioner, session=session))
    assert len(seen) >= 3
    assert seen == list(range(len(seen)))  # each segment holds one cue
    assert cues_in(file) == cues_in(tmp_path / "clip.en.vtt") != []


class Passing(FakeClock):
    """Two seconds pass between each two looks at it."""

    def monotonic(self):
        self.sleep(2.0)
        return super().monotonic()


def test_where_it_takes_long_it_is_made_more_rarely_and_the_end_is_whole(tmp_path):
    file, settings = tmp_path / "early.vtt", Settings(segment_seconds=5, profile="plain")
    clip = make_clip(tmp_path / "clip.mp4", 60)
    seen = []

    def answer(given, context):
        seen.append(len(cues_in(file)))
        return hears_a_beep(given, context)

    captioner = FakeCaptioner(answer)
    with passing_session(captioner) as session:
        session.host.add(EarlyCaptions(file, settings, clock=Passing()))
        asyncio.run(process(clip, settings, captioner, session=session))
    assert seen == sorted(seen)
    assert 2 < len(set(seen)) <= len(seen) // 2
    assert cues_in(file) == cues_in(tmp_path / "clip.en.vtt") != []


def test_a_file_that_stands_there_is_refused_before_anything_is_heard(clip, tmp_path, capsys):
    (tmp_path / "mine.vtt").write_text("WEBVTT\n")
    with pytest.raises(OutputConflict, match="a file stands there"):
        EarlyCaptions(tmp_path / "mine.vtt", Settings())
    before = sorted(tmp_path.iterdir())
    arguments = ["caption", "--captioner", "emulated", "--early", str(tmp_path / "mine.vtt")]
    assert run([*arguments, str(clip)]) == OutputConflict.exit_code
    assert "a file stands there" in capsys.readouterr().err
    assert run([*arguments, str(clip), str(make_clip(tmp_path / "other.mp4"))]) == 2
    assert "one media file at a time" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [*before, tmp_path / "other.mp4"]
