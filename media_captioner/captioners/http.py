"""The only HTTP client."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import httpx

from media_captioner._version import __version__
from media_captioner.errors import CaptionerUnavailable

USER_AGENT: Final = f"media-captioner/{__version__}"


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every failure of the HTTP library, and every refused socket, into :class:`CaptionerUnavailable`.

    Args:
        doing: What is being done, for the message ("fetching model.bin").

    """
    try:
        yield
    except httpx.HTTPStatusError as error:
        # The library's own text holds the whole URL, and a URL can hold a key.
        raise CaptionerUnavailable(
            f"Failed {doing}: {error.request.url.host} answered {error.response.status_code}"
        ) from None
    except httpx.InvalidURL as error:
        raise CaptionerUnavailable(f"Failed {doing}: {error}") from None
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise CaptionerUnavailable(
            f"Failed {doing}: {type(error).__name__}",
            hint="Check the connection, the address and the proxy settings.",
        ) from error


def fetch(
    url: str,
    into: BinaryIO,
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
        into: A binary file open for writing.
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
