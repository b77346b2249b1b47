"""Every exporter, by name: ours, and those that other packages bring.

A package brings one with an entry point in the group ``media_captioner.exporters`` whose name is the format's and
which points to an exporter or to a class of exporters. It is loaded when the format is asked for, so what is broken in
it harms nobody who does not. A plugin registers one with :func:`add`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module, metadata
from typing import Any, Final

from media_captioner.errors import ConfigError, PluginError
from media_captioner.export.base import ExportContext, Exporter, ExportOptions, Merging, WithCompanions
from media_captioner.export.layouts import LAYOUTS
from media_captioner.model import Captions

_log = logging.getLogger(__name__)

GROUP: Final = "media_captioner.exporters"

# Name, module, class, in the order in which files are written: what refers to others comes after them.
_OURS: Final = {
    "vtt": ("players.webvtt", "WebVtt"),
    "srt": ("players.subrip", "SubRip"),
    "ttml": ("players.ttml", "Imsc"),
    "ass": ("players.ass_", "AdvancedSubStation"),
    "hls": ("players.hls", "HlsCaptions"),
    "txt": ("players.transcript", "TextTranscript"),
    "md": ("players.transcript", "MarkdownTranscript"),
    "soundtrack": ("players.tracks", "Soundtrack"),
    "chapters": ("players.tracks", "Chapters"),
    "speech": ("players.tracks", "SpeechTrack"),
    "music": ("players.tracks", "MusicTrack"),
    "ambience": ("players.tracks", "AmbienceTrack"),
    "effects": ("players.tracks", "EffectsTrack"),
    "xmp": ("managers.xmp", "XmpSidecar"),
    "csv": ("managers.tables", "AssetTable"),
    "cues-csv": ("managers.tables", "CueTable"),
    "jsonl": ("managers.tables", "JsonLines"),
    "pbcore": ("managers.pbcore", "PbCore"),
    "jsonld": ("managers.jsonld", "VideoObject"),
    "nfo": ("managers.nfo", "Nfo"),
    "otio": ("editors.otio", "OpenTimeline"),
    "edl": ("editors.edl", "ResolveMarkers"),
    "fcpxml": ("editors.fcpxml", "FinalCut"),
    "xmeml": ("editors.xmeml", "Xmeml"),
    "premiere": ("editors.premiere", "PremiereTranscript"),
    "kdenlive": ("editors.kdenlive", "KdenliveGuides"),
    "avid": ("editors.avid", "AvidMarkers"),
    "audacity": ("editors.audacity", "AudacityLabels"),
    "json": ("sidecar", "JsonSidecar"),
}


@cache
def _ours(name: str) -> Exporter:
    module, cls = _OURS[name]
    exporter: Exporter = getattr(import_module(f"media_captioner.export.{module}"), cls)()
    return exporter


_added: Final[dict[str, Exporter]] = {}


def add(exporter: Exporter, *, plugin: str) -> None:
    """Add an exporter that a plugin registered, for the rest of the process.

    Args:
        exporter: The exporter.
        plugin: Name of the plugin.

    Raises:
        PluginError: it lacks something, or its name is taken.

    """
    name = str(getattr(exporter, "name", exporter))
    reason = _unfit(exporter, name)
    if reason is None and (name in _OURS or name in _added or name in _entry_points()):
        reason = "that name is taken"
    if reason is not None:
        raise PluginError(
            f"Cannot use the exporter {name!r} of the plugin {plugin!r}: {reason}",
            hint="media_captioner.testing.exporters.ExporterContract tests an exporter.",
            plugin=plugin,
            hook="register_exporters",
        )
    _added[name] = _Guarded.around(exporter)


def _entry_points() -> dict[str, metadata.EntryPoint]:
    """Return what other packages bring, by name. A name of ours stays ours."""
    found: dict[str, metadata.EntryPoint] = {}
    for point in metadata.entry_points(group=GROUP):
        if point.name in _OURS:
            _log.warning("Ignored the exporter %r of %s: that name is taken", point.name, point.value)
            continue
        found[point.name] = point
    return found


@cache
def _theirs(point: metadata.EntryPoint) -> Exporter:
    try:
        loaded: Any = point.load()
        exporter = loaded() if isinstance(loaded, type) else loaded
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"Cannot load the exporter {point.name!r} ({point.value}): {type(error).__name__}: {error}",
            hint="Update or remove the package that brings it.",
            plugin=point.name,
        ) from error
    if reason := _unfit(exporter, point.name):
        raise PluginError(
            f"Cannot use the exporter {point.name!r} ({point.value}): {reason}",
            hint="media_captioner.testing.exporters.ExporterContract tests an exporter.",
            plugin=point.name,
        )
    return _Guarded.around(exporter)


def _unfit(exporter: Any, name: str) -> str | None:
    if not isinstance(exporter, Exporter):
        return "it lacks a member of media_captioner.export.base.Exporter"
    if exporter.name != name:
        return f"it calls itself {exporter.name!r}"
    suffix: Any = exporter.suffix
    if not isinstance(suffix, str) or not suffix.startswith(".") or ".." in suffix or "\\" in suffix:
        return f"{suffix!r} is no suffix of a file beside the media"
    try:
        suffix.format(language="en", extension=".mp4")
    except (KeyError, IndexError, ValueError):
        return f"{suffix!r} has another placeholder than language and extension"
    return None


class _Guarded:
    """An exporter by somebody else: whatever goes wrong in it is a :class:`PluginError` with its name."""

    @staticmethod
    def around(exporter: Exporter) -> Exporter:
        if isinstance(exporter, Merging):
            return _GuardedMerging(exporter)
        return (
            _GuardedWithCompanions(exporter) if isinstance(exporter, WithCompanions) else _Guarded(exporter)
        )

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter
        self.name: str = exporter.name
        self.suffix: str = exporter.suffix
        self.readers = str(exporter.readers)
        self.loss = str(exporter.loss)

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file."""
        return self._bytes("write", captions, context)

    def is_ours(self, data: bytes) -> bool:
        """Return whether the exporter says so; one that fails says no."""
        try:
            return bool(self._exporter.is_ours(data))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - others' code
            _log.warning("The exporter %r failed at is_ours: %s", self.name, error)
            return False

    def _bytes(self, method: str, *arguments: Any) -> bytes:
        data = self._call(method, *arguments)
        if not isinstance(data, bytes):
            raise self._failed(method, f"it returned {type(data).__name__}, not bytes")
        return data

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return getattr(self._exporter, method)(*arguments)
        except (Exception, SystemExit) as error:
            raise self._failed(method, f"{type(error).__name__}: {error}") from error

    def _failed(self, method: str, reason: str) -> PluginError:
        return PluginError(
            f"The exporter {self.name!r} failed to write: {reason}",
            hint="Leave that format out, or tell whoever wrote the exporter.",
            plugin=self.name,
            hook=method,
        )


