"""Cleaning what a captioner wrote before anything is read from it.

Descriptions come with markdown, control tokens of the model, straight quotation marks, dashes flattened to
hyphens and now and then a word of another script that leaked into the English. Offsets of all facts count in the
cleaned text.
"""

from __future__ import annotations

import re
from typing import Final

_SPECIAL_TOKENS: Final = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|</?(?:think|s|answer|caption|audio)>", re.IGNORECASE
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\r\n?|[\n\x0b\x0c\u2028\u2029\x85]")
_SPACES: Final = re.compile(r"  +")
_MARKED: Final = frozenset("#-*+•‣▪`~_=")
_MARK: Final = re.compile(r"^(?:#{1,6} +|[-*+•‣▪] +|\d{1,2}[.)] +)")
_RULE: Final = re.compile(r"^(?:(?:[-*_=] ?){3,}|(?:```|~~~)\w*)$")
_EMPHASIS: Final = re.compile(
    r"(?<![\w*_])(\*{1,3}|_{1,3}|`{1,3})(?=[^\s*_`])([^\n*_`]{1,300}?)(?<=[^\s*_`])\1(?![\w*_])"
)
_BLANK: Final = re.compile(r"\n{3,}")

# A hyphen that stands for a dash: what follows could not be the second part of a compound, and no third part
# follows ("black-and-white", "on-the-fly").
_GLUED: Final = re.compile(
    r"-(?<=[a-z”’)]-)(?=(?:likely|possibly|perhaps|probably|presumably|maybe|approximately|roughly|suggesting|"
    r"indicating|implying|such|particularly|especially|including|namely|which|who|where|when|while|but|and|"
    r"yet|though|although|as|not|no|a|an|the|this|these|his|her|their|its|it|with|without|caught|captured|"
    r"ranging|from|evoking|reminiscent|typical|characteristic|followed|then|most|either|so|if)\b(?!-))"
)
_SPACED: Final = re.compile(r"(?<=[\w.,”’)]) (?:--?|–) (?=[\w“‘(])|(?<=\w)--(?=\w)")

# Scripts that have no place in English prose outside quotation marks.
_FOREIGN: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f\u0600-\u06ff\u0400-\u04ff"
    r"\u0900-\u097f\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f\u2e80-\u2eff]+"
)
_QUOTED: Final = re.compile(
    r"“[^“”\n]{0,800}”|「[^「」\n]{0,800}」|『[^『』\n]{0,800}』|«[^«»\n]{0,800}»|„[^„“”\n]{0,800}[“”]|\([^()\n]{0,400}\)|《[^《》\n]{0,200}》|‘[^‘’\n]{0,400}’"
)


def clean(text: str) -> str:
    """Return ``text`` as the rest of this room reads it.

    Line ends become line feeds, control characters, markup and control tokens of models go, straight double
    quotation marks become typographic ones, hyphens that stand for dashes become dashes, and words of another
    script outside quotation marks and brackets go.

    Args:
        text: A description, or any other text.

    """
    if "<" in text:
        text = _SPECIAL_TOKENS.sub(" ", text)
    text = "\n".join(map(_line, _BREAKS.split(text)))
    if "*" in text or "_" in text or "`" in text:
        text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    if '"' in text or "＂" in text:
        text = "\n".join(map(_curled, text.split("\n")))
    if any(dash in text for dash in (" - ", " – ", "--")):
        text = _SPACED.sub("—", text)
    text = _without_leaks(_GLUED.sub("—", text))
    return _BLANK.sub("\n\n", text).strip()


def _line(line: str) -> str:
    """Return one line without control characters, needless white space and marks of headings and lists."""
    if not line.isprintable():
        line = _CONTROLS.sub("", line)
    line = " ".join(line.split())
    if line[:1] in _MARKED or line[:1].isdigit():
        if _RULE.match(line):
            return ""
        line = _MARK.sub("", line, count=1)
    return line


def _curled(line: str) -> str:
    """Return one line with its straight double quotation marks turned, by what stands beside them."""
    parts = re.split(r'["＂]', line)
    out = [parts[0]]
    inside = False
    for after in parts[1:]:
        # Where nothing is quoted and no word follows, the mark cannot open: inches, or a lost partner.
        inside = not inside and bool(after) and after[0] not in " .,;:!?)"
        out.append("“" if inside else "”")
        out.append(after)
    return "".join(out)


def _without_leaks(text: str) -> str:
    if text.isascii() or not _FOREIGN.search(text):
        return text
    kept = [match.span() for match in _QUOTED.finditer(text)]
    out: list[str] = []
    position = index = 0
    for match in _FOREIGN.finditer(text):
        while index < len(kept) and kept[index][1] <= match.start():
            index += 1
        if index < len(kept) and kept[index][0] <= match.start():
            continue
        out.append(text[position : match.start()])
        out.append(" " if text[match.start() - 1 : match.start()].isalnum() else "")
        position = match.end()
    out.append(text[position:])
    return _SPACES.sub(" ", "".join(out))
