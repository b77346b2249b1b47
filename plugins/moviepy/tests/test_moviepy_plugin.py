"""Cues follow moviepy's edits, and captions reach the picture."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import media_captioner
from media_captioner.testing import FakeCaptioner
from media_captioner.testing.exporters import sample_captions
from media_captioner.testing.media import Picture, Sound, beeping, write_media

pytest.importorskip("moviepy", reason="moviepy is not installed")
from media_captioner_moviepy import CaptionedClip, burn_in, caption_clip, cues_of, safe_font, subtitles_clip
from moviepy import ColorClip, CompositeVideoClip, VideoFileClip, concatenate_videoclips, vfx

pytestmark = pytest.mark.filterwarnings(  # moviepy 2.2.1 leaves the pipes of its readers to the collector
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file:ResourceWarning"
)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    sound = Sound(beeping(10, 2, 6))
    picture = Picture(Fraction(10), "mpeg4", size=(320, 180))
    return write_media(tmp_path_factory.mktemp("film") / "film.mp4", "mp4", sound, picture=picture)


@pytest.fixture
def captions():
    """Two cues: 2 to 3.5 s and 6 to 7.5 s."""
    made = sample_captions("first", "second")
    first, second = made.cues
    return replace(
        made,
        cues=(
            replace(first, start=Fraction(2), end=Fraction(7, 2)),
            replace(second, start=Fraction(6), end=Fraction(15, 2)),
        ),
    )


@pytest.fixture
def clip(film, captions):
    with CaptionedClip(film, captions=captions) as opened:
        yield opened


def test_a_whole_clip_has_the_cues_of_the_file_exactly(clip, captions):
    assert cues_of(clip) == captions.cues


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda c: c.subclipped(1, 5), [("first", 1, 2.5)]),
        (lambda c: c.subclipped(2.5, 6.5), [("first", 0, 1), ("second", 3.5, 4)]),
        (lambda c: c.with_speed_scaled(2), [("first", 1, 1.75), ("second", 3, 3.75)]),
        (lambda c: c.subclipped(1, 9).with_speed_scaled(0.5), [("first", 2, 5), ("second", 10, 13)]),
        (lambda c: c.with_speed_scaled(2).subclipped(1.5, 4), [("first", 0, 0.25), ("second", 1.5, 2.25)]),
        (lambda c: c.with_section_cut_out(3, 6.5), [("first", 2, 3), ("second", 3, 4)]),
        (lambda c: c.subclipped(2, 4).with_effects([vfx.Loop(n=2)]), [("first", 0, 1.5), ("first", 2, 3.5)]),
        (lambda c: c.with_effects([vfx.TimeMirror()]), [("second", 2.46, 3.96), ("first", 6.46, 7.96)]),
        (lambda c: c.resized(0.5).subclipped(1, 5).without_audio(), [("first", 1, 2.5)]),
        (lambda c: c.subclipped(4, 5), []),
    ],
)
def test_cues_go_through_the_edit(clip, edit, expected):
    assert [(cue.text, float(cue.start), float(cue.end)) for cue in cues_of(edit(clip))] == [
        (text, pytest.approx(start, abs=0.001), pytest.approx(end, abs=0.001))
        for text, start, end in expected
    ]


def test_the_parts_of_a_composition_bring_their_cues(clip):
    joined = concatenate_videoclips([clip.subclipped(5, 8), clip.subclipped(1, 4)], method="compose")
    assert [(cue.text, round(float(cue.start), 3)) for cue in cues_of(joined)] == [
        ("second", 1),
        ("first", 4),
    ]
    over = CompositeVideoClip([clip, ColorClip((10, 10), color=(255, 0, 0), duration=9)], use_bgclip=True)
    assert [cue.text for cue in cues_of(over)] == ["first", "second"]


def test_what_hides_its_parts_is_refused_rather_than_captioned_wrong(clip):
    with pytest.raises(media_captioner.errors.UnsupportedMedia, match="hides the parts"):
        cues_of(concatenate_videoclips([clip, clip]))
    with pytest.raises(media_captioner.errors.UnsupportedMedia, match="cut or sped up after"):
        cues_of(concatenate_videoclips([clip, clip], method="compose").subclipped(1, 3))


def test_a_sidecar_is_used_while_it_is_of_this_file(film, tmp_path):
    here = tmp_path / "film.mp4"
    here.write_bytes(film.read_bytes())
    captioner = FakeCaptioner("A dog barks.")
    made = media_captioner.caption(here, captioner=captioner)
    media_captioner.save(made, tmp_path)
    asked = len(captioner.clips)
    with CaptionedClip(here, captioner=captioner) as clip:
        assert [cue.text for cue in clip.captions.cues] == [cue.text for cue in made.cues] != []
    assert len(captioner.clips) == asked
    with here.open("ab") as grown:
        grown.write(b"\0\0\0\x08free")
    with CaptionedClip(here, captioner=captioner):
        assert len(captioner.clips) > asked


def test_a_sidecar_of_another_version_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"media")
    (tmp_path / "film.media_captioner.json").write_text('{"schema": "media_captioner/sidecar@9"}')
    with pytest.raises(media_captioner.errors.UnsupportedMedia, match="sidecar@9") as refused:
        CaptionedClip(tmp_path / "film.mp4")
    assert "Caption the file again" in refused.value.hint


def test_a_clip_in_memory_is_heard_as_it_was_edited(film):
    captioner = FakeCaptioner("A dog barks.")
    with VideoFileClip(str(film)) as clip:
        captions = caption_clip(clip.subclipped(1, 5), captioner=captioner)
    assert captions.media.duration == pytest.approx(4, abs=0.01)
    assert any("dog" in cue.text for cue in captions.cues)


def test_a_clip_without_sound_or_end_and_a_file_that_is_gone_say_so(tmp_path):
    with pytest.raises(media_captioner.errors.UnsupportedMedia, match="no sound"):
        caption_clip(ColorClip((4, 4), color=(0, 0, 0), duration=1))
    with pytest.raises(media_captioner.errors.MediaNotFound, match="no such file"):
        CaptionedClip(tmp_path / "offline.mp4")


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ("media_captioner=None", "needs the package media-captioner: install it first"),
        ("media_captioner=Of(__version__='1.0.0')", "works with media-captioner 0.x, not 1.0.0: update it"),
        (
            "media_captioner=Of(__version__='0.1.0'), moviepy=Of(__version__='1.0.3')",
            "needs moviepy 2.1 or newer, not 1.0.3",
        ),
        (
            "media_captioner=Of(__version__='0.1.0'), moviepy=Of(__version__='2.0.0.dev2')",
            "needs moviepy 2.1 or newer, not 2.0.0.dev2",
        ),
    ],
)
def test_what_it_cannot_work_with_is_said_when_it_is_imported(modules, said):
    code = f"import sys; from types import SimpleNamespace as Of; sys.modules.update({modules}); import media_captioner_moviepy"
    folder = Path(__file__).parents[1]
    tried = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert said in tried.stderr.splitlines()[-1]


def test_captions_are_in_the_picture_while_they_show_and_only_then(clip):
    burnt = burn_in(clip)
    plain, shown = clip.get_frame(2.5), burnt.get_frame(2.5)
    changed = np.argwhere((plain != shown).any(axis=2))
    assert changed[:, 0].min() > 180 * 0.7  # the lower third
    assert changed[:, 0].max() < 180 * 0.95  # above the title-safe line
    assert (shown > 240).any()  # white letters on a dark film
    assert (burnt.get_frame(1.9) == clip.get_frame(1.9)).all()
    assert (burnt.get_frame(3.6) == clip.get_frame(3.6)).all()
    assert burn_in(burnt) is burnt
    assert cues_of(burnt) == cues_of(clip)


def test_a_written_film_holds_them(clip, tmp_path):
    target = tmp_path / "burnt.mp4"
    burn_in(clip.subclipped(1, 4)).write_videofile(str(target), logger=None, preset="ultrafast")
    with VideoFileClip(str(target)) as back:
        assert back.duration == pytest.approx(3, abs=0.1)
        bright = [int((back.get_frame(at)[130:] > 200).sum()) for at in (0.5, 1.5, 2.8)]
    assert bright[1] > 50 > bright[0] + bright[2]


def test_cues_at_once_stand_above_each_other(clip):
    one, two = cues_of(clip)
    both = burn_in(clip, [one, replace(two, start=one.start, end=one.end)])
    alone = burn_in(clip, [one])

    def top(burnt):
        return np.argwhere((clip.get_frame(2.5) != burnt.get_frame(2.5)).any(axis=2))[:, 0].min()

    assert top(both) < top(alone) - 8


def test_text_wider_than_the_picture_is_folded(clip):
    cue = replace(cues_of(clip)[0], text="many words that will not fit on one line of so small a picture")
    changed = np.argwhere((clip.get_frame(2.5) != burn_in(clip, [cue]).get_frame(2.5)).any(axis=2))
    assert changed[:, 1].min() > 320 * 0.04
    assert changed[:, 1].max() < 320 * 0.96


def test_a_font_without_the_characters_is_refused(tmp_path):
    with pytest.raises(media_captioner.errors.ConfigError, match="would be boxes"):
        safe_font("\U00013000\u0b95 \U0001d173", 20)
    with pytest.raises(media_captioner.errors.ConfigError, match="Cannot use the font"):
        safe_font("a", 20, tmp_path / "none.ttf")


def test_a_subtitles_clip_keeps_every_cue_and_shows_overlaps_together(clip):
    one, two = cues_of(clip)
    late = replace(two, start=Fraction(3), end=Fraction(5))
    made = subtitles_clip([one, late], clip.size)
    assert [text for _, text in made] == ["first", "first\nsecond", "second"]
    assert made.duration == 5
    assert made.get_frame(2.5).shape[:2] != (1, 1)
    assert CompositeVideoClip([clip, made.with_position(("center", "bottom"))]).get_frame(2.5).shape == (
        180,
        320,
        3,
    )
    with pytest.raises(ValueError, match="no cues"):
        subtitles_clip([], clip.size)
