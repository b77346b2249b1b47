"""XMP packets as trees: parsed with limits, looked through in each of the forms that RDF allows, written back."""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a packet that is merged into; the markers of ten hours have about 10 MB."""
DEEPEST: Final = 100
"""Levels of elements; a track's parameters lie ten deep."""

NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "mediacaptioner": "urn:media_captioner:xmp/1.0/",
}
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF: Final = f"{{{NAMESPACES['rdf']}}}"
_LI: Final = f"{_RDF}li"
ARRAYS: Final = {f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt"}


def tag(name: str) -> str:
    """Return the expanded form of ``dc:subject``."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def parse(data: bytes) -> etree._Element:
    """Parse a packet and return its ``rdf:RDF``.

    Raises:
        ValueError: it is beyond the limits of :func:`checked_tree`, or is no XMP.

    """
    root = checked_tree(data)
    found = root if root.tag == f"{_RDF}RDF" else root.find(f"{_RDF}RDF")
    if found is None:
        raise ValueError("it holds no rdf:RDF")
    return found


def checked_tree(data: bytes) -> etree._Element:
    """Parse XML that somebody else may have written, and return its root.

    Raises:
        ValueError: it is too large or too deep, has a document type declaration (the door of every entity attack),
            is not UTF-8, or is no XML.

    """
    if len(data) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 2**20} MiB")
    if b"\0" in data:
        raise ValueError("it is not UTF-8")
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise ValueError("it has a document type declaration")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=False)
    try:
        data.decode("utf-8")
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        raise ValueError(f"it is not XML: {error}") from error
    _check_depth(root)
    return root


def _check_depth(root: etree._Element) -> None:
    if root.xpath(f"boolean({'/*' * (DEEPEST + 1)})"):
        raise ValueError(f"its elements lie more than {DEEPEST} deep")


def replaced_root(data: bytes, root: etree._Element) -> bytes:
    """Return ``data`` with its root element as ``root`` is now; what stands before and after it stays byte for byte."""
    prefix = f"{root.prefix}:" if root.prefix else ""
    name = (prefix + etree.QName(root).localname).encode()
    start = re.search(rb"<" + re.escape(name) + rb"[\s>/]", data)
    ends = list(re.finditer(rb"</" + re.escape(name) + rb"\s*>", data))
    body: bytes = etree.tostring(root, encoding="UTF-8", with_tail=False)
    if start is None or not ends:
        return body + b"\n"
    return data[: start.start()] + body + data[ends[-1].end() :]


def find_property(rdf: etree._Element, name: str) -> etree._Element | None:
    """Return the element of a property, in whichever description it stands."""
    return next((found for found in rdf.iterfind(f"{_RDF}Description/{tag(name)}")), None)


def array_of(holder: etree._Element | None) -> etree._Element | None:
    """Return the Bag, Seq or Alt of a property, or None."""
    if holder is None:
        return None
    return next((child for child in holder if child.tag in ARRAYS), None)


def items(holder: etree._Element | None) -> list[etree._Element]:
    """Return the items of a property that is an array."""
    array = array_of(holder)
    return [] if array is None else array.findall(f"{_RDF}li")


def fields(item: etree._Element) -> etree._Element:
    """Return the element whose children and attributes are the fields of a structure.

    RDF writes a structure as ``parseType="Resource"``, as attributes, or as a description inside.
    """
    inner = item.find(f"{_RDF}Description")
    return item if inner is None else inner


def field_text(item: etree._Element, name: str) -> str | None:
    """Return the text of a simple field of a structure, in any form."""
    holder = fields(item)
    found = holder.findtext(tag(name))
    return found if found is not None else holder.get(tag(name))


def meaning(element: etree._Element) -> Any:
    """Return what a property or item says, whichever form RDF writes it in: a text, a list, or a mapping."""
    if not len(element) and not element.attrib:
        return element.text or ""
    for child in element:
        if child.tag in ARRAYS:
            return [meaning(item) for item in child if item.tag == _LI]
    holder = fields(element)
    told: dict[str, Any] = {
        str(key): value
        for key, value in holder.attrib.items()
        if not str(key).startswith(_RDF) and str(key) != XML_LANG
    }
    for child in holder:
        if isinstance(child.tag, str):
            told[child.tag] = meaning(child)
    return told or (element.text or "")


def remove(element: etree._Element) -> None:
    """Take an element out, and leave the text after it where it is."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
