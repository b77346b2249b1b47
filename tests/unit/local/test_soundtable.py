from __future__ import annotations

import re

import pytest

from media_captioner.model import soundtable
from media_captioner.model.soundtable import ANCESTRY_LIMIT, ancestors, by_label, by_name, classes

GROUPS = {
    "alarm",
    "animal",
    "body",
    "crowd",
    "danger",
    "fire",
    "friction",
    "household",
    "impact",
    "machine",
    "movement",
    "music",
    "nature",
    "recording",
    "scene",
    "tool",
    "traffic",
    "voice",
    "water",
    "weather",
}


def test_every_output_of_the_model_has_one_line_in_order():
    assert [entry.index for entry in classes()] == list(range(521))
    assert len({entry.mid for entry in classes()}) == 521
    assert len(by_name()) == 521


def test_every_class_is_worded_for_a_caption():
    for entry in classes():
        assert re.fullmatch(r"[A-Za-z][A-Za-z' -]*[A-Za-z]", entry.label), entry
        assert not re.match(r"(a|an|the) ", entry.label) or entry.name == "A capella", entry
        assert entry.group in GROUPS, entry


def test_articles_agree_with_the_sound_of_the_label():
    for entry in classes():
        if entry.article == "an":
            assert entry.label[0].lower() in "aeiou", entry
        if entry.article == "a":
            assert entry.label[0].lower() not in "aeio", entry


def test_one_label_has_one_article_and_one_group():
    for label, entries in by_label().items():
        assert len({(entry.article, entry.group) for entry in entries}) == 1, label


def test_every_parent_is_a_class():
    for entry in classes():
        if entry.parent:
            assert entry.parent in by_name(), entry
            assert entry.parent != entry.name


def test_no_class_is_its_own_ancestor():
    for entry in classes():
        chain = ancestors(entry.name)
        assert len(chain) < ANCESTRY_LIMIT, entry
        assert entry.name not in chain


@pytest.mark.parametrize(
    ("name", "phrase", "plural"),
    [
        ("Bark", "a dog barking", False),
        ("Rain", "rain", False),
        ("Walk, footsteps", "footsteps", True),
        ("Ocean", "the ocean", False),
        ("Explosion", "an explosion", False),
    ],
)
def test_phrases_read_as_english(name, phrase, plural):
    assert by_name()[name].phrase == phrase
    assert by_name()[name].plural is plural


def test_a_line_with_a_wrong_article_is_refused():
    with pytest.raises(ValueError, match="is not an article"):
        soundtable._parse("0\t/m/1\tX\tx\tle\tvoice\t0\t\t")
