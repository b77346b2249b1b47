"""Which addresses may be contacted: the base URL of a service, and the public hosts of other people's files."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from media_captioner.errors import ConfigError, UnsafeInput

log: Final = logging.getLogger(__name__)

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a key is bound to.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Lower case, without brackets.
        port: TCP port.

    """

    scheme: str
    host: str
    port: int


def origin_of(url: str) -> Origin:
    """Return the origin of ``url``.

    Raises:
        ValueError: not an http or https address with a host.

    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it is not an http:// or https:// address with a host")
    return Origin(parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme])


def checked_base_url(url: str) -> str:
    """Return ``url`` without its last slash, after making sure that paths can be appended to it.

    Raises:
        ConfigError: no http or https address, or one with a name, password, query or fragment in it.

    """
    parts = None
    try:
        parts = urlsplit(url.strip())
        origin = origin_of(url.strip())
    except ValueError as error:
        # The address is not repeated: somebody may have pasted a key into it.
        raise ConfigError(
            f"The base URL cannot be used: {error}", hint="Write it like https://host.example/v1."
        ) from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            f"The base URL for {origin.host} cannot be used: it holds a name, a password, a query or a fragment",
            hint="Write only scheme, host and path; the key is a setting of its own.",
        )
    return url.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Return whether ``host`` (a name or a literal address) is this machine itself."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Return whether a literal address leads to the open internet and to nobody's own network.

    An IPv6 address that carries an IPv4 address (mapped, 6to4, NAT64) is judged by that one.
    """
    try:
        parsed: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            parsed = inner
        elif parsed.teredo is not None:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def is_usable(address: str) -> bool:
    """Return whether a literal address can be somebody's own: also private, but no link-local one.

    Link-local addresses are where clouds hand the keys of a machine to whoever asks from it.
    """
    try:
        parsed: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return not (parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified)


async def public_address(url: str, *, doing: str = "fetch the sound", private: bool = False) -> str:
    """Resolve the host of ``url`` and return one address of it, after checking all of them.

    Whoever connects uses the returned address and not the name: a second look-up could answer differently.

    Args:
        url: An http or https address.
        doing: What was to be done there, for messages.
        private: Whether the user allowed addresses in private networks and on this machine.

    Raises:
        UnsafeInput: not an http address, or a name that leads into a private network.
        OSError: the name cannot be resolved.

    """
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise UnsafeInput(f"Did not {doing}: {error}") from None
    found = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(is_usable if private else is_public, addresses)):
        raise UnsafeInput(f"Did not {doing} from {origin.host}: its address is not on the open internet")
    return addresses[0]
