from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.local.naming import Event
from media_captioner.captioners.local.onsets import Flux, snapped
from media_captioner.captioners.local.sounds import best_guess, events, wordless
from media_captioner.captioners.local.tagger import HOP, Scores
from media_captioner.captioners.local.vocabulary import usable
from media_captioner.model.soundtable import by_name

MOMENTS = 126


def scores(**curves):
    """Build scores from ``name=(start, end, score)``; names by keyword with spaces as underscores."""
    p = np.full((MOMENTS, 521), 0.005, np.float32)
    for name, spans in curves.items():
        for start, end, score in spans if isinstance(spans, list) else [spans]:
            p[round(start / HOP) : round(end / HOP), by_name()[NAMES.get(name, name)].index] = score
    return Scores(p)


NAMES = {
    "Meow_": "Meow",
    "Machine_gun": "Machine gun",
    "Pets": "Domestic animals, pets",
    "White_noise": "White noise",
    "Splash": "Splash, splatter",
    "Chicken": "Chicken, rooster",
    "Artillery": "Artillery fire",
    "Bird song": "Bird vocalization, bird call, bird song",
    "Chirp": "Chirp, tweet",
}
NOTHING = np.zeros(MOMENTS, np.float32)
ALWAYS = np.ones(MOMENTS, np.float32)


def heard(made, music=NOTHING):
    return events(made, music=music)


def test_one_sound_under_four_names_is_told_once():
    made = scores(Animal=(2, 4, 0.95), Pets=(2, 4, 0.94), Dog=(2, 4, 0.93), Bark=(2, 4, 0.8))
    (event,) = heard(made)
    assert event.name == "Bark"
    assert (event.start, event.end) == (pytest.approx(2, abs=HOP), pytest.approx(4, abs=HOP))


def test_a_rival_of_the_family_becomes_an_alternative():
    (event,) = heard(scores(Thunder=(2, 5, 0.6), Explosion=(2, 5, 0.5)))
    assert event.name == "Thunder"
    assert event.alternatives == ("Explosion",)


def test_an_unsure_neighbour_of_the_family_takes_the_sure_ones_name():
    found = heard(scores(Thunder=(2, 5, 0.9), Fireworks=(9, 12, 0.4)))
    assert [event.name for event in found] == ["Thunder", "Thunder"]
    assert found[1].alternatives == ("Fireworks",)


def test_an_effect_is_heard_above_an_ambience():
    found = heard(scores(Rain=(0, 28, 0.7), Bark=(10, 11.5, 0.5)))
    assert {event.name for event in found} == {"Rain", "Bark"}


def test_two_animals_at_one_moment_are_one_sound():
    found = heard(scores(Caw=(5, 7, 0.6), Duck=(5, 7, 0.62)))
    assert len(found) == 1


def test_weak_scores_beside_a_sure_sound_are_its_edges():
    found = heard(scores(Meow_=(5, 8, 0.9), Squeak=(8.2, 9.8, 0.2)))
    assert [event.name for event in found] == ["Meow"]


def test_birds_that_sing_before_and_after_a_bell_are_no_edge_of_it():
    found = heard(scores(**{"Bird song": (2, 6.5, 0.3), "Bell": (6.7, 8, 0.9)}))
    assert {event.name for event in found} == {NAMES["Bird song"], "Bell"}


def test_under_music_more_is_needed():
    made = scores(Clapping=(5, 8, 0.2))
    assert heard(made)
    assert not heard(made, music=ALWAYS)


def test_under_music_a_bell_is_an_instrument():
    made = scores(Bell=(5, 8, 0.6))
    assert heard(made)
    assert not heard(made, music=ALWAYS)


def test_a_voice_without_words_may_laugh():
    made = scores(Speech=(2, 4, 0.9), Laughter=(2, 3, 0.2), Snicker=(2, 3, 0.12), Bark=(2, 3, 0.03))
    guess = wordless(made, 2.0, 4.0)
    assert guess is not None
    assert (guess.name, guess.alternatives) == ("Laughter", ("Snicker",))
    assert wordless(made, 5.0, 7.0) is None


def test_a_good_name_is_not_given_up_for_a_less_sure_kind_of_it():
    made = {"Cough": (2, 4, 0.95), "Throat clearing": (2, 4, 0.6)}
    (event,) = heard(scores(**made))
    assert event.name == "Cough"


def test_glass_that_breaks_shatters():
    (event,) = heard(scores(Glass=(2, 4, 0.8), Breaking=(2, 4, 0.7)))
    assert event.name == "Shatter"


def test_rain_is_heard_through_thunder_and_what_is_loudest_for_a_moment_through_both():
    found = heard(scores(Thunder=(0, 12, 0.8), Rain=(0, 12, 0.7), Clapping=(14, 15, 0.5)))
    assert {event.name for event in found} == {"Thunder", "Rain", "Clapping"}


def test_what_is_far_from_a_sure_sound_needs_no_more_for_it():
    assert len(heard(scores(Meow_=(2, 5, 0.95), Typing=(20, 24, 0.3)))) == 2


def test_an_unsure_sound_has_other_names_whatever_their_kind():
    (event,) = heard(scores(Splash=(2, 4, 0.3), Typing=(2, 4, 0.28)))
    assert event.alternatives


def test_a_general_sound_may_be_a_kind_of_it():
    (event,) = heard(scores(Vehicle=(2, 8, 0.5), Helicopter=(2, 8, 0.12), Bus=(2, 8, 0.03)))
    assert (event.name, event.alternatives) == ("Vehicle", ("Helicopter",))


