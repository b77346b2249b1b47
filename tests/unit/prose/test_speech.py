from __future__ import annotations

import pytest

from media_captioner.prose import emotions, tags, understand


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("A man speaks in Mandarin. His voice is clear.", ["man"]),
        ("A man asks, “Where?” and a woman replies, “Here.”", ["man", "woman"]),
        ("A man asks, “Where?” Another man answers, “Here.”", ["man", "man"]),
        ("A woman with a soft voice says, “Hello.” Then she adds, “Bye.”", ["woman"]),
        ("The driver, a woman, mutters, “Come on.”", ["woman"]),
        ("A second voice, that of an elderly man, replies, “No.”", ["man"]),
        ("A female umpire announces, “Out!”", ["woman"]),
        ("Two men argue in Russian.", ["man", "man"]),
        (
            "Two women talk in French. The first asks, “Où ?” The second laughs and says, “Ici.”",
            ["woman", "woman"],
        ),
        ("A young boy says, “Again!”", ["child"]),
        ("A robotic voice says, “Please insert your card.”", ["robot"]),
        ("There are no voices. No man speaks.", []),
        ("A woman sings and a choir answers.", []),
        ("A man coughs. He says nothing.", []),
        ("“I can't,” she whispers.", ["woman"]),
        ("Two boys talk. One exclaims, “It flies!” The other laughs and says, “Oh no.”", ["child", "child"]),
        ("A woman says, “Let's go.” Her friend, also female, protests, “Not yet.”", ["woman", "woman"]),
        ("An old man hums to himself, then calls in Polish, “Chodźcie, kurki!”", ["man"]),
        ("A male broadcaster says, “Good evening.” The host continues, “Tonight we talk.”", ["man"]),
    ],
)
def test_tells_voices_apart(text, speakers):
    speech = [s for s in understand(text).speech if s.speaker and not s.sung]
    assert sorted(speaker for _, speaker in {(s.voice, s.speaker) for s in speech}) == sorted(speakers)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("He says in Brazilian Portuguese, “Bom dia.”", "pt"),
        ("A Mandarin-speaking man talks.", "zh"),
        ("A voice announces in Cantonese: “下一站”.", "yue"),
        ("A man with a British accent speaks.", "en"),
        ("A man with a soft English accent speaks.", "en"),
        ("A trainer switches to English: “Last one, don't give up!”", "en"),
        ("A man with a strong Russian accent speaks English.", "en"),
        ("A man says, “Привет!”", "ru"),
        ("Dialogue in Korean can be heard from a television.", "ko"),
        ("A man talks about life in Chinese restaurants.", None),
        ("The woman speaks over Latin music.", None),
        ("A man says, “Hello.”", None),
    ],
)
def test_language(text, language):
    assert {s.language for s in understand(text).speech} == {language}


@pytest.mark.parametrize(
    ("text", "wanted", "manner"),
    [
        ("A man says with exasperation, “Not again.”", ("frustrated",), "exasperated"),
        ("A man speaks in an exasperated tone. He says: “Not again.”", ("frustrated",), "exasperated"),
        ("“Over here!” a man shouts. His voice is raw with panic.", ("fearful",), "panicked"),
        ("The tone is not angry. A man says, “Fine.”", (), None),
        ("Tense music plays as a man says, “We must leave.”", (), None),
        ("The mood is joyful. A man says, “Good evening.”", (), None),
        (
            "A man says, “Stir it.” A pan sizzles. In summary, a cheerful old man makes soup.",
            ("happy",),
            "cheerful",
        ),
        ("A man says with mock outrage, “How dare you?”", (), None),
        ("A woman whispers, “Listen.”", (), "whispering"),
        ("A man calls in Polish, “Chodźcie!”", (), None),
        (
            "He replies angrily, “Go,” and she, now in tears, whispers, “I'm sorry.”",
            ("angry", "sad"),
            "angry",
        ),
    ],
)
def test_emotion_comes_only_from_what_is_said_of_the_voice(text, wanted, manner):
    facts = understand(text)
    assert emotions(facts) == wanted
    assert facts.speech[0].manner == manner


def test_mood_of_music_counts_where_nobody_speaks():
    assert emotions(understand("A melancholic piano piece is played.")) == ("sad",)
    assert emotions(understand("A melancholic piano piece is played. A man says, “Hello.”")) == ()


def test_a_part_is_kept():
    speech = understand("A male narrator says, “Long ago, there was a king.”").speech[0]
    assert speech.role == "male narrator"
    assert "Narration, monologue" in tags(understand("A male narrator says, “Long ago.”"))
