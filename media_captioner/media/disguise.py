"""Files that are not what their name says, told from their first bytes before any library opens them.

A playlist named ``holiday.mp4`` would make a media library open whatever it names: the neighbour's private
video, a server inside the network. The allow-list of formats refuses it too; this says so in plain words, and
earlier.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, Final

from media_captioner.errors import (
    CorruptMedia,
    MediaError,
    MediaNotFound,
    UnsafeInput,
    UnsupportedMedia,
    reason_of,
)

_HEAD: Final = 4096  # bytes; every one of these formats shows itself sooner

_PLAYLISTS: Final = (
    (re.compile(rb"\A#EXTM3U|^#EXT-X-", re.MULTILINE), "an HLS or M3U playlist"),
    (re.compile(rb"\Affconcat version"), "an ffconcat list"),
    (re.compile(rb"<MPD[\s>]"), "a DASH manifest"),
    (re.compile(rb"\Av=0\s|^c=IN ", re.MULTILINE), "an SDP session description"),
    (re.compile(rb"\ARTSPtext", re.IGNORECASE), "a reference to a stream"),
    (re.compile(rb"\A\[playlist\]", re.IGNORECASE), "a PLS playlist"),
    (re.compile(rb"\A\[Reference\]", re.IGNORECASE), "a reference to a stream"),
    (re.compile(rb"\A# mpv EDL|\Ampv EDL"), "an edit decision list"),
    (re.compile(rb"<smil[\s>]", re.IGNORECASE), "a SMIL presentation"),
    (re.compile(rb"<asx[\s>]", re.IGNORECASE), "an ASX playlist"),
    (re.compile(rb"<SmoothStreamingMedia[\s>]"), "a Smooth Streaming manifest"),
    (re.compile(rb"<manifest[\s>]"), "a streaming manifest"),
    (re.compile(rb"<playlist[\s>]"), "an XSPF playlist"),
    (re.compile(rb"<CompositionPlaylist[\s>]"), "an IMF composition playlist"),
)

_SIGNATURES: Final = re.compile(
    rb"\A(?:.{4}(?:ftyp|moov|mdat|wide|free|skip|pnot)|\x1aE\xdf\xa3|RIFF|RIFX|RF64|OggS|fLaC|FLV\x01|\x30\x26\xb2\x75"
    rb"|G.{187}G|.{4}G.{191}G|\x00\x00\x01[\xb3\xba]|ID3|FORM|\x06\x0e\x2b\x34|caff|\.RMF|wvpk|MAC |TTA1|#!AMR|DSD |nut/"
    rb"|\.snd|\xff[\xe2-\xfb]|\x0b\x77|riff\x2e\x91\xcf\x11)",
    re.DOTALL,
)

_BOXES: Final = 100_000  # boxes looked at before a search for the index is given up


def refuse_disguise(path: Path, size: int) -> None:
    """Refuse a file that its first bytes give away as empty, as text, or as a list of other files.

    Args:
        path: A regular file; it is read, nothing else is.
        size: Its bytes.

    Raises:
        CorruptMedia: it is empty.
        UnsafeInput: it is a playlist or manifest, which would make a media library open other files.
        UnsupportedMedia: it is text.
        MediaNotFound: it cannot be read.

    """
    if size == 0:
        raise CorruptMedia(
            f"Cannot read {path}: the file is empty",
            hint="The copy or the recording did not finish: copy it again.",
        )
    head = _head(path)
    if b"\x00" in head:
        return
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, name in _PLAYLISTS:
        if pattern.search(text):
            raise UnsafeInput(
                f"Did not open {path}: it is {name}, which would make us read other files or the network",
                hint="Name the media files themselves.",
            )
    if _is_text(head):
        raise UnsupportedMedia(
            f"Cannot read {path}: it is text, not media", hint="Name a video or sound file."
        )


def explain_failure(path: Path, reason: str) -> MediaError:
    """Say why a file that FFmpeg could not open cannot be opened, as precisely as its bytes tell.

    Args:
        path: The file.
        reason: FFmpeg's own words.

    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head[4:8] in {b"ftyp", b"mdat", b"wide", b"free", b"skip"} and not _has_index(file):
            return CorruptMedia(
                f"Cannot read {path}: its index (the moov box) is missing, so the recording was never finished "
                "or the copy is cut short",
                hint="Copy the file again; if the original is like this, the camera's own repair may mend it.",
            )
    if _SIGNATURES.match(head):
        return CorruptMedia(
            f"Cannot read {path}: it begins like media but is damaged or cut short ({reason})",
            hint="Play it in another program; if it stays silent there too, copy it again.",
        )
    return UnsupportedMedia(
        f"Cannot read {path}: it is not media of a kind that is opened here ({reason})",
        hint="Name a video or sound file; if it is one, play it in another program, and copy it again.",
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise MediaNotFound(f"Cannot read {path}: {reason_of(error)}") from error


def _is_text(head: bytes) -> bool:
    # The last character may be cut through by the end of what was read.
    try:
        text = head.decode("utf-8", "strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return len(text) > len(head) // 4 and all(c.isprintable() or c in "\t\n\r\f\x1b" for c in text)


def _has_index(file: BinaryIO) -> bool:
    """Return whether a file of the MP4 family holds a ``moov`` box (ISO/IEC 14496-12, 8.2.1) at its top level."""
    end = file.seek(0, 2)
    position = 0
    for _ in range(_BOXES):
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return False
        size, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if kind == b"moov":
            return position + size <= end
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if size < 8:  # 0 is "until the end of the file"; the rest is damage
            return False
        position += size
    return False
