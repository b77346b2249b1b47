"""The recordings that the scene is made of: where each comes from, who made it, on what terms.

All of them lie in Debian packages. Unpack each with ``dpkg -x`` into a folder of its own name::

    apt-get download scratch && dpkg -x scratch_*.deb SOURCES/scratch

The versions are those of Debian 12 (bookworm). A file that differs from the one used here is refused, so the
script makes the same sound every time.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Audio as float32, shape (channels, samples), full scale 1.0."""

RATE: Final = 48_000
"""Samples per second of everything after decoding."""

_TILESETS = "usr/share/games/megaglest/tilesets"
_KART = "usr/share/games/supertuxkart/data/sfx"
_SCRATCH = "usr/share/scratch/Media/Sounds"
_LIBRIVOX = "usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb"
_MINETEST = "usr/share/games/minetest/games/minetest_game/mods/default/sounds"
_CARLO = "usr/share/asterisk/sounds/it_IT_m_Carlo"

PACKAGES: Final = {
    "asterisk-core-sounds-it-g722": "1.6.1-1",
    "gcompris-qt-data": "3.1-2",
    "megaglest-data": "3.13.0-3",
    "minetest-data": "5.6.1+dfsg+~1.9.0mt8+dfsg-2",
    "pocketsphinx-testdata": "0.8+5prealpha+1-15",
    "scratch": "1.4.0.6~dfsg1-6.1",
    "supertuxkart-data": "1.4+dfsg-2",
}
"""Debian package -> version."""


@dataclass(frozen=True)
class Source:
    """One recording: ``path`` inside ``package``; ``member`` where that file is a Qt resource archive."""

    package: str
    path: str
    sha256: str
    author: str
    licence: str
    member: str = ""


SOURCES: Final = {
    "bell": Source("scratch", f"{_SCRATCH}/Effects/BellToll.wav", "8c1c47c2629a95c4a934b7269fcb857c2764554fcbe56474fd01901427fc585d", "Massachusetts Institute of Technology", "CC-BY-SA-3.0"),
    "bark": Source("scratch", f"{_SCRATCH}/Animal/Dog1.wav", "9c5cbb173c58e12b9567a43d76a6d586f020ccefd4d0073b8bcc6d3f561c604e", "Massachusetts Institute of Technology", "CC-BY-SA-3.0"),
    "birds": Source("megaglest-data", f"{_TILESETS}/dark_forest/sounds/day.ogg", "ef65da831030fcdab20b9131b74e954c4ab4c66fa3c42fb934ed30c3a6137273", "The MegaGlest Team", "CC-BY-SA-3.0"),
    "crickets": Source("megaglest-data", f"{_TILESETS}/dark_forest/sounds/night.ogg", "4ed415055e247959165ceaaaa221d13322908877e6c69fb13b002fd22b08f06c", "The MegaGlest Team", "CC-BY-SA-3.0"),
    "rain": Source("megaglest-data", f"{_TILESETS}/autumn/sounds/rain.ogg", "7329a4a61f7739e19cc999e418ec209b7f4ca183eab2d3dcda53bbacc332ac31", "The MegaGlest Team", "CC-BY-SA-3.0"),
    "rolling thunder": Source("megaglest-data", f"{_TILESETS}/desert2/sounds/rain.wav", "3b4ae0f78fe971d8af259c1fc022dc512106dee2fd39aa9581e311d014ab2430", "The MegaGlest Team", "CC-BY-SA-3.0"),
    "thunderclap": Source("supertuxkart-data", f"{_KART}/thunder.ogg", "3271db3653ea174d416f4b0fd8277d15c85993bdf78f6c3e70ffaca515db98b3", "Mike Koenig, edited by Marianne Gagnon", "CC-BY-3.0"),
    "horn": Source("supertuxkart-data", f"{_KART}/horn.ogg", "ad50108a7010d9e98ab9a6b29a88cfc465e05a8b4559f89fe57bb7d1f2e57c84", "Mike Koenig, edited by Marianne Gagnon and Magne Djupvik", "CC-BY-3.0"),
    "car": Source("supertuxkart-data", f"{_KART}/car_accel.ogg", "87144a52bc7e5345c89e5894b9649426a7ce847e906e65feff69a15e41c8c270", "SnapJunkie (also written SpeedJunkie)", "CC-BY-3.0"),
    "applause": Source("supertuxkart-data", f"{_KART}/gp_end.ogg", "8ec7dbb502fefc28ba9cab787bf350671378fe83010ab2aa0e0d4527e7031149", "Mike Koenig", "CC-BY-3.0"),
    "glass": Source("minetest-data", f"{_MINETEST}/default_break_glass.3.ogg", "dea3a98e822bbbf8d5b499cee0c39629a23239f0997694568875dc2e20401067", "lsprice", "CC-BY-3.0"),
    "pane": Source("minetest-data", f"{_MINETEST}/default_break_glass.1.ogg", "fce70466ad16acccc7719b0b1030ced883c0fd77ff978c27b56ba0a7dce1a8a3", "cmusounddesign", "CC-BY-3.0"),
    "young man": Source("pocketsphinx-testdata", f"{_LIBRIVOX}-0880.wav", "fbec491ef00ee734a67f0ee318e98c51c157b479e1629ff4f4426861ecac0414", "LibriVox reader", "public domain"),
    "unless": Source("pocketsphinx-testdata", f"{_LIBRIVOX}-0890.wav", "5793ffbdee55fb8bfd284943a6866864c832d9d4accf2661cabd39915c84ee10", "LibriVox reader", "public domain"),
    "amiable": Source("pocketsphinx-testdata", f"{_LIBRIVOX}-0930.wav", "954adbf0b56ac8a148cbe77b39ca18d76b5f2a1e1f405565bd786ce3e68a68b7", "LibriVox reader", "public domain"),
    "weasels": Source("asterisk-core-sounds-it-g722", f"{_CARLO}/tt-weasels.g722", "f4d7f84605b33ee2553a0adc3590bb4ca1581dc71ccd15207dad6024e8be1927", "Carlo Flora", "CC-BY-3.0"),
    "fiddle": Source(
        "gcompris-qt-data",
        "usr/share/gcompris-qt/rcc/explore_world_music.rcc",
        "3249828302afa7769b8acbb699347814d5ba0a7f468e7e51081b4f298a074fda",
        "peakfiddler",
        "CC-BY-3.0",
        member="gcompris/src/activities/explore_world_music/resource/music/ireland.ogg",
    ),
}  # fmt: skip


