"""XMP metadata for asset managers and editors (Adobe XMP Specification, parts 1 and 2).

Written: ``dc:description`` (the summary), ``dc:subject`` (keywords), ``dc:language`` (languages heard), the transcript
and the accessibility texts of the IPTC Video Metadata Hub, one ``xmpDM`` track of markers of our own, and one
``xmpMM:History`` event that says who wrote the metadata. Nothing is said about how the footage itself came to be:
``Iptc4xmpExt:DigitalSourceType`` describes the media, and captions by a machine do not make camera footage synthetic.

An XMP sidecar belongs to everybody, so it is never overwritten: whatever stands there is merged into.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.managers.rdf import NAMESPACES, parse, replaced_root, tag
from media_captioner.export.managers.xmp_update import update
from media_captioner.export.seals import digest
from media_captioner.model import Captions

_HEAD: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END: Final = b'<?xpacket end="w"?>\n'
_SEAL: Final = re.compile(rb"<!-- media_captioner sha256:([0-9a-f]{64}) -->\n")


class XmpSidecar:
    """Description, keywords and a track of markers, for asset managers and editors.

    Args:
        suffix: End of the file's name: ``.xmp`` in place of the media file's suffix, as part 3 of the specification
            has it, or ``{extension}.xmp`` after it, as darktable and some managers do.

    """

    name = "xmp"
    readers = (
        "digiKam, Immich, PhotoPrism, ResourceSpace, exiftool; Adobe programs for formats without embedding"
    )
    loss = "speaker, language and evidence of a cue are only in its marker's comment"

    def __init__(self, suffix: str = ".xmp") -> None:
        self.suffix = suffix

    @classmethod
    def named(cls, naming: str) -> list[XmpSidecar]:
        """Return the exporters for a naming policy: ``stem``, ``full`` or ``both``."""
        suffixes = {
            "stem": [".xmp"],
            "full": ["{extension}.xmp"],
            "both": [".xmp", "{extension}.xmp"],
        }[naming]
        return [cls(suffix) for suffix in suffixes]

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return a whole packet of our own."""
        root = etree.Element("{adobe:ns:meta/}xmpmeta", nsmap={"x": "adobe:ns:meta/"})
        rdf = etree.SubElement(root, tag("rdf:RDF"), nsmap={"rdf": NAMESPACES["rdf"]})
        known = {prefix: uri for prefix, uri in NAMESPACES.items() if prefix != "rdf"}
        etree.SubElement(rdf, tag("rdf:Description"), nsmap=known).set(tag("rdf:about"), "")
        etree.indent(root, " ")  # what is added keeps to it
        update(rdf, captions, context)
        return _sealed(etree.tostring(root, encoding="UTF-8") + b"\n")

    def is_ours(self, data: bytes) -> bool:
        """Return whether the packet is ours and unchanged."""
        seal = _SEAL.match(data, len(_HEAD.encode()))
        return (
            seal is not None
            and data.startswith(_HEAD.encode())
            and digest(data[seal.end() :].removesuffix(_END)).encode() == seal[1]
        )

    def can_merge(self, data: bytes) -> bool:
        """Return whether ``data`` is XMP within our limits, without a document type declaration."""
        try:
            parse(data)
        except ValueError:
            return False
        return True

    def merge(self, data: bytes, captions: Captions, context: ExportContext) -> bytes:
        """Return ``data`` with our part brought up to date and everything else as it was.

        Raises:
            ValueError: it is no XMP, or beyond our limits.

        """
        rdf = parse(data)
        if not update(rdf, captions, context):
            return data
        sealed = self.is_ours(data)
        merged = replaced_root(data, rdf.getroottree().getroot())
        if not sealed:
            return _SEAL.sub(b"", merged, count=1)  # ours before somebody else wrote into it
        body = merged[_SEAL.search(merged).end() :]  # type: ignore[union-attr]
        return _sealed(body.removesuffix(_END))


def _sealed(body: bytes) -> bytes:
    return _HEAD.encode() + f"<!-- media_captioner sha256:{digest(body)} -->\n".encode() + body + _END
