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
        ("Several women shriek, a bystander yells “Hey!” and the music stops.", []),
        ("A synthetic female announcer declares, “Double kill.”", ["robot"]),
        ("The judge, a woman with a patient, tired manner, answers, “Please sit.”", ["woman"]),
        ("A midwife says, “Push.” In summary, the audio documents the birth of a child.", []),
        ("Their little daughter calls, “Mommy?”", ["child"]),
        ("“Well done,” says the teacher warmly. He is a man with a light voice.", ["man"]),
        (
            "A pupil, a girl of twelve, speaks. “Again,” says the master. She says, “I can't.”",
            ["child"],
        ),
        ("A man says, “One.” Another mutters, “Two.”", ["man", "man"]),
        ("A man narrates: “One.” A trumpet keeps him company. “Two,” he adds.", ["man"]),
        ("An older woman shouts, “Gerald!” Gerald, presumably, says, “Morning, Audrey.”", ["woman"]),
        ("The speaker coughs. She is a woman from Leeds. “Hello,” she says.", ["woman"]),
        (
            "An imam recites. The guests say “Ameen.” The groom answers, “I do,” and the women ululate.",
            ["man", "man"],
        ),
        ("A man asks. A small group of women answers in unison on a short refrain.", ["man"]),
        ("A synthetic girl's voice reads, “Seven, three.”", ["robot"]),
        ("A male singer laments on the radio. The driver hums. “Enough!” he exclaims.", ["man"]),
        (
            "Two male broadcasters speak. The principal commentator says, “Out.” The other commentator says, “No.”",
            ["man", "man"],
        ),
        ("A festival announcer, female, says, “Welcome.”", ["woman"]),
        (
            "Two men talk. The first says, “I see.” The second bursts into laughter and manages, “Do you?”",
            ["man", "man"],
        ),
        ("A male voice, evidently an actor impersonating a mouse, taunts, “Missed me!”", ["man"]),
        ("A man speaks. The monster answers with a roar. The listener never speaks.", ["man"]),
        ("A woman says, “Hi.” A song plays from a ceiling speaker.", ["woman"]),
        ("He is a man with a light, patient baritone. “Well done,” he says.", ["man"]),
        ("A woman's voice, muffled as though from inside a car, calls out, “Hello!”", ["woman"]),
        ("The mother dog sighs through her nose at nursing time. A girl whispers, “Look.”", ["child"]),
        ("A navigation voice announces, “Turn left.”", ["robot"]),
        ("A gruff male voice, apparently that of a bulldog, growls, “Not in my yard!”", ["man"]),
        ("A small girl falls and cries; another girl says, “It's okay.”", ["child"]),
        ("A woman speaks. Listeners snap their fingers and murmur “yes.”", ["woman"]),
        ("The wind tears at the reporter's jacket. The reporter, a man, shouts, “Gusts!”", ["man"]),
        ("A woman speaks. A boy sings; a teacher prompts him in a whisper.", ["woman"]),
        ("A female voice, close by and likely belonging to a middle-aged woman, speaks.", ["woman"]),
        ("Snare drums rattle, and tubas anchor the harmony.", []),
        ("A docent says, “It was never sold.” Her voice is silky.", ["woman"]),
        (
            "Two small brothers sit there. “A monster!” squeals one. “Help!” adds the other.",
            ["child", "child"],
        ),
        ("Their mother, in the driver's seat, chimes in, “Oh no!”", ["woman"]),
        (
            "A man says, “En route.” A third party breaks in: “Send medical.” There is strain in the way he says it.",
            ["man", "man"],
        ),
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
        ("A man speaks in Nigerian English.", "en"),
        ("A man speaks in Polish-accented English.", "en"),
        ("A murmur of Argentine Spanish rises. A woman says, “Bailás bien.”", "es"),
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
        ("“I hate this,” she says. The sound is echo-cancelled aggressively.", (), None),
        ("This is an intimate recording of a carpenter. He murmurs, “There she goes.”", (), "quiet"),
        ("“Thank you,” a boy says. Polite applause accompanies his exit.", (), None),
        ("A hero says, “Over.” An exaggerated whip-crack follows his words.", (), None),
        ("A woman sighs. “No,” she says. She is world-weary.", (), "world-weary"),
        ("The man answers, “It's breathing.” The relief is unmistakable.", ("relieved",), "relieved"),
        ("A girl shouts with gleeful insistence, “Look!”", ("happy",), "gleeful"),
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


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Somebody types. A woman screams, “Everybody out!” Her voice is shrill with panic.", ("fearful",)),
        ("The man begins to sob, and the officer says, “You're all right.”", ()),
        ("The audience applauds warmly, and a man calls out, “Yeah, that's it!”", ()),
        ("A groove sets a light-hearted tone, and a male voice-over says, “She had a plan.”", ()),
        ("An operator whispers, “Contact.” Every word is spoken with barely suppressed fear.", ("fearful",)),
        ("A pump begins to alarm, and a male nurse says, “I'm just going to turn you over.”", ()),
        ("A commentator cries ecstatically, “He's done it!”", ("happy",)),
    ],
)
def test_an_emotion_is_the_speakers_own(text, wanted):
    assert emotions(understand(text)) == wanted


def test_a_singer_who_answers_speaks():
    said = understand(
        "A soprano warms up. She answers brightly in French, “J'arrive!” (“I'm coming!”)"
    ).speech
    assert [(speech.text, speech.translation, speech.sung) for speech in said] == [
        ("J'arrive!", "I'm coming!", False)
    ]


def test_english_in_brackets_is_the_translation_whatever_its_words():
    said = understand("A driver shouts in Hindi: “आगे बढ़ो!” (“Hey brother, move forward!”).").speech
    assert said[0].translation == "Hey brother, move forward!"


def test_a_british_voice_speaks_english():
    (said,) = understand(
        "A narrator says in a measured British voice, “She has brought her family here.”"
    ).speech
    assert (said.language, said.language_sure) == ("en", False)
