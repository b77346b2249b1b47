"""schema.org VideoObject as JSON-LD, for web pages and search engines."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from media_captioner.export.base import ExportContext
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import end_of
from media_captioner.model import Captions
from media_captioner.timing import decimal_seconds


class VideoObject:
    """What a search engine reads of a video on a page."""

    name = "jsonld"
    suffix = ".jsonld"
    readers = "web pages and search engines (schema.org VideoObject or AudioObject)"
    loss = "only speech is in the transcript, sounds are clips of their own; evidence and confidence; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return one object. It says nothing of who made the media, and nothing that the page has to add (address)."""
        name = clean(captions.media.path.name)
        spoken = [one_line(cue.text) for cue in captions.cues if cue.category == "speech"]
        document: dict[str, Any] = {
            "@context": "https://schema.org",
            "@type": "VideoObject" if captions.media.video else "AudioObject",
            "name": one_line(captions.media.title or captions.media.path.stem, 200) or name,
            "description": clean(captions.summary or ""),
            "keywords": [one_line(word, 200) for word in captions.keywords],
            "inLanguage": list(captions.spoken),
            "duration": _duration(end_of(captions)),
            "accessibilityFeature": ["captions"],
            "transcript": "\n".join(line for line in spoken if line),
            "caption": [
                {
                    "@type": "MediaObject",
                    "encodingFormat": "text/vtt",
                    "inLanguage": captions.language,
                    "contentUrl": written,
                }
                for written in context.written
                if written.endswith(f".{captions.language}.vtt") and "/" not in written
            ],
            "hasPart": [
                {
                    "@type": "Clip",
                    "name": one_line(cue.text) or "…",
                    "startOffset": _number(cue.start),
                    "endOffset": _number(cue.end),
                }
                for cue in captions.cues
            ],
        }
        held = {key: value for key, value in document.items() if value not in ("", [])}
        text = json.dumps(held, ensure_ascii=False, indent=1)
        # Whoever puts it between script tags must not have them closed by a caption.
        return (text.replace("<", "\\u003c").replace(">", "\\u003e") + "\n").encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: schema.org has no place for a seal."""
        return False


def _duration(seconds: Fraction) -> str:
    """Write a length of time as ISO 8601 does (``PT1H2M3.5S``)."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"PT{hours}H{minutes}M{decimal_seconds(rest, 3)}S"


def _number(seconds: Fraction) -> float:
    return round(float(max(Fraction(0), seconds)), 3)
