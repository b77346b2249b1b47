"""Messages to addresses that the user's settings name: no redirects, and no way into a network that was not meant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from media_captioner.captioners.addresses import public_address
from media_captioner.captioners.http.translation import translated
from media_captioner.captioners.http.trust import authorities
from media_captioner.captioners.http.user_agent import USER_AGENT
from media_captioner.system.clock import SYSTEM_CLOCK

_LONGEST_WAIT: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Posted:
    """How a message was received.

    Attributes:
        status: HTTP status.
        retry_after: Seconds that the receiver asks us to wait, or None.

    """

    status: int
    retry_after: float | None = None


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    doing: str,
    private: bool = False,
    seconds: float = 20.0,
) -> Posted:
    """Send a message and return how it was received. What the receiver answers besides is not read.

    The name is resolved once, every address of it is checked, and one that was checked is connected to. Proxies are
    not used: they would resolve for themselves.

    Args:
        url: Where to.
        body: The message.
        headers: Its headers.
        doing: What it is, for messages ("telling hooks.example").
        private: Allow addresses in private networks and on this machine.
        seconds: For all of it.

    Raises:
        UnsafeInput: the address is not on the open internet.
        CaptionerUnavailable: no connection, or no answer in time.
        ServiceMisconfigured: no trusted TLS connection.

    """
    with translated(doing):
        async with asyncio.timeout(seconds):
            address = await public_address(url, doing="post a message", private=private)
            target = httpx.URL(url)
            sent = {**headers, "Host": target.netloc.decode(), "User-Agent": USER_AGENT}
            async with (
                httpx.AsyncClient(
                    trust_env=False, verify=authorities(), timeout=seconds, follow_redirects=False
                ) as client,
                client.stream(
                    "POST",
                    target.copy_with(host=address),
                    content=body,
                    headers=sent,
                    extensions={"sni_hostname": target.host},
                ) as response,
            ):
                return Posted(response.status_code, _seconds(response.headers.get("retry-after")))


def _seconds(value: str | None) -> float | None:
    """Return what ``Retry-After`` says (RFC 9110, 10.2.3): seconds, or a date; None where it says nothing usable."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(value)
        wait = (date - SYSTEM_CLOCK.now()).total_seconds() if date.tzinfo is not None else 0.0
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, wait), _LONGEST_WAIT)
