"""Which names and web pages may talk to the server: nobody's browser is to be led here by a foreign page."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from media_captioner.captioners.addresses import is_loopback
from media_captioner.web.http1 import Request


def _split(host: str) -> tuple[str, int | None] | None:
    """Split a ``Host`` header into name and port; None where it is neither (RFC 9110, 7.2)."""
    if not host or any(character in host for character in "@/\\ \t?#,"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:
        return None
    name = (parts.hostname or "").lower()
    return (name, port) if name else None


class HostCheck:
    """Refuses requests that reached us under somebody else's name (DNS rebinding).

    A literal address cannot be rebound, so every literal is allowed; of the names, ``localhost`` and those
    that were given. The port has to be ours.

    Args:
        names: Further names under which the server is known.

    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset({"localhost", *(name.lower() for name in names)})

    def allows(self, request: Request, port: int) -> bool:
        """Return whether ``request`` is meant for this server, listening on ``port``."""
        hosts = request.all_headers("host")
        found = _split(hosts[0]) if len(hosts) == 1 else None
        if found is None:
            return False
        name, named_port = found
        if named_port is not None and named_port != port:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        return True

    @staticmethod
    def from_a_page(request: Request) -> bool:
        """Return whether a web page of another origin sent ``request``."""
        site = request.header("sec-fetch-site").lower()
        origin = request.header("origin")
        return site == "cross-site" or bool(origin and urlsplit(origin).netloc != request.header("host"))


def must_have_key(host: str) -> bool:
    """Return whether a server bound to ``host`` can be reached from other machines."""
    return not is_loopback(host)
