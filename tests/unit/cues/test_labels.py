from __future__ import annotations

from fractions import Fraction

import pytest

from media_captioner.cues import labels
from media_captioner.cues.labels import LANGUAGES, wording
from media_captioner.cues.wording import Wording
from media_captioner.model import Evidence, Music, Sound, Span, Speech
from media_captioner.model.languages import language_name
from media_captioner.model.soundtable import by_name
from media_captioner.prose import understand
from media_captioner.prose.tables import phrases, table

GERMAN = wording("de")


def sound(label, *classes, group="impact", **more):
    return Sound(label, group, "asserted", audioset=classes, **more)


def speech(text=None, **more):
    return Speech(text, span=Span(Fraction(0), Fraction(1)), evidence=Evidence("", 0, 0), **more)


def english(kind):
    return {name for found, name in labels._columns()["de"] if found == kind}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_says_all_that_the_rules_and_the_local_captioner_can_say(language):
    words = labels._columns()[language]
    assert all(word.strip() for word in words.values())
    said = {known.label for known in by_name().values()}
    for label, _, _, classes, _ in table("sounds"):
        fixed = label.partition("|")[2] or label.removeprefix("*")
        if fixed in {"-", "none"} or "~" in fixed:
            # Worded by the class, or by a verb and then said by the class.
            assert classes != "-" or fixed == "none"
            continue
        said.add(fixed)
    said |= {row[0] for row in table("instruments")}
    assert said - english("label") == set()
    assert {row[0] for row in table("genres")} - english("genre") == set()
    assert {row[0] for row in table("emotions")} - english("manner") == set()
    groups = {row[1] for row in table("sounds")} | {known.group for known in by_name().values()}
    assert groups - english("group") == set()
    adjectives = {phrase.lstrip("=") for row in table("modifiers") for phrase in phrases(row[2])}
    assert adjectives - english("modifier") == set()
    spoken = {row[0] for row in table("languages") if language_name(row[0]) != row[0]}
    assert spoken - english("language") == set()


@pytest.mark.parametrize(
    ("heard", "german"),
    [
        (sound("dog barking", "Bark"), "Hundegebell"),
        (sound("loud metallic clanging", "Clang"), "metallisches Klirren, laut"),
        (sound("distant church bell ringing", "Church bell"), "Kirchenglocke läutet, in der Ferne"),
        (sound("electronic beeping", "Beep, bleep"), "Piepen"),
        (sound("siren whooping", "Siren", group="alarm"), "Sirene heult"),
        (sound("old gate creaking", "Creak"), "Knarren"),
        (sound("quantum flux", group="machine"), "Maschine"),
        (sound("quantum flux", "No such class", group="unheard of"), "Geräusch"),
        (
            Sound("thud", "impact", "hedged", audioset=("Thump, thud",), alternatives=("bang",)),
            "dumpfer Schlag oder Knall",
        ),
    ],
)
def test_sounds(heard, german):
    assert GERMAN.sound(heard) == german


@pytest.mark.parametrize(
    ("played", "german"),
    [
        (Music("asserted"), "Musik"),
        (Music("asserted", vocals="female"), "Lied, Frau singt"),
        (Music("asserted", genre="jazz", instruments=("piano",)), "Jazzmusik mit Klavier"),
        (
            Music("asserted", instruments=("violin", "cello"), mood=("sad",)),
            "Musik: Violine und Cello, traurig",
        ),
        (Music("asserted", mood=("quirky",)), "Musik"),
    ],
)
def test_music(played, german):
    assert GERMAN.music(played) == german


def test_an_instrument_named_in_general_and_in_particular_is_said_once():
    played = Music("asserted", instruments=("guitar", "acoustic guitar", "piano"))
    assert Wording().music(played) == "acoustic guitar and piano music"
    assert "Gitarre und Gitarre" not in GERMAN.music(played)


def test_speakers_languages_and_manner():
    assert GERMAN.speaker("woman 2") == "FRAU 2"
    assert GERMAN.speaker("ANNA") == "ANNA"
    assert GERMAN.spoken_in("pt-BR") == "auf Portugiesisch"
    assert GERMAN.wordless(speech(speaker="man 1"), "el") == "Mann spricht auf Griechisch"
    assert GERMAN.manner(speech("Nein!", manner="exasperated", emotions=("frustrated",))) == "entnervt"
    assert GERMAN.manner(speech("Nein!", manner="gravelly")) is None
    assert GERMAN.continues("Regen") == "Regen hält an"


def test_a_language_that_the_table_lacks_is_said_in_english():
    assert type(wording("pt")) is Wording
    assert wording("pt").sound(sound("dog barking", "Bark")) == "dog barking"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left_of_what_a_description_says(language):
    facts = understand(
        "A loud, sharp gunshot echoes, a cat purrs, and rain patters on the roof. Two dogs growl. "
        "A siren whoops and a chair creaks. A slow, melancholic piano melody plays."
    )
    words = labels._columns()[language]
    known = {*words.values()}
    for heard in facts.sounds:
        assert set(wording(language).sound(heard).split(", ")) <= known