def test_what_a_whole_family_is_called_is_another_name_for_one_of_it():
    (event,) = heard(scores(Artillery=(2, 4, 0.7), Explosion=(2, 4, 0.6)))
    assert (event.name, event.alternatives) == ("Artillery fire", ("Explosion",))


def test_an_unsure_whistle_may_be_an_animal_only_where_that_is_surer():
    (event,) = heard(scores(Whistle=(2, 4, 0.34), Animal=(2, 4, 0.44), Bird=(2, 4, 0.3)))
    assert event.name == "Whistle"
    assert event.alternatives == ("Bird",)  # which says what animal
    (event,) = heard(scores(Whistle=(2, 4, 0.34), Animal=(2, 4, 0.30)))
    assert event.alternatives == ()


@pytest.mark.parametrize(("one", "other"), [("Bark", "Yip"), ("Rain", "Raindrop"), ("Bird song", "Chirp")])
def test_no_sound_is_named_twice(one, other):
    (event,) = heard(scores(**{one: (2, 4, 0.5), other: (2, 4, 0.4)}))
    assert event.alternatives == ()


def test_the_edge_of_the_window_shows_what_nobody_hears():
    assert [e.name for e in heard(scores(Buzzer=(0, 0.6, 0.6), Bark=(0.8, 3, 0.8)))] == ["Bark"]
    assert [e.name for e in heard(scores(Buzzer=(0, 0.6, 0.6)))] == ["Buzzer"]


def test_speech_that_is_nobodys_may_be_a_babble_of_voices():
    guess = best_guess(scores(Speech=(0, 30, 0.9)))
    assert guess is not None
    assert guess.name.startswith("Hubbub")
    assert guess.alternatives == ("Chatter", "Crowd")


def test_steady_noise_explains_what_only_sounds_like_it():
    assert not heard(scores(White_noise=(0, 30, 0.8), Spray=(0, 30, 0.5)))
    assert heard(scores(White_noise=(0, 30, 0.1), Spray=(0, 30, 0.5)))
    assert heard(scores(White_noise=(0, 30, 0.28), Spray=(0, 30, 0.39)))


def test_barks_close_together_are_one_event_and_far_apart_two():
    assert len(heard(scores(Bark=[(2, 3, 0.8), (3.5, 4.4, 0.8)]))) == 1
    assert len(heard(scores(Bark=[(2, 3, 0.8), (9, 10, 0.8)]))) == 2


def test_the_best_guess_is_a_special_sound():
    guess = best_guess(scores(Animal=(2, 20, 0.12), Chicken=(2, 20, 0.1)))
    assert guess is not None
    assert guess.name == "Chicken, rooster"
    assert best_guess(scores()) is None
    assert best_guess(scores(Chicken=(2, 4, 0.1))) is None  # nothing is guessed of half a minute for a moment


def test_nothing_is_told_of_words_music_places_and_noise():
    names = {entry.name for entry in usable()}
    assert not names & {
        "Speech",
        "Music",
        "Piano",
        "Singing",
        "Inside, small room",
        "White noise",
        "Silence",
        "Sound effect",
    }
    assert {"Bark", "Laughter", "Screaming", "Thunder", "Applause", "Siren"} <= names


@given(
    st.lists(
        st.tuples(st.sampled_from(usable()), st.integers(0, 110), st.integers(1, 60), st.floats(0.05, 1)),
        max_size=6,
    )
)
def test_no_two_names_for_one_moment_of_one_family(made):
    p = np.full((MOMENTS, 521), 0.005, np.float32)
    for entry, first, length, score in made:
        p[first : first + length, entry.index] = np.maximum(p[first : first + length, entry.index], score)
    found = heard(Scores(p))
    table = by_name()
    for i, one in enumerate(found):
        assert 0 <= one.start < one.end <= MOMENTS * HOP
        assert 0 < one.confidence <= 1
        assert table[one.name].label not in {table[a].label for a in one.alternatives}
        for other in found[i + 1 :]:
            shared = min(one.end, other.end) - max(one.start, other.start)
            if shared > 0.5 * min(one.end - one.start, other.end - other.start):
                assert table[one.name].label != table[other.name].label
                family = table[one.name].family
                assert not family or family != table[other.name].family


def burst(start, end, seconds=8):
    rng = np.random.default_rng(1)
    signal = rng.normal(0, 0.0005, seconds * 16_000)
    signal[int(start * 16_000) : int(end * 16_000)] += rng.normal(0, 0.2, int((end - start) * 16_000))
    return signal.astype(np.float32)


@pytest.mark.parametrize("start", [0.6, 2.37, 5.0])
def test_an_event_is_snapped_to_the_sound(start):
    signal = burst(start, start + 1.4)
    event = snapped(Event("Bark", start - 0.3, start + 1.7, 0.8), Flux(signal))
    assert event.start == pytest.approx(start, abs=0.03)
    assert event.end == pytest.approx(start + 1.4, abs=0.05)


def test_an_event_in_steady_sound_stays_where_it_is():
    signal = np.random.default_rng(1).normal(0, 0.1, 8 * 16_000).astype(np.float32)
    event = snapped(Event("Rain", 2.0, 5.0, 0.8), Flux(signal))
    assert (event.start, event.end) == (2.0, 5.0)
