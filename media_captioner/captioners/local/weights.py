"""The small weights that ship inside the package: where they are, and that they are the ones we measured."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from media_captioner.errors import ModelUnavailable, reason_of
from media_captioner.system import identity

FOLDER: Final = Path(__file__).parent / "weights"

SHA256: Final[dict[str, str]] = {
    "dnsmos_sig_bak_ovr.onnx": "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
    "msd_musicnn_f16.onnx": "ebb020cf7dabe336b0a7a9061099872342ee4837dadea0aedff043118f1b9334",
    "mtt_musicnn_f16.onnx": "f600c12411a2017dca0a1942f47d4118a9a7f1a0b0569006646979f092481c09",
    "musicnn_labels.json": "572cd15fda3bdce899a4267885ac2249bf0f0508016d0acda269b5942999b251",
    "yamnet_class_map.csv": "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
    "yamnet_i8.onnx": "05069a31e882796039c7f76e5ba4b67a3e11609e77370102b62dc0a3cffb59a1",
    "yamnet_lesson.npz": "183d1cc1af6b69d2e9311b2757ea18d19505c4f1bbe5e09103110e9963ade918",
}
"""Every shipped file and the hash of its bytes. Origins and licences are in NOTICE."""


@cache
def shipped(name: str) -> Path:
    """Return the path of a shipped file after checking its hash, once per process.

    Raises:
        ModelUnavailable: it is missing or not what we shipped.

    """
    path = FOLDER / name
    try:
        found = identity.sha256_of(path)
    except OSError as error:
        raise ModelUnavailable(
            f"Cannot load {name}: {reason_of(error)}", hint="Reinstall media-captioner."
        ) from error
    if found != SHA256[name]:
        raise ModelUnavailable(
            f"Cannot load {path}: its bytes are not the ones that were shipped",
            hint="Reinstall media-captioner.",
        )
    return path
