"""A switch that makes every connection of this process an error, whichever library tries it."""

from __future__ import annotations

import sys
from typing import Any, Final

_GUARDED: Final = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
_state = {"installed": False, "offline": False}


class Offline(OSError):
    """A connection was tried while the network is forbidden."""


def forbid() -> None:
    """From now on refuse every connection and every name look-up of this process.

    Works through an audit hook (PEP 578), so libraries that bring their own clients obey too. Unix sockets
    stay allowed: they do not leave the machine. Programs we start are not covered: whoever would start one
    that uses the network asks :func:`is_forbidden` first.
    """
    if not _state["installed"]:
        sys.addaudithook(_refuse)
        _state["installed"] = True
    _state["offline"] = True


def allow() -> None:
    """Lift :func:`forbid`."""
    _state["offline"] = False


def is_forbidden() -> bool:
    """Return whether the network is forbidden."""
    return _state["offline"]


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not _state["offline"] or event not in _GUARDED:
        return
    address = arguments[1] if event in {"socket.connect", "socket.sendto"} else arguments[0]
    if isinstance(address, (str, bytes)) and event in {"socket.connect", "socket.sendto"}:
        return  # a Unix socket
    raise Offline(f"no network is allowed (--offline), but a connection to {address!r} was tried")
