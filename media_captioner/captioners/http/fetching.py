"""Files from elsewhere: models from hubs, and sound from addresses that somebody else chose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import BinaryIO, Protocol

import httpx

from media_captioner.captioners.addresses import public_address
from media_captioner.captioners.http.translation import translated
from media_captioner.captioners.http.trust import authorities
from media_captioner.captioners.http.user_agent import USER_AGENT
from media_captioner.errors import CaptionerUnavailable, UnsafeInput


class Sink(Protocol):
    """Whatever bytes can be written to."""

    def write(self, data: bytes, /) -> int:
        """Take ``data`` and return how many bytes of it were taken."""
        raise NotImplementedError


def fetch(
    url: str,
    into: Sink,
    *,
    doing: str,
    max_bytes: int,
    timeout: float = 20.0,
    progress: Callable[[int, int | None], None] | None = None,
) -> int:
    """Download ``url`` into an open file and return how many bytes came.

    Redirects are followed, because hubs hand out files from other hosts; nothing secret is ever sent here.

    Args:
        url: Where from.
        into: Where the bytes go: a binary file open for writing.
        doing: What it is, for messages.
        max_bytes: More than this is an error.
        timeout: Seconds to connect, and to wait for each next piece.
        progress: Called with bytes so far and bytes in all (None where the server does not say).

    Raises:
        CaptionerUnavailable: it could not be fetched, whole.

    """
    with (
        translated(doing),
        httpx.Client(follow_redirects=True, timeout=timeout, headers={"User-Agent": USER_AGENT}) as client,
        client.stream("GET", url) as response,
    ):
        response.raise_for_status()
        length = response.headers.get("content-length", "")
        total = int(length) if length.isdigit() else None
        done = 0
        for block in response.iter_bytes():
            done += len(block)
            if done > max_bytes:
                raise CaptionerUnavailable(f"Failed {doing}: more than {max_bytes} bytes came")
            into.write(block)
            if progress is not None:
                progress(done, total)
        return done


async def fetch_public(
    url: str,
    into: BinaryIO,
    *,
    doing: str,
    max_bytes: int,
    seconds: float = 60.0,
    stall: float = 60.0,
    redirects: int = 3,
    private: bool = False,
) -> int:
    """Download a URL that somebody else chose, from the open internet only, and return how many bytes came.

    Each hop is resolved once, checked, and connected to by the checked address, so a name cannot lead into a
    private network between the check and the connection. Proxies are not used: they would resolve for
    themselves.

    Args:
        url: Where from.
        into: Where the bytes go.
        doing: What it is, for messages.
        max_bytes: More than this is an error.
        seconds: For all of it.
        stall: Seconds to wait for each next piece.
        redirects: How many are followed.
        private: Allow addresses in private networks and on this machine.

    Raises:
        UnsafeInput: the address, or one it redirects to, is not on the open internet.
        CaptionerUnavailable: it could not be fetched, whole, within ``max_bytes`` and ``seconds``.

    """
    with translated(doing):
        async with asyncio.timeout(seconds):
            for _ in range(redirects + 1):
                address = await public_address(url, private=private)
                target = httpx.URL(url)
                pinned = target.copy_with(host=address)
                headers = {
                    "Host": target.netloc.decode(),
                    "User-Agent": USER_AGENT,
                    "Accept-Encoding": "identity",
                }
                async with (
                    httpx.AsyncClient(
                        trust_env=False, verify=authorities(), timeout=min(stall, seconds)
                    ) as client,
                    client.stream(
                        "GET", pinned, headers=headers, extensions={"sni_hostname": target.host}
                    ) as response,
                ):
                    if response.is_redirect:
                        url = str(target.join(response.headers["location"]))
                        continue
                    response.raise_for_status()
                    return await _copy(response, into, doing, max_bytes)
    raise UnsafeInput(f"Failed {doing}: it redirects elsewhere more than {redirects} times")


async def _copy(response: httpx.Response, into: BinaryIO, doing: str, max_bytes: int) -> int:
    done = 0
    async for block in response.aiter_raw():
        done += len(block)
        if done > max_bytes:
            raise UnsafeInput(f"Failed {doing}: more than {max_bytes} bytes came")
        into.write(block)
    return done
