"""Metrics for Prometheus, over HTTP."""

from __future__ import annotations

from media_captioner.fleet.journal import PostgresJournal
from media_captioner.fleet.status import prometheus, status
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.web.hosts import HostCheck, must_have_key
from media_captioner.web.http1 import Request, Responder
from media_captioner.web.listener import Listener
from media_captioner.web.prometheus import CONTENT_TYPE


def metrics_listener(
    journal: PostgresJournal, *, host: str, port: int, clock: Clock = SYSTEM_CLOCK
) -> Listener:
    """Return what serves ``GET /metrics``: how the whole fleet stands, so one scrape of any worker is enough.

    It shows names of roots and machines and costs, so by default it is bound to this machine alone, and no web page
    reads it there.
    """
    hosts, here_alone = HostCheck(), not must_have_key(host)

    async def answer(request: Request, responder: Responder) -> None:
        if here_alone and (not hosts.allows(request, listener.address[1]) or hosts.from_a_page(request)):
            await responder.send(403, [("content-type", "text/plain")], b"not for you\n")
            return
        if request.method not in {"GET", "HEAD"} or request.path != "/metrics":
            await responder.send(404, [("content-type", "text/plain")], b"GET /metrics\n")
            return
        text = prometheus(await status(journal, clock))
        await responder.send(200, [("content-type", CONTENT_TYPE)], text.encode())

    listener = Listener(answer, host=host, port=port)
    return listener
