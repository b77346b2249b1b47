"""PBCore 2.1, the metadata standard of public-media archives."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_xml, xml_file
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import end_of
from media_captioner.model import Captions, Cue
from media_captioner.model.languages import three_letters
from media_captioner.timing import clock_time

_PBCORE: Final = "http://www.pbcore.org/PBCore/PBCoreNamespace.html"
_NOTHING: Final = "No description: nothing was heard."


class PbCore:
    """A description document with one part for each cue."""

    name = "pbcore"
    suffix = ".pbcore.xml"
    readers = "public-media archives (AAPB), archive management systems"
    loss = "each cue is one line; confidence, and evidence beside the sentence"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole document; its elements come in the order that the schema demands."""
        names: Any = {None: _PBCORE}  # the default namespace, which the stubs do not know
        root = etree.Element(f"{{{_PBCORE}}}pbcoreDescriptionDocument", nsmap=names)
        name = one_line(captions.media.path.name) or "…"
        _add(root, "pbcoreIdentifier", name, source="file name")
        if context.content_id:
            _add(root, "pbcoreIdentifier", context.content_id, source="media_captioner content identity")
        _add(root, "pbcoreTitle", one_line(captions.media.title or "") or name)
        for word in captions.keywords:
            if subject := one_line(word, 200):
                _add(root, "pbcoreSubject", subject, source="media_captioner")
        summary = clean(captions.summary or "").strip()
        _add(root, "pbcoreDescription", summary or _NOTHING, descriptionType="Sound summary")
        _instantiation(root, captions, name)
        _add(root, "pbcoreAnnotation", f"Described by media_captioner {context.version}, a machine.")
        for number, cue in enumerate(captions.cues, 1):
            _part(root, cue, number, name)
        return xml_file(root)

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_xml(data)


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_PBCORE}}}{name}", attributes)
    element.text = text
    return element


def _instantiation(root: etree._Element, captions: Captions, name: str) -> None:
    one = _add(root, "pbcoreInstantiation")
    _add(one, "instantiationIdentifier", name, source="file name")
    _add(one, "instantiationLocation", name)
    if captions.media.timecode:
        _add(one, "instantiationTimeStart", one_line(captions.media.timecode, 20))
    _add(one, "instantiationDuration", clock_time(end_of(captions)))
    for code in dict.fromkeys(filter(None, map(three_letters, captions.spoken))):
        _add(one, "instantiationLanguage", code, source="ISO 639-2")


def _part(root: etree._Element, cue: Cue, number: int, name: str) -> None:
    part = _add(
        root,
        "pbcorePart",
        partType=cue.category,
        startTime=clock_time(cue.start),
        endTime=clock_time(cue.end),
    )
    _add(part, "pbcoreIdentifier", f"{name}#{number}", source="media_captioner")
    _add(part, "pbcoreTitle", one_line(cue.text) or "…")
    sentences = dict.fromkeys(one_line(each.sentence, 500) for each in cue.evidence)
    _add(part, "pbcoreDescription", " ".join(filter(None, sentences)) or one_line(cue.text) or "…")
