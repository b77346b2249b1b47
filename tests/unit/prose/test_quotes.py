from __future__ import annotations

import pytest

from media_captioner.prose import understand


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("He pauses before saying “okay” and sighing.", ["okay"]),
        ("She answers with a curt “No.”", ["No."]),
        ("From the back seat a girl whimpers, “Please don't fight.”", ["Please don't fight."]),
        ("The host opens with “Welcome back,” his voice bright.", ["Welcome back"]),
        ("“I don't believe it,” he mutters, “not again.”", ["I don't believe it", "not again."]),
        ("A voice counts down: “Three, two, one.”", ["Three, two, one."]),
        ("The final word, “goodbye,” is whispered.", ["goodbye"]),
        ("The phrase “thank you” is heard twice.", ["thank you"]),
        ("Two words are intelligible: “help” and “please.”", ["help", "please."]),
        ("A man says 'Don't tell anyone, but it's here.'", ["Don't tell anyone, but it's here."]),
        ("She cries: «Attention !»", ["Attention !"]),
        ("He says, “And that is why we must", ["And that is why we must"]),
        ("A woman says, “You said ‘never’, didn't you?”", ["You said ‘never’, didn't you?"]),
        ("Ad-libs such as “yeah” and “uh” are scattered.", []),
        ("The texture is described as “raw” and “unpolished.”", []),
        ("There is an audible “pop” followed by a “click.”", []),
        ("The crowd responds with a collective “ooh” and then “aah.”", []),
        ("It is an instance of the so-called “loudness war.”", []),
        ("She prays in Italian; only “Madonna” can be made out.", ["Madonna"]),
        ("What he says is lost, except for the word “garden.”", ["garden."]),
        ("The sound effect library is called “Gunshots and Explosions.”", []),
        ("“Shhh!” goes one man. “You shhh!” goes another.", ["Shhh!", "You shhh!"]),
        ("It is what technicians call the “click of death.”", []),
        (
            "“More attack on the snare,” a female engineer with a German accent calls.",
            ["More attack on the snare"],
        ),
        ("The group sings “Happy Birthday” raggedly.", ["Happy Birthday"]),
        ("A cat meows, and he relents, “Fine, fine, here.”", ["Fine, fine, here."]),
        ("He speaks with a falling contour on “早饭” (“breakfast”).", []),
        ("The genre is known as “lo-fi hip hop.”", []),
        ("A chop is followed by a collective “¡Uuuh!” of delight.", []),
        ("Anyone should note that the “cuckoos” are mechanical.", []),
        ("A surgeon requests, “Suction, please,” and a pump answers.", ["Suction, please"]),
        ("He stresses the word “never,” drawing it out.", []),
        ("The tune resembles “Happy Birthday to You.”", []),
        ("The product is called “GlowUp.”", []),
        ("The acoustically “dry” room is small.", []),
        ("A trombone plays a comical “wah-wah-wah-waaah.”", []),
        ("It is what engineers call a “telephone effect.”", []),
    ],
)
def test_speech_is_told_from_other_quotations(text, spoken):
    assert [speech.text for speech in understand(text).speech if speech.text] == spoken


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("He says: “哎呀！” (“Oh my!”).", ("哎呀！", "Oh my!")),
        ("He answers, “สามสิบบาทครับ” (“Thirty baht, sir.”).", ("สามสิบบาทครับ", "Thirty baht, sir.")),
        ("He says “你好” (“nǐ hǎo”), which translates to “hello”.", ("你好", "hello")),
        ("A voice says “下一站” (“haa6 jat1 zaam6”), meaning “next station”.", ("下一站", "next station")),
        ("A boy shouts “爸爸！” (“bàba!”, “Daddy!”).", ("爸爸！", "Daddy!")),
        ("He says “ありがとう” (“arigatou”), which means “thank you”.", ("ありがとう", "thank you")),
        ("“Voi ei”, the boy groans (“Oh no”).", ("Voi ei", "Oh no")),
        ("He says “¡Vámonos!” – “Let's go!”", ("¡Vámonos!", "Let's go!")),
        ("She asks: « Tu viens ? » (“Are you coming?”)", ("Tu viens ?", "Are you coming?")),
        ("He says, in German, “Guten Morgen” (Good morning).", ("Guten Morgen", "Good morning")),
        ("She says “Até logo”, which means “See you”.", ("Até logo", "See you")),
        ("He asks, “क्या हाल है?” (Kya haal hai? – “How are you?”).", ("क्या हाल है?", "How are you?")),
        ("He says, “Good evening” (“こんばんは”).", ("こんばんは", "Good evening")),
        ("He says, “Nos vemos.” In English, this means “See you.”", ("Nos vemos.", "See you.")),
        ("He says, “Stop right there” (in a low voice).", ("Stop right there", None)),
    ],
)
def test_translations_stay_with_their_originals(text, pair):
    assert [(s.text, s.translation) for s in understand(text).speech if s.text] == [pair]


def test_words_of_quoted_speech_are_no_sounds():
    assert understand("He says, “I heard a gunshot and a dog barking.”").sounds == ()


def test_lyrics_are_sung():
    facts = understand("A female vocalist sings in Spanish: “Te quiero más” (“I love you more”).")
    assert [(s.sung, s.language, s.speaker) for s in facts.speech] == [(True, "es", "woman")]


def test_the_same_words_quoted_twice_are_one_utterance():
    facts = understand("A man says, “Stop!” In summary, a man says “Stop!” in a room.")
    assert [s.text for s in facts.speech] == ["Stop!"]
