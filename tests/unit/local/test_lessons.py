"""How lessons are learnt: what file names say, and that the least change that explains the clips is found."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from media_captioner.captioners.local.vocabulary import usable
from media_captioner.model.soundtable import by_name
from tests.quality.lessons.fit import minimum
from tests.quality.lessons.library import Recording, named, names, plain, recordings, truth
from tests.quality.lessons.unpack import sounds_in


@pytest.mark.parametrize(
    ("stem", "key"),
    [
        ("Dog1", "dog"),
        ("footstep_grass_02", "steps"),
        ("DoorCreak", "creak"),
        ("car-horn", "horn"),
        ("level_up", None),
        ("title_theme_rain", None),
    ],
)
def test_a_files_name_says_what_is_heard(stem, key):
    said = named("some-game-data", stem)
    assert (said and said[0]) == key


def test_a_package_may_mean_something_else():
    assert named("ktuberling-data", "dog") is None  # a voice that says the word
    said = named("wesnoth-1.16-data", "wolf-die-1")
    assert said is not None
    assert said[0] == "growl"


def test_names_are_read_as_words():
    assert plain("LRRain_in_garden_01_LA_cut") == "lrrain in garden"


def test_every_class_that_is_taught_is_one_that_captions_use():
    known = by_name()
    used = {entry.name for entry in usable()}
    for name in names().values():
        assert all(taught in known for taught in name.taught), name.key
        assert name.taught or name.words
    assert {taught for name in names().values() for taught in name.taught} <= used


def test_what_would_not_be_wrong_does_not_matter(tmp_path):
    marks = truth(Recording("p", tmp_path, "dog", names()["dog"].words))
    place = {entry.name: at for at, entry in enumerate(usable())}
    assert marks[place["Bark"]] == 1
    assert marks[place["Animal"]] == -1
    assert marks[place["Meow"]] == 0


def test_archives_are_opened_and_what_judges_is_marked(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("sound/dog.wav", b"RIFF")
        archive.writestr("readme.txt", b"")
    package = tmp_path / "sources" / "some-game-data"
    package.mkdir(parents=True)
    (package / "data.pk3").write_bytes(held.getvalue())
    assert [name for name, _ in sounds_in(package / "data.pk3")] == ["sound/dog.wav"]
    found = recordings(tmp_path / "sources", tmp_path / "keep")
    assert [recording.key for recording in found if not recording.quiet] == ["dog"]
    assert found[0].path.read_bytes() == b"RIFF"


def test_the_lowest_point_is_found():
    heights = np.array([1.0, 10.0, 100.0])

    def loss(at):
        return float(heights @ (at - 2) ** 2), 2 * heights * (at - 2)

    assert minimum(loss, np.zeros(3), 40) == pytest.approx([2, 2, 2], abs=1e-3)
