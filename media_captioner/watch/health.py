"""``/healthz`` and ``/metrics`` of the daemon, for whoever looks after machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from media_captioner.watch.daemon import Daemon
from media_captioner.web.hosts import HostCheck
from media_captioner.web.http1 import Request, Responder
from media_captioner.web.listener import Listener

_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus exposition formats, text
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
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        states: Counter[tuple[str, str]] = Counter()
        for folder in self._daemon.folders:
            for state, count in folder.memory.counts().items():
                states[str(folder.root), state] += count
        yield "# HELP media_captioner_files Files known below each watched folder, by state."
        yield "# TYPE media_captioner_files gauge"
        for (root, state), count in sorted(states.items()):
            yield f'media_captioner_files{{root={_quoted(root)},state="{state}"}} {count}'
        for folder in self._daemon.folders:
            root = _quoted(str(folder.root))
            yield f"media_captioner_settling{{root={root}}} {len(folder.candidates)}"
            yield f"media_captioner_paused{{root={root}}} {int(bool(folder.paused))}"
            yield f"media_captioner_folders_listed{{root={root}}} {folder.survey.scanner.listed}"
        yield "# HELP media_captioner_in_line Files that are complete and not begun."
        yield "# TYPE media_captioner_in_line gauge"
        yield f"media_captioner_in_line {sum(desk.waiting for desk in self._daemon.desks)}"
        yield "# HELP media_captioner_under_way Files that are being captioned."
        yield "# TYPE media_captioner_under_way gauge"
        yield f"media_captioner_under_way {sum(len(desk.busy) for desk in self._daemon.desks)}"


def _quoted(text: str) -> str:
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


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
            await responder.send(200, [("content-type", _PROMETHEUS)], health.metrics().encode())
        else:
            await responder.send(404, [("content-type", "text/plain")], b"/healthz and /metrics\n")

    listener = Listener(answer, host="127.0.0.1", port=port)
    return listener
