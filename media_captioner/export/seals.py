"""Seals: how a file of ours is known even where the sidecar that recorded its hash is lost.

A seal is a comment of the format that holds the SHA-256 of what follows it. It proves nothing to an adversary; it
tells an edit from no edit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lxml import etree

_XML: Final = re.compile(
    rb"\A<\?xml[^>]*\?>\n(?:<!DOCTYPE [a-z]+>\n)?<!-- media_captioner sha256:([0-9a-f]{64}) -->\n"
)


def digest(body: bytes) -> str:
    """Return the SHA-256 of ``body``, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def xml_file(root: etree._Element, *, doctype: str = "") -> bytes:
    """Return a whole XML file in UTF-8 with a seal before its root element.

    Args:
        root: What it holds; it is indented by one space a level where that changes no text.
        doctype: Name for a document type declaration without a subset, or an empty string.

    """
    from lxml import etree

    etree.indent(root, " ")
    body: bytes = etree.tostring(root, encoding="UTF-8") + b"\n"
    declaration = f"<!DOCTYPE {doctype}>\n" if doctype else ""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n{declaration}<!-- media_captioner sha256:{digest(body)} -->\n'
    return head.encode() + body


def is_sealed_xml(data: bytes) -> bool:
    """Return whether ``data`` is as :func:`xml_file` returned it."""
    return _holds(_XML, data)


def sealed_lines(before: str, after: str, body: bytes) -> bytes:
    """Return ``body`` behind one line: ``before``, the seal, ``after``."""
    return f"{before}media_captioner sha256:{digest(body)}{after}\n".encode() + body


def is_sealed_lines(before: str, after: str, data: bytes) -> bool:
    """Return whether ``data`` is as :func:`sealed_lines` returned it."""
    pattern = rb"\A%b([0-9a-f]{64})%b\n" % (
        re.escape(f"{before}media_captioner sha256:").encode(),
        re.escape(after).encode(),
    )
    return _holds(re.compile(pattern), data)


def _holds(pattern: re.Pattern[bytes], data: bytes) -> bool:
    seal = pattern.match(data)
    return seal is not None and digest(data[seal.end() :]).encode() == seal[1]


_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """Return a JSON value in the one form that digests are taken of: members sorted, no spaces."""
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


def short_digest(form: bytes) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a value in canonical form."""
    return digest(form)[:12]


def json_digest(document: dict[str, Any]) -> str:
    """Return a digest of a JSON object that does not depend on its layout; a member ``digest`` is left out."""
    return digest_of_forms({key: (canonical(value),) for key, value in document.items() if key != "digest"})


def digest_of_forms(members: Mapping[str, Iterable[bytes]]) -> str:
    """Return what :func:`json_digest` does, of members whose values are in canonical form already, in pieces."""
    held = hashlib.sha256()
    for number, (key, pieces) in enumerate(sorted(members.items())):
        held.update(b"%b%b:" % (b"," if number else b"{", canonical(key)))
        for piece in pieces:
            held.update(piece)
    held.update(b"}" if members else b"{}")
    return "sha256:" + held.hexdigest()
