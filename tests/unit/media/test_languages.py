import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.media.languages import bcp47, matches, name_of


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("chi", "zh"),
        ("zho", "zh"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("cze", "cs"),
        ("gre", "el"),
        ("dut", "nl"),
        ("may", "ms"),
        ("wel", "cy"),
        ("EN", "en"),
        ("en-us", "en-US"),
        ("pt_BR", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("eng-GB", "en-GB"),
        ("yue", "yue"),
        ("fil", "fil"),
        ("German", "de"),
        ("und", None),
        ("mis", None),
        ("zxx", None),
        ("qaa", None),
        ("", None),
        ("???", None),
        ("e", None),
        (None, None),
        ("\x00\x01", None),
    ],
)
def test_container_codes_become_the_shortest_tag(code, tag) -> None:
    assert bcp47(code) == tag


@given(st.text(max_size=30))
def test_any_text_gives_a_tag_or_nothing(text: str) -> None:
    tag = bcp47(text)
    assert tag is None or (tag.isascii() and bcp47(tag) == tag)


def test_matching_is_by_whole_subtags() -> None:
    assert matches("en", "en-US")
    assert not matches("en", "enm")
    assert not matches("en-US", "en")
    assert not matches("en", None)


def test_names_fall_back_to_tags() -> None:
    assert name_of("de") == "German"
    assert name_of("haw") == "haw"
