"""Words that nobody said: found and taken out before anybody reads them.

Whisper was trained on subtitles of web videos, so over music, noise and breath it writes what such subtitles
say: thanks for watching, subscribe, credits of subtitlers. Every guard needs a reason that lies in the sound:
where the words are, how sure they are, how fast they would have to be said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from media_captioner.captioners.local.languages import UNSPACED
from media_captioner.captioners.local.recogniser import TimedWord, Transcript

Regions = Sequence[tuple[float, float]]

_LEAST_LOGPROB: Final = -1.0  # OpenAI's own threshold for a failed decoding
_DOUBTFUL_LOGPROB: Final = -0.55
_NO_SPEECH: Final = 0.6  # likewise
_LOOP: Final = 2.4
_FASTEST: Final = 7.0  # words a second; the fastest auctioneers reach about six
_FASTEST_LETTERS: Final = 14.0  # characters a second where words are not spaced
_REACH: Final = 0.35  # seconds by which a word's time may miss the voice
_FAR: Final = 1.5  # seconds from any voice at which a word is not believed whatever stands beside it
_LONGEST_RUN: Final = 3  # words outside the voice that may only be timed badly
_INSIDE: Final = 0.5  # part of the words that must lie where somebody speaks
_LEAST_WORD: Final = 0.30  # mean probability of the words
_REPEATS: Final = 4  # the same phrase in a row

# What Whisper says where nobody speaks, in the languages in which it does. Compared without case and marks.
_PHANTOMS: Final = (
    "thanks for watching", "thank you for watching", "thank you so much for watching", "please subscribe", "subscribe to my channel",
    "like and subscribe", "see you in the next video", "see you next time", "ill see you in the next video", "subtitles by the amaraorg community",
    "transcription by castingwords", "copyright", "all rights reserved", "you", "bye", "bye bye", "thank you", "thanks", "okay", "oh", "music", "the end",
    "sous titres réalisés par la communauté damaraorg", "sous titrage st 501", "merci davoir regardé cette vidéo", "merci", "abonnez vous",
    "untertitel der amaraorg community", "untertitel im auftrag des zdf", "vielen dank fürs zuschauen", "vielen dank", "bis zum nächsten mal",
    "subtítulos por la comunidad de amaraorg", "gracias por ver el video", "gracias por ver", "suscríbete", "gracias",
    "sottotitoli e revisione a cura di qtss", "sottotitoli creati dalla comunità amaraorg", "grazie per la visione", "grazie",
    "legendas pela comunidade amaraorg", "obrigado por assistir", "inscreva se no canal", "obrigado",
    "редактор субтитров", "субтитры сделал dimatorzok", "продолжение следует", "спасибо за просмотр", "подписывайтесь на канал",
    "ondertitels ingediend door de amaraorg gemeenschap", "bedankt voor het kijken", "tack för att ni tittade", "undertexter från amaraorg gemenskapen",
    "napisy stworzone przez społeczność amaraorg", "dziękuję za oglądanie", "dziękuję za uwagę", "altyazı mk", "izlediğiniz için teşekkürler",
    "ご視聴ありがとうございました", "チャンネル登録をお願いします", "おやすみなさい", "시청해 주셔서 감사합니다", "구독과 좋아요", "mbc 뉴스",
    "谢谢观看", "感谢观看", "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "字幕由amaraorg社区提供", "由 amaraorg 社群提供的字幕", "优优独播剧场", "ترجمة نانسي قنقر", "اشتركوا في القناة",
)  # fmt: skip
_PHANTOM_WORDS: Final = 14  # a longer text is not taken for a phantom even if it ends in one

_NOTES: Final = re.compile(r"[\(\[（【＊*♪♫].*?[\)\]）】＊*♪♫]|[♪♫]+")


def plain(text: str) -> str:
    """Return ``text`` in lower case without marks, spaces single."""
    return " ".join(re.sub(r"[^\w\s]", "", text.lower().replace("-", " ")).split())


_KNOWN_PHANTOMS: Final = frozenset(plain(text) for text in _PHANTOMS)


def supported(
    transcript: Transcript, voice: Regions, speech: float
) -> tuple[tuple[TimedWord, ...], str | None]:
    """Return the words that the sound supports, or none and why the whole is not believed.

    Args:
        transcript: What the recogniser says.
        voice: Where the voice detector hears somebody, seconds.
        speech: How surely the tagger hears speech or singing there, 0 to 1.

    """
    words = _without_notes(transcript.words)
    inside = [_distance(word, voice) <= _REACH for word in words]
    if sum(inside) < max(1, _INSIDE * len(words)):
        return (), "the words lie where nobody speaks"
    kept = _near(words, inside, voice)
    reason = _doubt(transcript, kept, voice) or _phantom(transcript, kept, speech)
    return ((), reason) if reason else (kept, None)


def _near(words: Sequence[TimedWord], inside: Sequence[bool], voice: Regions) -> tuple[TimedWord, ...]:
    """Leave out runs of words where nobody speaks; a word or two between spoken ones are only timed badly."""
    kept: list[TimedWord] = []
    run: list[TimedWord] = []
    for word, is_inside in zip(words, inside, strict=True):
        if not is_inside:
            run.append(word)
            continue
        kept += _believed(run, voice)
        kept.append(word)
        run = []
    return (*kept, *_believed(run, voice))


def _believed(run: list[TimedWord], voice: Regions) -> list[TimedWord]:
    far = any(_distance(word, voice) > _FAR for word in run)
    return [] if far or len(run) > _LONGEST_RUN else run


def _doubt(transcript: Transcript, words: Sequence[TimedWord], voice: Regions) -> str | None:
    if transcript.logprob < _LEAST_LOGPROB or (
        _is_doubtful(transcript) and transcript.no_speech > _NO_SPEECH
    ):
        return "the recogniser doubts its own words"
    if transcript.compression > _LOOP or _is_looping(words):
        return "the words repeat themselves"
    if sum(word.probability for word in words) / len(words) < _LEAST_WORD:
        return "the words are too unsure"
    if _too_fast(words, voice, transcript.language):
        return "nobody can say so many words in that time"
    return None


def _phantom(transcript: Transcript, words: Sequence[TimedWord], speech: float) -> str | None:
    if not _is_phantom(words):
        return None
    weak = _is_doubtful(transcript) or transcript.no_speech > _NO_SPEECH or speech < 0.5
    return "the words are what the recogniser says where nobody speaks" if weak else None


def _is_doubtful(transcript: Transcript) -> bool:
    return transcript.logprob < _DOUBTFUL_LOGPROB


def _without_notes(words: Sequence[TimedWord]) -> tuple[TimedWord, ...]:
    """Leave out what stands in brackets: "(music)", "[Applause]" are remarks, not words."""
    text = " ".join(word.text for word in words)
    if not _NOTES.search(text):
        return tuple(words)
    noted = {index for match in _NOTES.finditer(text) for index in range(match.start(), match.end())}
    kept, at = [], 0
    for word in words:
        if not any(index in noted for index in range(at, at + len(word.text))):
            kept.append(word)
        at += len(word.text) + 1
    return tuple(kept)


def _distance(word: TimedWord, voice: Regions) -> float:
    """Return the seconds between the middle of a word and the nearest voice; 0 inside one."""
    middle = (word.start + word.end) / 2
    return min((max(start - middle, middle - end, 0.0) for start, end in voice), default=float("inf"))


def _is_looping(words: Sequence[TimedWord]) -> bool:
    """Return whether a phrase of one to four words is said over and over."""
    spoken = [plain(word.text) for word in words]
    for length in range(1, 5):
        for start in range(len(spoken) - length * _REPEATS + 1):
            phrase = spoken[start : start + length]
            if all(spoken[start + k * length : start + (k + 1) * length] == phrase for k in range(_REPEATS)):
                return True
    return False


def _too_fast(words: Sequence[TimedWord], voice: Regions, language: str) -> bool:
    seconds = sum(end - start for start, end in voice) + _REACH
    if language in UNSPACED:
        return sum(len(word.text) for word in words) > _FASTEST_LETTERS * seconds
    return len(words) > _FASTEST * seconds


def _is_phantom(words: Sequence[TimedWord]) -> bool:
    if len(words) > _PHANTOM_WORDS:
        return False
    spaced = plain(" ".join(word.text for word in words))
    joined = spaced.replace(" ", "")
    return any(phantom == spaced or phantom.replace(" ", "") == joined for phantom in _KNOWN_PHANTOMS)
