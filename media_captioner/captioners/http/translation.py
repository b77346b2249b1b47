"""What the HTTP library raises, in words of ours."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from media_captioner.errors import CaptionerUnavailable, ServiceMisconfigured
from media_captioner.system import network
from media_captioner.system.secrets import redact

_SIGNS: Final = {
    httpx.ConnectTimeout: "no connection within the time limit",
    httpx.ReadTimeout: "no answer within the time limit",
    httpx.WriteTimeout: "it stopped taking our data",
    httpx.PoolTimeout: "too many requests at once",
}
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Failures before a byte of the request left, so nobody can charge for it."""


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "not done within the time limit"
    for kind, text in _SIGNS.items():
        if isinstance(error, kind):
            return text
    # The library words a refused connection as "All connection attempts failed"; the system knows more. Neither
    # holds a URL.
    said = _system_reason(error) or (str(error).strip() if isinstance(error, httpx.TransportError) else "")
    return redact(said) if said else type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup) and error.exceptions:
            yield from _causes(error.exceptions[0])
        error = error.__cause__ or error.__context__


def _system_reason(error: Exception) -> str:
    reason = ""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno:
            # Numbers of the resolver are negative and its own; the event loop writes addresses into the text.
            reason = os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or reason
    return reason.lower()


def _place(error: Exception) -> str:
    """Return the host and port that a request went to, where that is known."""
    request = getattr(error, "_request", None)  # the public attribute raises where there is none
    return f" ({request.url.netloc.decode()})" if isinstance(request, httpx.Request) else ""


def _tls_failure(error: BaseException) -> str | None:
    """Return why a certificate or handshake was refused for good, or None where it was something else."""
    for seen in _causes(error):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return (seen.reason or "TLS handshake failed").replace("_", " ").lower()
    return None


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every failure of the HTTP library, and every refused socket, into an error of ours.

    Args:
        doing: What is being done, for the message ("fetching model.bin").

    Raises:
        CaptionerUnavailable: the connection or the server failed.
        ServiceMisconfigured: the server's certificate cannot be trusted, it does not speak TLS, or no network is
            allowed.

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
        if network.is_forbidden():
            raise ServiceMisconfigured(
                f"Failed {doing}: no network is allowed{_place(error)}", hint="Leave out --offline."
            ) from error
        if isinstance(error, httpx.ConnectError) and (tls := _tls_failure(error)) is not None:
            raise ServiceMisconfigured(
                f"Failed {doing}: no trusted TLS connection: {tls}{_place(error)}",
                hint="Check the address and this machine's clock. Behind a proxy that replaces certificates, "
                "set SSL_CERT_FILE to its authority.",
            ) from error
        failure = CaptionerUnavailable(
            f"Failed {doing}: {_reason(error)}{_place(error)}",
            hint="Check the connection, the address and the proxy settings.",
        )
        failure.billed = not isinstance(error, _NOTHING_SENT)
        raise failure from error