def load(name: str, root: Path) -> Sound:
    """Decode the recording ``name`` found under ``root`` to 48 kHz, keeping one or two channels.

    Raises:
        FileNotFoundError: the package is not unpacked there.
        ValueError: the file is another than the one the scene was made of.
    """
    source = SOURCES[name]
    path = root / source.package / source.path
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: unpack Debian's {source.package} {PACKAGES[source.package]} into {root / source.package}"
        )
    data = path.read_bytes()
    if source.member:
        data = _qt_resource(data, source.member)
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise ValueError(f"{path}: sha256 {digest}, expected {source.sha256}; is it another version?")
    return _decode(data, path.suffix)


def _decode(data: bytes, suffix: str) -> Sound:
    # A G.722 file is bare codewords: nothing in it names the format.
    with av.open(io.BytesIO(data), "r", format="g722" if suffix == ".g722" else None) as container:
        stream = container.streams.audio[0]
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
        blocks = [out.to_ndarray() for frame in container.decode(stream) for out in resampler.resample(frame)]
        blocks += [out.to_ndarray() for out in resampler.resample(None)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _qt_resource(archive: bytes, member: str) -> bytes:
    """Return one file of a Qt binary resource (``rcc --binary``), stored without compression.

    A header of four big-endian words (version, then the offsets of tree, data and names); tree nodes of 14
    bytes in version 1 and 22 from version 2 on. The two words after a node's flags are, for a folder, the
    count of its children and the index of the first; for a file, its locale and the offset of its data.
    """
    if archive[:4] != b"qres":
        raise ValueError("not a Qt binary resource")
    version, tree, blobs, names = struct.unpack(">4I", archive[4:20])
    node_size = 14 if version == 1 else 22

    def node(index: int) -> tuple[str, int, int, int]:
        at = tree + index * node_size
        name_at, flags, first, second = struct.unpack(">IHII", archive[at : at + 14])
        (length,) = struct.unpack(">H", archive[names + name_at : names + name_at + 2])
        text = archive[names + name_at + 6 : names + name_at + 6 + 2 * length].decode("utf-16-be")
        return text, flags, first, second

    is_folder, is_packed = 2, 1 | 4
    _, _, count, first_child = node(0)
    for part in member.split("/"):
        found = next((n for n in map(node, range(first_child, first_child + count)) if n[0] == part), None)
        if found is None:
            raise ValueError(f"no {member} in the resource")
        _, flags, count, first_child = found
        if flags & is_folder:
            continue
        if flags & is_packed:
            raise ValueError(f"{member} is compressed in the resource")
        start = blobs + first_child
        (size,) = struct.unpack(">I", archive[start : start + 4])
        return archive[start + 4 : start + 4 + size]
    raise ValueError(f"{member} is a folder of the resource")
