"""``/healthz`` and ``/metrics`` of the daemon, for whoever looks after machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from media_captioner.watch.daemon import Daemon
from media_captioner.web.hosts import HostCheck
from media_captioner.web.http1 import Request, Responder
from media_captioner.web.listener import Listener
from media_captioner.web.prometheus import CONTENT_TYPE, Metric, exposition

_LATE: Final = 3.0  # a folder is stuck when its last look is that many times as old as it may be


class Health:
    """Says how the daemon fares.

    Args:
        daemon: The daemon.

    """

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def problems(self) -> list[str]:
        """Return what is wrong, each in a sentence; a folder that is not there is paused, and that is no fault."""
        now = self._daemon.clock.monotonic()
        found = []
        for folder in self._daemon.folders:
            last = folder.looked if folder.looked is not None else self._daemon.started
            if not folder.paused and now - last > _LATE * folder.table.rescan_seconds + 60:
                found.append(f"{folder.root} was not looked at for {now - last:.0f} seconds")
        found += [f"nothing is begun: {desk.paused}" for desk in self._daemon.desks if desk.paused]
        return found

    def metrics(self) -> str:
        """Return figures in the text format of Prometheus."""
        return exposition(self._metrics())

    def _metrics(self) -> Iterator[Metric]:
        folders, desks = self._daemon.folders, self._daemon.desks
        labels = [{"root": str(folder.root)} for folder in folders]
        by_state = [
            ({**label, "state": state}, count)
            for label, folder in zip(labels, folders, strict=True)
            for state, count in sorted(folder.memory.counts().items())
        ]
        yield Metric("files", "gauge", "Files known below each watched folder, by state.", by_state)
        for name, help_line, value in (
            ("settling", "Files that are waited for to be complete.", lambda folder: len(folder.candidates)),
            ("paused", "Whether a watched folder is not there.", lambda folder: int(bool(folder.paused))),
            (
                "folders_listed",
                "Folders that were listed at the last look.",
                lambda folder: folder.survey.scanner.listed,
            ),
        ):
            values = [(label, value(folder)) for label, folder in zip(labels, folders, strict=True)]
            yield Metric(name, "gauge", help_line, values)
        in_line, under_way = sum(desk.waiting for desk in desks), sum(len(desk.busy) for desk in desks)
        yield Metric.single("in_line", "gauge", "Files that are complete and not begun.", in_line)
        yield Metric.single("under_way", "gauge", "Files that are being captioned.", under_way)


def health_server(daemon: Daemon, port: int) -> Listener:
    """Return a server on loopback that answers ``/healthz`` and ``/metrics``."""
    health, hosts = Health(daemon), HostCheck()

    async def answer(request: Request, responder: Responder) -> None:
        await request.body(0)
        if not hosts.allows(request, listener.address[1]) or hosts.from_a_page(request):
            await responder.send(403, [("content-type", "text/plain")], b"not for you\n")
        elif request.method not in {"GET", "HEAD"}:
            await responder.send(405, [("allow", "GET, HEAD")], b"")
        elif request.path == "/healthz":
            problems = health.problems()
            body = json.dumps({"status": "failing" if problems else "ok", "problems": problems}).encode()
            await responder.send(
                503 if problems else 200, [("content-type", "application/json")], body + b"\n"
            )
        elif request.path == "/metrics":
            await responder.send(200, [("content-type", CONTENT_TYPE)], health.metrics().encode())
        else:
            await responder.send(404, [("content-type", "text/plain")], b"/healthz and /metrics\n")

    listener = Listener(answer, host="127.0.0.1", port=port)
    return listener
