"""Times that a description states: "at 9.9 seconds", "around the 0:12 mark", "in the final seconds".

Few descriptions have any (two of 33 real ones), and what a model says of time may be seconds off; so a stated time
is a hint with a tolerance, to be weighed against what was measured. A number of seconds is a time only where the
words around it make it one: "a two-second pause", "two seconds later", "after three seconds of silence", "in five
seconds" and every number inside a quotation are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from media_captioner.model import Hint, Span
from media_captioner.prose import polarity
from media_captioner.prose.reading import Passage, Reading

_UNITS: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_FEW: Final = 3  # seconds of "the final seconds"

_EXACT: Final = Fraction(3, 4)  # seconds that a time with decimals may be off
_WHOLE: Final = Fraction(5, 4)  # the same of whole seconds
_ROUGHLY: Final = Fraction(2)  # the same of "around the 9-second mark"
_PART: Final = Fraction(1, 8)  # the same of "halfway through", as a share of the clip

_ROUGH: Final = r"(?:about|around|roughly|approximately|nearly|almost|near|by|just|shortly)"
_FILL: Final = rf"(?:(?:{_ROUGH}|exactly|precisely|the)\s+)*"
_WORD: Final = rf"(?:(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(_UNITS)})\b"
_CLOCK: Final = r"\d{1,2}:[0-5]\d(?:\.\d+)?(?![\d:])"
_NUMBER: Final = rf"(?:\d+(?:\.\d+)?(?![\d:])|{_WORD})"
_NO_TIME: Final = (
    r"(?![\s-]+(?:of|per|later|earlier|apart|long|each|intervals?|pauses?|delays?|gaps?|silences?|between)\b)"
    r"(?!\s+(?:after|before)\b(?!\s+the\s+(?:start|beginning|end)\b))"
)
"""What makes of a number of seconds a duration, or a distance from something else than the start."""
_SECONDS: Final = rf"\s?(?:seconds?|secs?|s)\b{_NO_TIME}"
_MARK: Final = r"(?:[\s-]?(?:seconds?|s))?[\s-](?:mark|point)\b"
_MARKED: Final = rf"(?:{_CLOCK}(?:{_MARK})?|{_NUMBER}{_MARK})"
_STATED: Final = rf"{_FILL}(?:{_MARKED}|{_NUMBER}{_SECONDS})"
_ANY: Final = rf"{_FILL}(?:{_CLOCK}|{_NUMBER})(?:{_MARK}|{_SECONDS})?"
_MORE: Final = rf"(?:\s*(?:,|,?\s+and)\s*{_ANY})*"  # "at 1.2, 4.5 and 9 seconds"
_START: Final = r"the\s+(?:very\s+)?(?:start|beginning|outset)\b"
_END: Final = r"the\s+(?:very\s+)?(?:end|close)\b"
_SMALLER: Final = (
    r"\s+(?:the|this|an?|his|her|its|their)\s+"
    r"(?!(?:audio|clip|recording|soundscape|scene|sequence|track|file|excerpt|segment|piece)\b)"
)
"""Something smaller than the clip: "halfway through the song"."""
_OTHER: Final = rf"(?!{_SMALLER})"
_OF_OTHER: Final = rf"(?!\s+of{_SMALLER})"
_ENDING: Final = re.compile(
    r"\b(?:stop(?:s|ped|ping)?|end(?:s|ed|ing)?|ceas(?:es|ed|ing)|fad(?:es|ed|ing)(?!\s+(?:in|up)\b)|cuts?\s+(?:out|off)|subsid(?:es|ing)"
    r"|disappear(?:s|ing)?|conclud(?:es|ing)|falls?\s+silent|falling\s+silent|dies?\s+(?:down|away|out))\b[^,;:]*$",
    re.IGNORECASE,
)
"""What "at 9 seconds" is the end of."""


_FIRST: Final = re.compile(rf"{_CLOCK}|{_NUMBER}", re.IGNORECASE)
_ANYTHING: Final = re.compile(r"\d|seconds?\b|way\b|\bend\b|\bclose\b", re.IGNORECASE)
_LOOSE: Final = re.compile(rf"\b{_ROUGH}\b", re.IGNORECASE)
_CLAUSE: Final = re.compile(
    r"(?P<later>\s*[;—]|,?\s+(?:then|before|until|after\s+which|followed\s+by)\b)|,?\s+(?:but|while|whereas)\b"
    r"|,\s+and\s+(?=(?:then|an?|the|there|another|he|she|it|they|some(?:one|body)|at|from|around|after)\b)",
    re.IGNORECASE,
)
"""Where a part of a sentence begins that may tell of another time."""
_SAME: Final = re.compile(
    r"(?:he|she|they|it|the\s+(?:speakers?|voices?|singers?|vocalists?|words|lyrics|man|woman|child))\b",
    re.IGNORECASE,
)
"""How a sentence begins that goes on with who was spoken of before."""
_LEAD: Final = re.compile(
    r"\W*(?:(?:and|but|then|while|here|finally|first|again|starting|beginning)\W+)*$", re.IGNORECASE
)
"""What may stand between the begin of a clause and a time that is put in front."""


@dataclass(frozen=True, slots=True)
class _When:
    """What a phrase says: when something begins, until when it lasts, and by how much either may be off."""

    begin: Span | None
    until: Fraction | None = None
    tolerance: Fraction = _EXACT


def _value(text: str) -> Fraction:
    """Return the first time or number in a phrase, seconds."""
    match = _FIRST.search(text)
    assert match is not None  # noqa: S101 - the phrase was found by it
    said = match[0].lower()
    if ":" in said:
        minutes, _, rest = said.partition(":")
        return int(minutes) * 60 + Fraction(rest)
    if said[0].isdigit():
        return Fraction(said)
    tens, _, units = said.replace("-", " ").partition(" ")
    if tens in _TENS:
        return Fraction(_TENS[tens] + (_UNITS.index(units) if units else 0))
    return Fraction(_UNITS.index(tens))


def _slack(text: str) -> Fraction:
    if _LOOSE.search(text):
        return _ROUGHLY
    return _EXACT if "." in text else _WHOLE


def _range(match: re.Match[str], length: Fraction) -> _When:
    end = _value(match["to"]) if match["to"] else length
    begin = _value(match["begin"]) if match["begin"] else Fraction(0)
    return _When(Span(begin, begin), end, _slack(match[0]))


def _since(match: re.Match[str], length: Fraction) -> _When:
    begin = _value(match["begin"])
    return _When(Span(begin, begin), length, _slack(match[0]))


def _edge(match: re.Match[str], length: Fraction) -> _When:
    """Read "in the first two seconds", "for the last five seconds", "in the final seconds"."""
    count, vague = match["count"], Fraction(_FEW if match[0].lower().endswith("s") else 1)
    seconds = min(length, _value(count) if count and _FIRST.search(count) else vague)
    first = match["edge"].lower() in {"first", "opening", "initial"}
    window = Span(Fraction(0), seconds) if first else Span(length - seconds, length)
    if match["how"].lower() in {"in", "within"}:
        return _When(window)
    # What lasts through the first seconds need not begin with the clip's first sample.
    return _When(Span(window.start, window.start), window.end, _WHOLE)


def _until(match: re.Match[str], length: Fraction) -> _When:
    end = _value(match["to"]) if match["to"] else length
    if match["then"]:  # "nothing is heard until 6.8 seconds, when a dog barks"
        return _When(Span(end, end), None, _slack(match[0]))
    return _When(None, end, _slack(match[0]))


def _left(match: re.Match[str], length: Fraction) -> _When:
    at = length - _value(match["begin"])
    return _When(Span(at, at), None, _slack(match[0]))


def _point(match: re.Match[str], _length: Fraction) -> _When:
    at = _value(match["begin"])
    if _ENDING.search(match.string, max(0, match.start() - 60), match.start()):
        return _When(None, at, _slack(match[0]))
    return _When(Span(at, at), None, _slack(match[0]))


def _part(match: re.Match[str], length: Fraction) -> _When:
    share = Fraction(1, 2)
    if match["of"]:
        count = {"two": 2, "three": 3}.get(match["count"].lower(), 1)
        share = min(Fraction(1), Fraction(count, 3 if match["of"].lower().startswith("third") else 4))
    at = length * share
    return _When(Span(at, at), None, length * _PART)


_PHRASES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Fraction], _When]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (
            (
                rf"\b(?:from|between)\s+(?:(?P<begin>{_ANY})|{_START})\s*(?:to|until|till|and|through|up\s+to|[-–—])\s*"
                rf"(?:(?P<to>{_STATED})|{_END})"
            ),
            _range,
        ),
        (rf"\bfrom\s+(?P<begin>{_STATED})\s+on(?:wards?)?\b", _since),
        (
            (
                rf"\b(?P<how>in|within|during|over|for|throughout)\s+{_FILL}"
                r"(?P<edge>first|opening|initial|last|final|closing)"
                rf"\s+(?P<count>(?:{_FILL}{_NUMBER}|few|couple\s+of|several)[\s-])?\s*seconds?\b{_OF_OTHER}"
            ),
            _edge,
        ),
        (rf"(?P<begin>{_FILL}\b{_NUMBER}{_SECONDS})\s+(?:before|from)\s+{_END}", _left),
        (
            (
                rf"\b(?:until|till|up\s+to)\s+"
                rf"(?:(?P<to>{_STATED})(?P<then>\s*,?\s+(?:when|at\s+which)\b)?|{_END}{_OF_OTHER})"
            ),
            _until,
        ),
        (
            (
                rf"(?<![\w-])(?P<begin>{_FILL}{_NUMBER}{_SECONDS})\s+"
                rf"(?:in(?=\s*(?:[,.;:)—]|$))|into\b{_OTHER}|(?:from|after)\s+{_START})"
            ),
            _point,
        ),
        (rf"\b(?:at|after|from)\s+(?P<begin>{_STATED}|{_ANY}{_MORE}{_SECONDS})", _point),
        (rf"\b(?P<begin>(?:{_ROUGH}\s+)+(?:the\s+)?{_MARKED})", _point),
        (rf"^(?P<begin>{_ROUGH}\s+{_NUMBER}{_SECONDS})(?=\s*,)", _point),
        (rf"[\[(](?P<begin>{_CLOCK})(?=[\])])", _point),
        (
            (
                r"\b(?:halfway|midway|half-way|mid-way|(?P<count>a|one|two|three)[\s-]"
                r"(?P<of>quarters?|thirds?)\s+of\s+the\s+way)"
                rf"\s+(?:in(?=\s*[,.;])|through|into)\b{_OTHER}"
            ),
            _part,
        ),
    )
)


def find(read: Reading, seconds: Fraction) -> tuple[Hint, ...]:
    """Return the times that a description states, each with the words it is stated of.

    What is denied at a time has none, and a time outside the clip is none.

    Args:
        read: The description.
        seconds: Length of the clip it describes.

    """
    found: list[Hint] = []
    told: _When | None = None
    for passage in read.passages:
        text = _masked(passage, read)
        stated = _stated(passage, text, seconds)
        if not stated and told is not None and passage.quotes and _SAME.match(text):
            # Who speaks was said before, and when: "At 2 seconds, a man speaks. He says: “…”"
            found.append(_hint(passage, told, 0, len(text)))
        told = stated[-1][1] if stated and not passage.quotes else None
        for start, end, when in _reaches(text, stated):
            found.append(_hint(passage, when, start, end))
    return tuple(found)


def _hint(passage: Passage, when: _When, start: int, end: int) -> Hint:
    begin = passage.start
    return Hint(passage.text, begin + start, begin + end, when.begin, when.until, when.tolerance)


def _masked(passage: Passage, read: Reading) -> str:
    """Return the sentence with its quotations blanked, everything else at its place."""
    text = passage.text
    if not _ANYTHING.search(text):
        return text
    begin, end = passage.start, passage.start + len(text)
    near = bisect_right(read.quotes, begin, key=lambda quote: quote.end)
    for quote in read.quotes[near : bisect_left(read.quotes, end, key=lambda quote: quote.start)]:
        first, last = max(quote.start, begin), min(quote.end, end)
        text = text[: first - begin] + " " * (last - first) + text[last - begin :]
    return text


def _stated(passage: Passage, text: str, length: Fraction) -> list[tuple[re.Match[str], _When]]:
    """Return the times in a sentence, in order, where none is part of another."""
    if not _ANYTHING.search(text):
        return []
    matches = [(match, read) for pattern, read in _PHRASES for match in pattern.finditer(text)]
    free = 0
    found: list[tuple[re.Match[str], _When]] = []
    for match, read in sorted(matches, key=lambda pair: pair[0].start()):
        if match.start() < free or _is_denied(passage, match):
            continue
        when = read(match, length)
        free = match.end()
        kept = _inside(when, length)
        if kept is None:
            continue
        if found and kept.begin is None and not _CLAUSE.search(text, found[-1][0].end(), match.start()):
            before = found.pop()[1]  # "starts at 3 seconds and fades at 8 seconds"
            kept = _inside(replace(before, until=before.until or kept.until), length) or kept
        found.append((match, kept))
    return found


def _is_denied(passage: Passage, match: re.Match[str]) -> bool:
    first = bisect_left(passage.starts, passage.start + match.start())
    last = bisect_left(passage.starts, passage.start + match.end())
    # "No dog is heard at 9 seconds": a denial ends with its predicate, which stands right before the time. Not so
    # "nothing is heard until 9 seconds".
    before = 0 if match[0].lower().startswith(("until", "till", "up")) else 1
    return passage.rank(max(0, first - before), last) >= polarity.COMPARED


def _inside(when: _When, length: Fraction) -> _When | None:
    """Return what of a time lies in the clip."""
    begin, until = when.begin, when.until
    if begin is not None and not 0 <= begin.start <= begin.end <= length:
        return None
    if until is not None and not (begin.start if begin else 0) < until <= length:
        until = None
    return None if begin is None and until is None else replace(when, until=until)


def _reaches(text: str, stated: Sequence[tuple[re.Match[str], _When]]) -> Iterator[tuple[int, int, _When]]:
    """Yield for each time of a sentence the stretch of the sentence it is said of.

    A time that stands in front is said of what follows, up to what is told as later; any other of its clause.
    Where a clause has several, each is said of what is next to it.
    """
    breaks = list(_CLAUSE.finditer(text)) if stated else []
    inside = {place for match, _ in stated for place in range(match.start(), match.end())}
    breaks = [each for each in breaks if each.end() - 1 not in inside]
    bounds = [0, *(each.start() for each in breaks), len(text)]
    later = [False, *(bool(each["later"]) for each in breaks)]
    owned = [[pair for pair in stated if start <= pair[0].start() < end] for start, end in pairwise(bounds)]
    for clause, here in enumerate(owned):
        if not here:
            continue
        lead = breaks[clause - 1].end() if clause else 0
        if _LEAD.fullmatch(text, lead, max(lead, here[0][0].start())):
            last = clause + 1
            while last < len(owned) and not later[last] and not owned[last]:
                last += 1
            edges = [*(match.start() for match, _ in here), bounds[last]]
        else:
            edges = [bounds[clause], *(match.end() for match, _ in here[:-1]), bounds[clause + 1]]
        for (first, end), (_, when) in zip(pairwise(edges), here, strict=True):
            yield first, end, when
