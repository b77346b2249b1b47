"""Every exporter, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from media_captioner.errors import ConfigError
from media_captioner.export.base import Exporter


@cache
def exporters() -> dict[str, Exporter]:
    """Return all exporters by name, in the order in which their files are written: the JSON sidecar last."""
    from media_captioner.export.sidecar import JsonSidecar
    from media_captioner.export.webvtt import WebVtt
    from media_captioner.export.xmp import XmpSidecar

    return {exporter.name: exporter for exporter in (WebVtt(), XmpSidecar(), JsonSidecar())}


def chosen(names: Sequence[str]) -> list[Exporter]:
    """Return the exporters called ``names``, in writing order, each once, and the JSON sidecar always.

    The sidecar is the memory of a run: without it a second run would do, and pay, everything again.

    Raises:
        ConfigError: a name is unknown.

    """
    known = exporters()
    for name in names:
        if name not in known:
            raise ConfigError(f"Unknown format {name!r}", hint=f"Formats are: {', '.join(known)}.")
    return [exporter for exporter in known.values() if exporter.name in {*names, "json"}]
