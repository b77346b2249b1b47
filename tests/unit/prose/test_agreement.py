from __future__ import annotations

from media_captioner.model import Facts
from media_captioner.prose import understand
from media_captioner.prose.agreement import agree, needed


def test_half_and_at_least_two_must_state_it():
    assert [needed(count) for count in (1, 2, 3, 4, 5, 7)] == [1, 2, 2, 2, 3, 4]


def test_nothing_and_one():
    assert agree([]) == Facts()
    facts = understand("A dog barks.")
    assert agree([facts]) is facts


def test_what_recurs_is_kept_with_its_votes():
    samples = [
        understand(text) for text in ("A dog barks. Rain falls.", "A dog barks twice.", "A cat meows.")
    ]
    assert [(s.label, s.polarity, s.votes) for s in agree(samples).sounds] == [
        ("dog barking", "asserted", (2, 3))
    ]


def test_other_names_for_one_kind_of_sound_become_one_guess():
    samples = [
        understand(text)
        for text in ("Hammering is heard.", "A metallic clank is heard.", "A typewriter clatters.")
    ]
    sounds = agree(samples).sounds
    assert [(s.polarity, s.votes) for s in sounds] == [("hedged", (3, 3))]
    assert len(sounds[0].alternatives) >= 2


def test_what_is_denied_has_no_vote():
    samples = [understand(text) for text in ("No dog barks.", "No dog barks.", "A dog barks.")]
    assert agree(samples).sounds == ()


def test_utterances_are_matched_by_their_words():
    samples = [
        understand("A man says, “哎呀！” (“Oh, how can I work quietly like this?”), exasperated."),
        understand("A man says with frustration: “Oh my, how can I possibly work quietly like this?”"),
        understand("A woman says, “Good morning.”"),
    ]
    speech = agree(samples).speech
    assert [(s.text, s.speaker, s.emotions, s.votes) for s in speech] == [
        ("哎呀！", "man", ("frustrated",), (2, 3))
    ]


def test_a_flag_that_one_description_raises_is_kept():
    samples = [understand(text) for text in ("A gunshot.", "A bang.", "A thud.")]
    assert [(flag.name, flag.votes) for flag in agree(samples).flags] == [("weapon", (1, 3))]


def test_music_keeps_the_instruments_that_recur():
    samples = [
        understand("Slow piano music plays with a cello."),
        understand("A piano piece plays."),
        understand("No music is heard."),
    ]
    music = agree(samples).music
    assert [(m.instruments, m.votes) for m in music] == [(("piano",), (2, 3))]
