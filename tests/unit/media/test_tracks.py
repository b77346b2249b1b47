import pytest

from media_captioner.errors import NoAudio, UnsupportedMedia
from media_captioner.media.tracks import choose, describe, roles_of
from tests.unit.media.building import media, track


def chosen(*tracks, **wishes):
    (choice,) = choose(media(*tracks), **wishes)
    return choice.track.number


def reason(*tracks, **wishes):
    (choice,) = choose(media(*tracks), **wishes)
    return choice.reason


def test_a_single_track_needs_no_reason() -> None:
    assert reason(track()) == "the only track"


def test_the_default_is_taken_where_nothing_else_speaks() -> None:
    tracks = track(1), track(2, default=True)
    assert chosen(*tracks) == 2
    assert reason(*tracks) == "track 2 of 2: the file's default"


def test_the_first_is_taken_where_nothing_speaks_at_all() -> None:
    assert reason(track(1), track(2)) == "track 1 of 2: the first in the file"


def test_the_language_wanted_goes_before_the_default() -> None:
    tracks = track(1, language="en", default=True), track(2, language="de"), track(3, language="fr")
    assert chosen(*tracks, language="ger") == 2
    assert chosen(*tracks, language="German") == 2
    assert reason(*tracks, language="de") == "track 2 of 3: the only one in German"


def test_a_region_serves_who_wants_the_language() -> None:
    assert chosen(track(1, language="es"), track(2, language="pt-BR"), language="pt") == 2


def test_a_language_that_no_track_has_is_said() -> None:
    tracks = track(1, language="en"), track(2, language="fr", default=True)
    assert chosen(*tracks, language="ja") == 2
    assert (
        reason(*tracks, language="ja") == "track 2 of 2: no track is marked as Japanese, the file's default"
    )


def test_the_original_goes_before_a_default_dub() -> None:
    tracks = track(1, default=True, roles=frozenset({"dub"})), track(2, roles=frozenset({"original"}))
    assert chosen(*tracks) == 2
    assert "marked as the original" in reason(*tracks)
    assert chosen(track(1, default=True, roles=frozenset({"dub"})), track(2)) == 2


@pytest.mark.parametrize("role", ["commentary", "audio_description", "karaoke", "clean_effects"])
def test_asides_stand_back_even_as_default_and_in_the_language_wanted(role: str) -> None:
    aside = track(1, default=True, language="en", roles=frozenset({role}))
    assert chosen(aside, track(2, language="fr"), language="en") == 2
    assert chosen(aside, track(2)) == 2
    assert chosen(aside, track(2), number=1) == 1


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Director's Commentary", "commentary"),
        ("Commentary with cast and crew", "commentary"),
        ("Audiokommentar", "commentary"),
        ("Commentaire du réalisateur", "commentary"),
        ("Comentarios del director", "commentary"),
        ("コメンタリー", "commentary"),
        ("Комментарий режиссёра", "commentary"),
        ("English Audio Description", "audio_description"),
        ("English (AD)", "audio_description"),
        ("Descriptive Audio", "audio_description"),
        ("DVS", "audio_description"),
        ("Hörfilmfassung", "audio_description"),
        ("Audiodescription", "audio_description"),
        ("Audiodescripción", "audio_description"),
        ("音声解説", "audio_description"),
        ("화면해설", "audio_description"),
        ("Karaoke", "karaoke"),
        ("M&E", "clean_effects"),
    ],
)
def test_titles_tell_what_dispositions_do_not(title: str, role: str) -> None:
    assert roles_of(track(title=title)) == {role}


@pytest.mark.parametrize(
    "title", ["English", "Stereo", "Surround 5.1", "Director", "Loaded", "Mad Max", "ad lib", "Thread"]
)
def test_ordinary_titles_tell_nothing(title: str) -> None:
    assert roles_of(track(title=title)) == frozenset()


def test_nothing_but_commentary_is_taken_and_said() -> None:
    tracks = track(1, title="Commentary"), track(2, roles=frozenset({"audio_description"}))
    assert chosen(*tracks) == 1
    assert "there is nothing but" in reason(*tracks)


def test_one_programme_beside_asides_is_said_to_be_that() -> None:
    tracks = track(1, title="Commentary"), track(2)
    assert reason(*tracks) == "track 2 of 2: the only one that is the programme's own sound"


def test_a_mix_for_the_hard_of_hearing_stands_behind_the_plain_one() -> None:
    assert chosen(track(1, roles=frozenset({"hearing_impaired"})), track(2)) == 2


def test_every_track_means_every_track() -> None:
    choices = choose(media(track(1), track(2, title="Commentary"), track(3)), every=True)
    assert [choice.track.number for choice in choices] == [1, 2, 3]


def test_no_track_is_an_error_of_its_own() -> None:
    with pytest.raises(NoAudio):
        choose(media())


def test_a_number_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(NoAudio) as error:
        choose(media(track(1, language="en", title="Main"), track(2, language="de")), number=7)
    assert "no audio track 7" in error.value.message
    assert error.value.hint == (
        "Choose one of these: track 1: English, “Main”, aac stereo; track 2: German, aac stereo"
    )


def test_a_codec_that_is_not_decoded_is_passed_over_or_refused() -> None:
    odd = track(1, codec="ac4", default=True)
    assert chosen(odd, track(2)) == 2
    with pytest.raises(UnsupportedMedia):
        choose(media(odd, track(2)), number=1)
    with pytest.raises(UnsupportedMedia):
        choose(media(odd))


def test_a_track_without_sound_so_far_stands_behind_the_others() -> None:
    unseen = track(1, default=True, channels=0, sample_rate=0)
    assert chosen(unseen, track(2)) == 2
    assert chosen(unseen) == 1


def test_tracks_are_described_in_one_line() -> None:
    assert "\n" not in describe(media(track(1, title="Kommentar", default=True)))
    assert describe(media(track(1, default=True))) == "track 1: no language given, aac stereo, default"
