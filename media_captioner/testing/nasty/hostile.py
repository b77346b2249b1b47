"""Files made to hurt: lists that would open other files, things that are no files, and names that look like options."""

from __future__ import annotations

import os
import socket  # noqa: TID251 - a socket that lies in a folder, not a connection
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import UnsafeInput
from media_captioner.system import files
from media_captioner.testing.media import Picture, Sound, beeping, media_bytes
from media_captioner.testing.nasty.boxes import patched
from media_captioner.testing.nasty.case import Nasty, holding

_BEEP: Final = Fraction(1)


@cache
def _innocent() -> bytes:
    return media_bytes("wav", [Sound(beeping(2, _BEEP, rate=16_000, channels=1), 16_000, "pcm_s16le")])


_LISTS: Final = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{neighbour}\n#EXT-X-ENDLIST\n",
    "hls-after-a-mark": "\ufeff#EXTM3U\n#EXTINF:10,\n{neighbour}\n",
    "m3u": "#EXTM3U\n{neighbour}\n",
    "ffconcat": "ffconcat version 1.0\nfile neighbour.wav\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:full:2011">'
    "<Period><BaseURL>file://{neighbour}</BaseURL></Period></MPD>\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "smil": '<smil><body><audio src="file://{neighbour}"/></body></smil>\n',
    "pls": "[playlist]\nFile1={neighbour}\nNumberOfEntries=1\n",
    "asx": '<ASX version="3.0"><ENTRY><REF HREF="file://{neighbour}"/></ENTRY></ASX>\n',
    "asf-reference": "[Reference]\nRef1=http://127.0.0.1:9/x\n",
    "edl": "# mpv EDL v0\n{neighbour}\n",
    "xspf": '<?xml version="1.0"?><playlist version="1"><trackList><track><location>file://{neighbour}</location>'
    "</track></trackList></playlist>\n",
    "smooth-streaming": '<SmoothStreamingMedia MajorVersion="2" Duration="1"></SmoothStreamingMedia>\n',
    "imf": "<CompositionPlaylist><Id>urn:uuid:0</Id></CompositionPlaylist>\n",
}


def _list(kind: str, suffix: str) -> Nasty:
    def write(folder: Path) -> Path:
        neighbour = folder / "neighbour.wav"
        files.write_whole(neighbour, _innocent(), anything=True)
        path = folder / f"holiday-{kind}.{suffix}"
        files.write_whole(path, _LISTS[kind].format(neighbour=neighbour).encode(), anything=True)
        return path

    return Nasty(f"{kind}-as-{suffix}", write, refused=UnsafeInput)


def _external_media() -> bytes:
    """A film whose index says that its sound lies in another file; it does not, and no other file is looked for."""
    data = media_bytes("mov", [Sound(beeping(2, _BEEP), codec="pcm_s16be")], Picture(Fraction(2)))
    # 'url ': version (1), flags (3): the lowest bit says "in this file" (ISO/IEC 14496-12, 8.7.2)
    return patched(data, b"url ", 0, bytes(4), last=True)


def _fifo(folder: Path) -> Path:
    path = folder / "fifo.mp4"
    os.mkfifo(path)
    return path


def _folder(folder: Path) -> Path:
    path = folder / "folder.mp4"
    path.mkdir()
    return path


def _socket(folder: Path) -> Path:
    path = folder / "s.mp4"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(path)[:100])
    return path


def _device(folder: Path) -> Path:
    path = folder / "device.mp4"
    path.symlink_to("/dev/zero")
    return path


def _link(folder: Path) -> Path:
    files.write_whole(folder / "real.wav", _innocent(), anything=True)
    path = folder / "link.wav"
    path.symlink_to("real.wav")
    return path


_NAMES: Final = (
    "-i",
    "-y.wav",
    "--help",
    "concat:a.wav|b.wav",
    "http:x.wav",
    "pipe:0",
    "pipe:",
    "fd:0",
    "data:audio,x",
    "subfile,,start,0,end,9,,:x.wav",
    "file:x.wav",
    "crypto:x.wav",
    "async:cache:x",
    "%03d.wav",
    "100%.wav",
    "new\nline.wav",
    "carriage\rreturn.wav",
    "tab\there.wav",
    " leading and trailing ",
    "quote'\"`$(true);&|<>*?[x].wav",
    "back\\slash.wav",
    "x" * 250 + ".wav",
    "émoji-🎬-日本語.wav",
    "trailing-dot.",
    "wav",
    ".hidden",
    b"not-utf8-\xff\xfe.wav".decode("utf-8", "surrogateescape"),
)


def _named(name: str) -> Nasty:
    return Nasty(f"name {name!a}"[:60], holding(name, _innocent), (_BEEP,))


def _case(name: str, write: Callable[[Path], Path], **more: Any) -> Nasty:
    return Nasty(name, write, **more)


CASES: Final = (
    *(_list(kind, "mp4") for kind in _LISTS),
    _list("hls", "mkv"),
    _list("ffconcat", "wav"),
    _case("fifo", _fifo, refused=UnsafeInput),
    _case("folder", _folder, refused=UnsafeInput),
    _case("socket", _socket, refused=UnsafeInput),
    _case("device", _device, refused=UnsafeInput),
    _case("link", _link, beeps=(_BEEP,)),
    _case("external-media", holding("external-media.mov", _external_media), beeps=(_BEEP,)),
    *(_named(name) for name in _NAMES),
)
