"""How to serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.secrets import Secret
from media_captioner.web.http1 import Limits

PORT: Final = 8901
"""Default TCP port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioOptions:
    """How to serve.

    Attributes:
        host: Address to bind.
        port: TCP port; 0 takes a free one.
        key: The key that clients need; without one everybody who reaches the port is served.
        names: Further host names under which the server is known.
        fetch_urls: Whether ``http(s)`` addresses in requests are fetched (from the open internet only).
        usage: How tokens are counted: as the live service was seen to count, or as it documents.
        waiting: Requests that may wait for the captioner; more are told to slow down.
        describe_seconds: Longest time for one request (the service's own budget).
        cut_at_30: For testing clients: hear only the first 30 s on ``/v1``, as older vLLM versions do.
        limits: Bounds on clients.
        clock: Where time comes from.

    """

    host: str = "127.0.0.1"
    port: int = PORT
    key: Secret | None = None
    names: tuple[str, ...] = ()
    fetch_urls: bool = False
    usage: Literal["observed", "documented"] = "observed"
    waiting: int = 32
    describe_seconds: float = 298.0
    cut_at_30: bool = False
    limits: Limits = field(default_factory=Limits)
    clock: Clock = SYSTEM_CLOCK
