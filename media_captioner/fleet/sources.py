"""Where assets lie: under other names on other machines, or on object stores."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import fsspec

from media_captioner.errors import (
    ConfigError,
    ExtraMissing,
    MediaCaptionerError,
    MediaError,
    MediaLimitExceeded,
    MediaNotFound,
    OutputError,
    Postponed,
    UnsafeInput,
)
from media_captioner.finding import is_media_name, media_below
from media_captioner.listening import in_thread
from media_captioner.schedule.journal.tables import spelled
from media_captioner.system import files, identity
from media_captioner.system.secrets import redact

log: Final = logging.getLogger(__name__)

_PIECE: Final = 1024 * 1024  # bytes


def is_remote(name: str) -> bool:
    """Return whether a name is that of something on an object store (``s3://bucket/key``)."""
    return "://" in name


@dataclass(frozen=True, slots=True)
class Mapping:
    """The same folders under other names: what the fleet calls them, and where they lie on this machine.

    Attributes:
        pairs: The fleet's name and this machine's path, the longest names first.

    """

    pairs: tuple[tuple[str, Path], ...] = ()

    @classmethod
    def parsed(cls, texts: Sequence[str]) -> Mapping:
        """Return the mapping that texts like ``/Volumes/archive=/mnt/archive`` describe.

        Raises:
            ConfigError: one cannot be read.

        """
        pairs = []
        for text in texts:
            name, equals, here = text.partition("=")
            if not equals or not name.startswith("/") or not here.startswith("/"):
                raise ConfigError(
                    f"Cannot use --map {text}: it is no pair of absolute paths",
                    hint="Write the fleet's name, an equals sign, and where it lies here: "
                    "--map /Volumes/archive=/mnt/archive",
                )
            pairs.append((name.rstrip("/") or "/", Path(here)))
        return cls(tuple(sorted(pairs, key=lambda pair: -len(pair[0]))))

    def here(self, name: str) -> Path:
        """Return where an asset lies on this machine."""
        for prefix, folder in self.pairs:
            if PurePosixPath(name).is_relative_to(prefix):
                return folder / PurePosixPath(name).relative_to(prefix)
        return Path(name)

    def named(self, path: Path) -> str:
        """Return what the fleet calls a path of this machine."""
        for prefix, folder in sorted(self.pairs, key=lambda pair: -len(str(pair[1]))):
            if path.is_relative_to(folder):
                return spelled(Path(prefix, path.relative_to(folder)))
        return spelled(path)


def name_of(place: str, mapping: Mapping) -> str:
    """Return what the fleet calls a file, a folder or a store that a person named on this machine."""
    return place if is_remote(place) else mapping.named(Path(place).absolute())


@dataclass(slots=True)
class Sources:
    """Brings assets to this machine, and what was written for them back to where they lie.

    Attributes:
        mapping: Other names of folders.
        scratch: Folder for copies, or None for the system's own.
        most: Bytes that all copies may take at once.

    """

    mapping: Mapping = field(default_factory=Mapping)
    scratch: Path | None = None
    most: int = 64 * 1024**3
    _names: dict[Path, str] = field(default_factory=dict)
    _used: int = 0
    _room: asyncio.Condition = field(default_factory=asyncio.Condition)

    def named(self, path: Path) -> str:
        """Return what the fleet calls a path of this machine, a copy's included."""
        return self._names.get(path) or self.mapping.named(path)

    @contextlib.asynccontextmanager
    async def at_hand(self, name: str) -> AsyncIterator[Path]:
        """Have an asset on this machine while the block runs; what was written beside its copy is taken back then.

        Raises:
            MediaNotFound: it is not where it should be.
            UnsafeInput: the store does not let us at it.
            Postponed: the store does not answer for now, or knows us not.
            MediaLimitExceeded: it is larger than all copies may be.
            OutputError: what was written cannot be taken back.

        """
        if not is_remote(name):
            yield self.mapping.here(name)
            return
        store, key = await in_thread(_located, name)
        size = await in_thread(_size_of, store, key, name)
        async with self._reserved(size, name):
            with files.private_folder(self.scratch) as folder:
                copy = folder / PurePosixPath(key).name
                self._names[copy] = name
                try:
                    before = await in_thread(_bring, store, key, copy, name)
                    yield copy
                    await in_thread(_take_back, store, key, copy, before)
                finally:
                    self._names.pop(copy, None)

    @contextlib.asynccontextmanager
    async def _reserved(self, size: int, name: str) -> AsyncIterator[None]:
        if size > self.most:
            raise MediaLimitExceeded(
                f"Did not fetch {name}: it has {size:,} bytes, and copies may take {self.most:,} in all",
                hint="Give it more room with --scratch-gb.",
            )
        async with self._room:
            await self._room.wait_for(lambda: self._used + size <= self.most)
            self._used += size
        try:
            yield
        finally:
            async with self._room:
                self._used -= size
                self._room.notify_all()


@contextlib.contextmanager
def _reaching(name: str) -> Iterator[None]:
    """Say of whatever a store's own library raises in the block what it means for an asset."""
    try:
        yield
    except MediaCaptionerError:
        raise
    except FileNotFoundError as error:
        raise MediaNotFound(f"There is no {name}") from error
    except PermissionError as error:
        raise UnsafeInput(f"The store does not let us at {name}: {error}") from error
    except (
        Exception
    ) as error:  # each kind of store has errors of its own for a network that fails, or no credentials
        reason = redact(f"{type(error).__name__}: {error}")
        raise Postponed(
            f"Cannot reach {name}: {reason}", hint="Check the store's address and the credentials for it."
        ) from error


def _located(name: str) -> tuple[Any, str]:
    try:
        # What others write must be seen at once: no list of files is remembered.
        store, key = fsspec.core.url_to_fs(name, use_listings_cache=False)
    except ImportError as error:
        raise ExtraMissing(
            f"Cannot reach {name}: {error}",
            hint="Install what fsspec needs for this kind of store (s3fs, gcsfs, ...).",
        ) from error
    except ValueError as error:
        raise ConfigError(f"Cannot reach {name}: {error}") from error
    return store, str(key)


def _size_of(store: Any, key: str, name: str) -> int:
    with _reaching(name):
        return int(store.info(key)["size"] or 0)


def _beside(store: Any, key: str) -> Iterator[PurePosixPath]:
    """Return what lies beside an asset, or in a folder there, and bears its name, relative to its folder."""
    own = PurePosixPath(key)
    # Stores that list by prefix need one question for this, however full the folder is; others look through it.
    for entry in store.find(str(own.parent), prefix=f"{own.stem}."):
        relative = PurePosixPath(entry).relative_to(own.parent)
        if relative.parts[0].startswith(f"{own.stem}.") and relative.name != own.name:
            yield relative


def _bring(store: Any, key: str, copy: Path, name: str) -> dict[PurePosixPath, str]:
    """Copy an asset and its sidecars; return the sidecars' hashes by their places.

    Other media of the same name are there as empty files: their captions must not have the same names.
    """
    before = {}
    with _reaching(name):
        _download(store, key, copy)
        for relative in _beside(store, key):
            path = copy.parent / relative
            files.make_folder(path.parent)
            if is_media_name(relative.name):
                if len(relative.parts) == 1:
                    files.create_private(path)
                continue
            _download(store, str(PurePosixPath(key).parent / relative), path)
            before[relative] = identity.sha256_of(path)
    return before


def _download(store: Any, key: str, path: Path) -> None:
    with store.open(key, "rb") as remote, files.written_whole(path) as local:
        while piece := remote.read(_PIECE):
            local.write(piece)


def _take_back(store: Any, key: str, copy: Path, before: dict[PurePosixPath, str]) -> None:
    """Write what is new or changed beside a copy to where the asset lies; the sidecar, which proves the rest, last."""
    new = [path for path in sorted(copy.parent.rglob("*")) if path.is_file() and not is_media_name(path.name)]
    new.sort(key=lambda path: path.suffix == ".json")
    for path in new:
        relative = PurePosixPath(path.relative_to(copy.parent))
        if path == copy or before.get(relative) == identity.sha256_of(path):
            continue
        target = str(PurePosixPath(key).parent / relative)
        try:
            with _reaching(target), store.open(target, "wb") as remote:
                remote.write(path.read_bytes())
        except MediaError as error:
            raise OutputError(f"Cannot write {target} beside {key}: {error.message}") from error


def listed(places: Iterable[str], mapping: Mapping) -> Iterator[str]:
    """Return the fleet's names of all media below folders and stores, and of files, as they are found.

    Raises:
        MediaNotFound: a place does not exist.

    """
    for place in places:
        if is_remote(place):
            yield from _listed_remotely(place)
        else:
            yield from _listed_here(Path(place).absolute(), mapping)


def listed_in(lines: Iterable[str], mapping: Mapping) -> Iterator[str]:
    """Return the fleet's names of the assets that stand in a list, one on each line, as they are read.

    Raises:
        ConfigError: names are parted by something else.

    """
    for line in lines:
        place = line.rstrip("\n")
        if "\0" in place:
            raise ConfigError(
                "Cannot read the list: its names are parted by NUL bytes",
                hint="Put each name on a line of its own, as find does without -print0.",
            )
        if is_remote(place):
            yield place
        elif place:
            yield from _named(Path(place).absolute(), mapping)


def _listed_remotely(place: str) -> Iterator[str]:
    store, key = _located(place)
    with _reaching(place):
        if store.isfile(key):
            yield place
            return
        for folder, _, names in store.walk(key):
            for name in sorted(names):
                if is_media_name(name):
                    yield store.unstrip_protocol(f"{folder}/{name}")


def _listed_here(place: Path, mapping: Mapping) -> Iterator[str]:
    if not place.exists():
        raise MediaNotFound(f"There is no {place}")
    for path in media_below(place) if place.is_dir() else [place]:
        yield from _named(path, mapping)


def _named(path: Path, mapping: Mapping) -> Iterator[str]:
    name = mapping.named(path)
    if mapping.here(name) == path:
        yield name
    else:
        log.warning("Left out %s: its name is no UTF-8, which other machines could not read", name)
