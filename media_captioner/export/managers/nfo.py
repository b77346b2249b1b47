"""NFO files, from which Kodi, Jellyfin and Emby take a film's title, plot and tags.

An NFO file is often somebody's careful work, so it is merged into: our tags carry an attribute that its readers do not
look at, and only they are replaced; the plot is ours only where there was none.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.managers.rdf import checked_tree, replaced_root
from media_captioner.export.seals import is_sealed_xml, xml_file
from media_captioner.export.text import clean, one_line
from media_captioner.model import Captions

_OURS: Final = "media_captioner"
_BY: Final = "by"  # the attribute; readers look at names and texts only
_ROOTS: Final = ("movie", "episodedetails", "musicvideo")


class Nfo:
    """Title, plot and tags for media servers."""

    name = "nfo"
    suffix = ".nfo"
    readers = "Kodi, Jellyfin, Emby"
    loss = "only the summary (as the plot, where there is none) and the keywords (as tags)"

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return a whole file of our own."""
        root = etree.Element("movie")
        title = etree.SubElement(root, "title")
        title.text = one_line(captions.media.title or "") or one_line(captions.media.path.stem) or "…"
        _update(root, captions)
        return xml_file(root)

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_xml(data)

    def can_merge(self, data: bytes) -> bool:
        """Return whether ``data`` is one XML document about a film, an episode or a music video."""
        try:
            return checked_tree(data).tag in _ROOTS
        except ValueError:
            return False  # some hold only an address, or one after the XML

    def merge(self, data: bytes, captions: Captions, context: ExportContext) -> bytes:
        """Return ``data`` with our tags and our plot brought up to date and everything else as it was.

        Raises:
            ValueError: it is not XML, or beyond our limits.

        """
        if self.is_ours(data):
            return self.write(captions, context)
        root = checked_tree(data)
        return replaced_root(data, root) if _update(root, captions) else data


def _update(root: etree._Element, captions: Captions) -> bool:
    """Bring what is ours up to date, and return whether anything had to change."""
    summary = clean(captions.summary or "").strip()
    foreign = {_text(found) for found in root.iterfind("tag") if found.get(_BY) != _OURS}
    words = [
        word for keyword in captions.keywords if (word := one_line(keyword, 200)) and word not in foreign
    ]
    plots = (
        [] if any(found.get(_BY) != _OURS for found in root.iterfind("plot")) else [summary] * bool(summary)
    )
    changed = [_replace(root, "plot", plots), _replace(root, "tag", list(dict.fromkeys(words)))]
    return any(changed)


def _replace(root: etree._Element, name: str, texts: list[str]) -> bool:
    """Make ``texts`` our elements called ``name``, where they are not already."""
    old = [found for found in root.iterfind(name) if found.get(_BY) == _OURS]
    if [_text(found) for found in old] == texts:
        return False
    for found in old:
        root.remove(found)
    for text in texts:
        element = etree.SubElement(root, name, {_BY: _OURS})
        element.text = text
        element.tail = "\n"
    return True


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
