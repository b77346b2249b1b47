"""Metrics for Prometheus, over HTTP."""

from __future__ import annotations

from media_captioner.fleet.journal import PostgresJournal
from media_captioner.fleet.status import prometheus, status
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.web.http1 import Request, Responder
from media_captioner.web.listener import Listener


def metrics_listener(
    journal: PostgresJournal, *, host: str, port: int, clock: Clock = SYSTEM_CLOCK
) -> Listener:
    """Return what serves ``GET /metrics``: how the whole fleet stands, so one scrape of any worker is enough.

    It shows names of roots and machines and costs, so by default it is bound to this machine alone.
    """

    async def answer(request: Request, responder: Responder) -> None:
        if request.method not in {"GET", "HEAD"} or request.path != "/metrics":
            await responder.send(404, [("content-type", "text/plain")], b"GET /metrics\n")
            return
        text = prometheus(await status(journal, clock))
        await responder.send(
            200, [("content-type", "text/plain; version=0.0.4; charset=utf-8")], text.encode()
        )

    return Listener(answer, host=host, port=port)