class _GuardedMerging(_Guarded):
    def can_merge(self, data: bytes) -> bool:
        return bool(self._call("can_merge", data))

    def merge(self, data: bytes, captions: Captions, context: ExportContext) -> bytes:
        return self._bytes("merge", data, captions, context)


class _GuardedWithCompanions(_Guarded):
    def companions(self, captions: Captions, context: ExportContext) -> Mapping[str, bytes]:
        files = self._call("companions", captions, context)
        for name in files:
            if not isinstance(name, str) or "/" in name or "\\" in name or name in {"", ".", ".."}:
                raise self._failed("companions", f"{name!r} is no name of a file")
        return dict(files)


def names() -> list[str]:
    """Return the names of all formats, ours first, in writing order; nothing is loaded."""
    return [*(name for name in _OURS if name != "json"), *sorted({*_entry_points(), *_added}), "json"]


def exporter_named(name: str) -> Exporter:
    """Return the exporter called ``name``.

    Raises:
        ConfigError: there is none.
        PluginError: another package brings it, and it is broken.

    """
    if name in _OURS:
        return _ours(name)
    if name in _added:
        return _added[name]
    points = _entry_points()
    if name not in points:
        raise ConfigError(f"Unknown format {name!r}", hint=f"Formats are: {', '.join(names())}.")
    return _theirs(points[name])


def exporters() -> dict[str, Exporter]:
    """Return all exporters that can be loaded, by name, in writing order: the JSON sidecar last."""
    found: dict[str, Exporter] = {}
    for name in names():
        try:
            found[name] = exporter_named(name)
        except PluginError as error:
            _log.warning("%s", error.message)
    return found


def broken() -> list[PluginError]:
    """Return why each exporter of another package that cannot be used cannot."""
    errors = []
    for point in _entry_points().values():
        try:
            _theirs(point)
        except PluginError as error:
            errors.append(error)
    return errors


def chosen(wanted: Sequence[str], options: ExportOptions | None = None) -> list[Exporter]:
    """Return the exporters called ``wanted``, in writing order, each once, and the JSON sidecar always.

    The sidecar is the memory of a run: without it a second run would do, and pay, everything again.

    Args:
        wanted: Names of formats.
        options: How files are named; where both XMP names are asked for there are two exporters of XMP.

    Raises:
        ConfigError: a name is unknown.
        PluginError: an exporter of another package is broken.

    """
    options = options or ExportOptions()
    suffixes = LAYOUTS[options.layout].suffixes
    by_name = {name: exporter_named(name) for name in dict.fromkeys(wanted)}
    # As names() would order them, which looks through every installed package: too slow for each asset.
    ours = [name for name in _OURS if name in by_name and name != "json"]
    ordered = [*ours, *sorted(by_name.keys() - _OURS.keys())]
    found: list[Exporter] = []
    for name in ordered:
        if name == "xmp":
            from media_captioner.export.managers.xmp import XmpSidecar

            found += XmpSidecar.named(options.xmp_naming)
        elif name in suffixes:
            found.append(type(by_name[name])(suffixes[name]))  # type: ignore[call-arg]
        else:
            found.append(by_name[name])
    return [*found, exporter_named("json")]
