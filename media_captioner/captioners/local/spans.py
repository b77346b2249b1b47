"""Where there is music, and which of the stretches with a voice are speech and which are sung."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.candidates import Curve
from media_captioner.captioners.local.tagger import HOP, Scores
from media_captioner.captioners.local.vocabulary import usable
from media_captioner.captioners.local.voice import RATE, WINDOW, regions
from media_captioner.model.soundtable import by_name

Probabilities = npt.NDArray[np.float32]

_SPEECH: Final = ("Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Speech synthesizer", "Whispering", "Shout")  # fmt: skip
_CONTEXT: Final = 2.0  # seconds around a moment in which music makes it a moment under music

_MUSIC_ON: Final = 0.50
_MUSIC_OFF: Final = 0.20
_MUSIC_GAP: Final = 2.5  # seconds; music breathes
_MUSIC_SHORTEST: Final = 1.2
_STING: Final = 0.85  # mean score from which a shorter stretch is music too
_STING_SHORTEST: Final = 0.6
_OUTSHONE: Final = (
    1.0  # a tuneful thing (bird, siren, ringtone) whose score is this part of the music's is no music
)

_SPOKEN: Final = 0.20  # tagger's speech score from which a voice speaks
_SPOKEN_SHORT: Final = 0.35
_VOICED_ALONE: Final = 0.85  # voice detector's mean from which it is believed without the tagger ...
_OTHER: Final = 0.40  # ... unless the tagger hears something else this surely
_SPOKEN_OVER_MUSIC: Final = 0.25
_SHORT: Final = 0.35  # seconds; a shorter voice needs the tagger to be surer
_PASSAGE: Final = 2.0  # seconds without a voice that part two passages
_NO_MUSIC: Final = 0.15
_NO_SPEECH: Final = 0.15
_NO_VOICE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Voice:
    """A stretch in which somebody uses their voice, seconds; ``sung`` where music plays and nobody speaks."""

    start: float
    end: float
    sung: bool
    speech: float  # the tagger's score


def music_curve(scores: Scores) -> Curve:
    """Return how likely music plays around each moment: the most within two seconds."""
    raw = scores.p[:, by_name()["Music"].index]
    reach = round(_CONTEXT / HOP)
    padded = np.pad(raw, reach)
    curve: Curve = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    return curve


def music_spans(scores: Scores, seconds: float) -> list[tuple[float, float, float]]:
    """Return the stretches of music as (start, end, mean score)."""
    curve = scores.p[:, by_name()["Music"].index]
    rival = _rivals(scores)
    spans: list[list[int]] = []
    begun, sure = -1, False
    for moment in range(len(curve) + 1):
        alive = moment < len(curve) and curve[moment] >= _MUSIC_OFF
        if alive and begun < 0:
            begun, sure = moment, False
        if alive and curve[moment] >= _MUSIC_ON:
            sure = True
        if not alive and begun >= 0:
            if spans and (begun - spans[-1][1]) * HOP < _MUSIC_GAP:
                spans[-1][1] = moment
                spans[-1][2] |= int(sure)
            else:
                spans.append([begun, moment, int(sure)])
            begun = -1
    found = []
    for first, last, is_sure in spans:
        mean = float(curve[first:last].mean())
        start, end = first * HOP, min(seconds, last * HOP)
        long_enough = end - start >= (_STING_SHORTEST if mean >= _STING else _MUSIC_SHORTEST)
        outshone = float(rival[first:last].mean()) > _OUTSHONE * mean
        if is_sure and long_enough and not outshone:
            found.append(
                (0.0 if start <= 2 * HOP else start, seconds if end > seconds - 2 * HOP else end, mean)
            )
    return found


def _rivals(scores: Scores) -> Curve:
    """Return the score of the surest sound that is no music, at each moment."""
    rivals: Curve = scores.p[:, [entry.index for entry in usable()]].max(axis=1)
    return rivals


def voices(scores: Scores, probabilities: Probabilities) -> list[Voice]:
    """Return where somebody uses their voice, by both detectors."""
    table = by_name()
    spoken = scores.p[:, [table[name].index for name in _SPEECH]].max(axis=1)
    music = scores.p[:, table["Music"].index]
    other = _rivals(scores)
    step = WINDOW / RATE
    found = []
    for start, end in regions(probabilities):
        first = max(0, int((start - 0.1) / HOP))
        last = min(scores.moments, int((end + 0.1) / HOP) + 2)
        said = float(spoken[first:last].max(initial=0.0))
        under = float(music[first:last].mean()) if last > first else 0.0
        sure = float(probabilities[int(start / step) : int(end / step) + 1].mean())
        if under > _MUSIC_ON:
            found.append(Voice(start, end, sung=said < _SPOKEN_OVER_MUSIC, speech=said))
        elif said >= (_SPOKEN if end - start >= _SHORT else _SPOKEN_SHORT) or (
            end - start >= _SHORT
            and sure >= _VOICED_ALONE
            and float(other[first:last].max(initial=0.0)) < _OTHER
        ):
            found.append(Voice(start, end, sung=False, speech=said))
    return found


def passages(found: list[Voice]) -> list[list[Voice]]:
    """Part voices where nobody speaks for a while: who speaks next may speak another language."""
    parted: list[list[Voice]] = []
    for voice in found:
        if parted and voice.start - parted[-1][-1].end < _PASSAGE:
            parted[-1].append(voice)
        else:
            parted.append([voice])
    return parted


def absent(scores: Scores, probabilities: Probabilities) -> list[str]:
    """Return what both detectors agree is not there."""
    table = by_name()
    music = float(scores.p[:, table["Music"].index].max(initial=0.0))
    spoken = float(scores.p[:, [table[name].index for name in _SPEECH]].max(initial=0.0))
    voice = float(probabilities.max(initial=0.0))
    missing = ["speech"] if spoken < _NO_SPEECH and voice < _NO_VOICE else []
    return [*missing, "music"] if music < _NO_MUSIC else missing
