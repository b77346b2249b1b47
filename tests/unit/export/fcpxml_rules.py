"""What Final Cut Pro asks of FCPXML 1.10, as far as we write it: Apple's DTD cannot be had from a package index.

The content models and attributes follow Apple's DTD, which what these rules pass was held against by hand; the rules behind them (the frame grid, captions that do not
overlap, unique style names) are those that the DTD cannot say.
"""

from fractions import Fraction

from lxml import etree

from tests.unit.export.content_model import breaches

MODEL = {
    "fcpxml": ("resources1 library1", "version", ""),
    "resources": ("format1 asset1", "", ""),
    "format": ("", "id", "frameDuration width height name"),
    "asset": ("media-rep1", "id", "name start duration hasVideo hasAudio audioSources audioChannels audioRate format"),
    "media-rep": ("", "src kind", ""),
    "library": ("event1", "", ""),
    "event": ("project1", "", "name"),
    "project": ("sequence1", "", "name"),
    "sequence": ("spine1", "format", "duration tcStart tcFormat"),
    "spine": ("asset-clip1", "", ""),
    "asset-clip": ("note? caption* marker* keyword*", "ref", "name offset start duration format tcFormat audioRole"),
    "note": ("", "", ""),
    "caption": ("text* text-style-def*", "role duration", "lane offset start name"),
    "text": ("text-style*", "", "placement"),
    "text-style": ("", "", "ref font fontSize fontFace fontColor backgroundColor"),
    "text-style-def": ("text-style1", "id", ""),
    "marker": ("", "start value", "duration note"),
    "keyword": ("", "start value", "duration note"),
}  # fmt: skip
TIMES = {"start", "duration", "offset", "tcStart", "frameDuration"}


def faults(data):
    """Return every rule that a document breaks."""
    root = etree.fromstring(data)
    found = [] if b"<!DOCTYPE fcpxml>" in data else ["no DOCTYPE"]
    if root.tag != "fcpxml" or root.get("version") != "1.10":
        found.append("not FCPXML 1.10")
    for element in root.iter(etree.Element):
        found += _model(element)
    if found:
        return found
    frame = _seconds(root.find(".//format").get("frameDuration"))
    for element in root.iter(etree.Element):
        for name in TIMES & set(element.attrib):
            if (_seconds(element.get(name)) / frame).denominator != 1 and element.get(name) != "3600s":
                found.append(f"{element.tag} {name}={element.get(name)} is off the frame grid")
    return found + _captions(root) + _within(root)


def _model(element):
    found = breaches(element, MODEL)
    for name in TIMES & set(element.attrib):
        try:
            _seconds(element.get(name))
        except ValueError:
            found.append(f"{element.tag} {name}={element.get(name)!r} is no time")
    return found


def _seconds(text):
    if not text.endswith("s") or "." in text:
        raise ValueError(text)
    return Fraction(text[:-1])


def _captions(root):
    found, free = [], Fraction(-1)
    ids = [style.get("id") for style in root.iter("text-style-def")]
    if len(ids) != len(set(ids)):
        found.append("two styles have one id")
    for caption in root.iter("caption"):
        start = _seconds(caption.get("offset"))
        if start < free:
            found.append(f"captions overlap at {start}")
        free = start + _seconds(caption.get("duration"))
        defined = {style.get("id") for style in caption.iterfind("text-style-def")}
        used = {style.get("ref") for style in caption.iterfind("text/text-style")}
        found += [f"{name} is not defined" for name in used - defined]
        if not caption.get("role").startswith("iTT?captionFormat=ITT."):
            found.append(f"role {caption.get('role')}")
        if caption.get("start") != "3600s":
            found.append("a caption starts at 3600 s of its own time")
    return found


def _within(root):
    clip = root.find(".//asset-clip")
    asset = root.find(".//asset")
    found = [] if clip.get("start") == asset.get("start") else ["the clip starts elsewhere than its asset"]
    first = _seconds(clip.get("start"))
    last = first + _seconds(clip.get("duration"))
    outside = [m.tag for m in clip.iter("marker", "keyword") if not first <= _seconds(m.get("start")) < last]
    found += [f"a {name} lies outside the clip" for name in outside]
    if not asset.find("media-rep").get("src").startswith("file:///"):
        found.append("the media has no file address")
    return found
