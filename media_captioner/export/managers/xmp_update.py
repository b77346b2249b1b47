"""Bringing our part of an XMP packet up to date, and nothing else.

What we write is known again by a list of digests in a property of our own (``mediacaptioner:wrote``), so that three
things can be told apart: what we wrote, what somebody wrote, and what somebody took away after we wrote it. The rule for
a text: where somebody else's stands, it stays; where ours stands, it is replaced; where ours was taken away, it stays
away. The rule for a list is the same, word by word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.managers import xmp_track
from media_captioner.export.managers.rdf import (
    XML_LANG,
    array_of,
    field_text,
    find_property,
    items,
    meaning,
    remove,
    tag,
)
from media_captioner.export.text import clean, one_line
from media_captioner.model import Captions

_WROTE: Final = "mediacaptioner:wrote"
_LONGEST_PROSE: Final = 20_000  # characters; a description, not the archive
_LONGEST_ALT: Final = 250  # IPTC: the alternative text is meant to stay within 250 characters


def update(rdf: etree._Element, captions: Captions, context: ExportContext) -> bool:
    """Bring our part of ``rdf`` up to date, and return whether anything had to change."""
    packet = _Packet(rdf)
    for name, value in _texts(captions):
        packet.text(name, value)
    packet.words("dc:subject", [one_line(word, 200) for word in captions.keywords])
    if context.options.tags_list:
        packet.words("digiKam:TagsList", [one_line(word, 200) for word in captions.keywords], array="Seq")
    packet.words("dc:language", captions.spoken)
    packet.track(captions)
    packet.record()
    if packet.changed:
        packet.stamp(context)
    return packet.changed


def _texts(captions: Captions) -> Iterable[tuple[str, str]]:
    summary = clean(captions.summary or "").strip()
    yield "dc:description", summary
    # IPTC Video Metadata Hub 1.5: the transcript is of speech; the accessibility fields say what is to be heard.
    spoken = [one_line(cue.text) for cue in captions.cues if cue.category == "speech"]
    yield "Iptc4xmpExt:Transcript", "\n".join(line for line in spoken if line)
    prose = " ".join(
        one_line(segment.description.prose, _LONGEST_PROSE)
        for segment in captions.segments
        if segment.description
    )
    yield "Iptc4xmpCore:ExtDescrAccessibility", one_line(prose, _LONGEST_PROSE)
    yield "Iptc4xmpCore:AltTextAccessibility", one_line(summary, _LONGEST_ALT)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Packet:
    rdf: etree._Element
    changed: bool = False
    before: set[str] = field(default_factory=set)
    wrote: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = {item.text or "" for item in items(find_property(self.rdf, _WROTE))}

    def text(self, name: str, value: str) -> None:
        """Bring the default text of a language alternative up to date (XMP part 1, 8.2.2.4: it is the first item)."""
        holder = find_property(self.rdf, name)
        stands = _default_text(holder)
        prefix = f"{name} "
        ours = {entry for entry in self.before if entry.startswith(prefix)}
        if holder is None:
            if ours:  # somebody took it away
                self.wrote += sorted(ours)
            elif value:
                item = etree.SubElement(xmp_track.array(self.home(), name, "Alt"), tag("rdf:li"))
                item.set(XML_LANG, "x-default")
                item.text = value
                self._inserted(item.getparent().getparent(), prefix + _digest(value))  # type: ignore[union-attr, arg-type]
            return
        if stands is None or prefix + _digest(stands.text or "") not in ours:
            return  # somebody else's
        if value:
            self.wrote.append(prefix + _digest(value))
            if stands.text != value:
                stands.text = value
                self.changed = True
            return
        remove(holder if len(items(holder)) == 1 else stands)
        self.changed = True

    def words(self, name: str, values: Sequence[str], *, array: str = "Bag") -> None:
        """Bring our words in a list up to date; those of others stay, those that were taken away stay away."""
        wanted = [value for value in dict.fromkeys(values) if value]
        prefix = f"{name} "
        ours = {entry for entry in self.before if entry.startswith(prefix)}
        holder = find_property(self.rdf, name)
        standing = {item.text or "": item for item in items(holder)}
        for word, item in standing.items():
            if prefix + _digest(word) in ours and word not in wanted:
                remove(item)
                self.changed = True
        missing = [word for word in wanted if word not in standing and prefix + _digest(word) not in ours]
        # What stood there before we came is somebody else's, even where we would have said the same.
        self.wrote += [
            entry for word in wanted if (entry := prefix + _digest(word)) in ours or word not in standing
        ]
        if not missing:
            return
        if holder is not None and array_of(holder) is None:
            return  # somebody wrote it in another form; it is theirs
        bag = array_of(holder) if holder is not None else xmp_track.array(self.home(), name, array)
        assert bag is not None  # noqa: S101 - for the type checker: just looked at or made
        for word in missing:
            etree.SubElement(bag, tag("rdf:li")).text = word
        self._tidy(bag.getparent())
        self.changed = True

    def track(self, captions: Captions) -> None:
        """Replace our track where it stands, or add it; other programs' tracks are not touched."""
        holder = find_property(self.rdf, "xmpDM:Tracks")
        bag = array_of(holder)
        if holder is not None and bag is None:
            return
        old = [item for item in items(holder) if field_text(item, "xmpDM:trackName") == xmp_track.TRACK_NAME]
        if not captions.cues:
            for item in old:
                remove(item)
                self.changed = True
            return
        told = xmp_track.track_of(captions)
        if len(old) == 1 and _says(old[0], told):
            return
        self.changed = True
        if bag is None:
            bag = xmp_track.array(self.home(), "xmpDM:Tracks", "Bag")
            self._tidy(bag.getparent())
        level = _level(bag)
        for item in old[1:]:
            remove(item)
        new = xmp_track.structure_element(told, "\n" + " " * (level + 1))
        if old:
            bag.replace(old[0], new)  # in the same place among the others
        else:
            bag.append(new)
            previous = new.getprevious()
            if previous is None:
                bag.text = "\n" + " " * (level + 1)
            elif not (previous.tail or "").strip():
                previous.tail = "\n" + " " * (level + 1)
        new.tail = ("\n" + " " * (level + 1)) if new.getnext() is not None else "\n" + " " * level

    def record(self) -> None:
        """Write down what is ours."""
        holder = find_property(self.rdf, _WROTE)
        wanted = list(dict.fromkeys(self.wrote))
        if set(wanted) == self.before:
            return
        self.changed = True
        if holder is not None:
            remove(holder)
        if wanted:
            bag = xmp_track.array(self.home(), _WROTE, "Bag")
            for entry in wanted:
                etree.SubElement(bag, tag("rdf:li")).text = entry
            self._tidy(bag.getparent())

    def stamp(self, context: ExportContext) -> None:
        """Say when the metadata was changed and by whom. Nothing is said of who made the media."""
        now = context.now.isoformat(timespec="seconds")
        self._replace("xmp:MetadataDate", now)
        history = find_property(self.rdf, "xmpMM:History")
        if history is not None and array_of(history) is None:
            return
        events = array_of(history)
        if events is None:
            events = xmp_track.array(self.home(), "xmpMM:History", "Seq")
        ours = [
            item
            for item in items(events.getparent())
            if (field_text(item, "stEvt:softwareAgent") or "").startswith(f"{xmp_track.TRACK_NAME} ")
        ]
        for item in ours:  # one event of ours is enough: a nightly run must not grow a history
            remove(item)
        event = xmp_track.structure(events)
        xmp_track.text(event, "stEvt:action", "saved")
        xmp_track.text(event, "stEvt:when", now)
        xmp_track.text(event, "stEvt:softwareAgent", f"{xmp_track.TRACK_NAME} {context.version}")
        xmp_track.text(event, "stEvt:changed", "/metadata")
        self._tidy(events.getparent())

    def home(self) -> etree._Element:
        """Return the description that takes what is new."""
        found = self.rdf.find(tag("rdf:Description"))
        if found is None:
            found = etree.SubElement(self.rdf, tag("rdf:Description"))
            found.set(tag("rdf:about"), "")
        return found

    def _replace(self, name: str, value: str) -> None:
        """Bring a simple property up to date where there is one.

        None is added: digiKam takes a MetadataDate for the day on which the video was made, if no other date is there.
        """
        holder = find_property(self.rdf, name)
        if holder is not None:
            holder.text = value
            return
        for description in self.rdf.iterfind(tag("rdf:Description")):
            if tag(name) in description.attrib:
                description.set(tag(name), value)
                return

    def _inserted(self, element: etree._Element, entry: str) -> None:
        self.wrote.append(entry)
        self.changed = True
        self._tidy(element)

    def _tidy(self, element: etree._Element | None) -> None:
        """Indent a property of ours or one that we added to."""
        if element is None:
            return
        level = _level(element)
        etree.indent(element, " ", level=level)
        previous = element.getprevious()
        parent = element.getparent()
        if previous is not None and not (previous.tail or "").strip():
            previous.tail = "\n" + " " * level
        elif previous is None and parent is not None and not (parent.text or "").strip():
            parent.text = "\n" + " " * level
        if element.getnext() is None:
            element.tail = "\n" + " " * (level - 1)


def _says(item: etree._Element, told: xmp_track.Structure) -> bool:
    """Return whether ``item`` says what is ``told``, in whichever form it is written."""
    ours = xmp_track.structure_element(told, "\n" + " " * _level(item))
    # As we would write it, which takes a comparison of bytes; what another program wrote anew has to be looked into.
    if item.attrib == ours.attrib and item.nsmap.items() >= ours.nsmap.items():
        stands, wanted = (etree.tostring(each, encoding="UTF-8", with_tail=False) for each in (item, ours))
        if stands.partition(b">")[2] == wanted.partition(b">")[2]:
            return True
    return bool(meaning(item) == told)


def _level(element: etree._Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _default_text(holder: etree._Element | None) -> etree._Element | None:
    found = items(holder)
    return next((item for item in found if item.get(XML_LANG) == "x-default"), None)
