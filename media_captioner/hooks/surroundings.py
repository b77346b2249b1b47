"""What all code of a process shares, and a plugin may have changed: noticed after each call, and put back."""

from __future__ import annotations

import contextlib
import locale
import logging
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_UMASK: Final = re.compile(r"^Umask:\s*([0-7]+)$", re.MULTILINE)
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD", "SIGPIPE")
    if hasattr(signal, name)
)


def _umask() -> int | None:
    # Asking the system call would set it for a moment, while other threads create files.
    try:
        found = _UMASK.search(Path("/proc/self/status").read_text("ascii", "replace"))
    except OSError:
        return None
    return int(found[1], 8) if found else None


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - compared, not used as a path
    except OSError:
        return None


@dataclass(slots=True)
class Surroundings:
    """A picture of what the process shares.

    ``Surroundings()`` takes the picture; :meth:`restore` compares, puts back what can be put back, and says what
    had changed.
    """

    folder: str | None = field(default_factory=_folder)
    umask: int | None = field(default_factory=_umask)
    language: str = field(default_factory=lambda: locale.setlocale(locale.LC_ALL))
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    level: int = field(default_factory=lambda: logging.getLogger().level)
    disabled: int = field(default_factory=lambda: logging.root.manager.disable)
    handlers: list[logging.Handler] = field(default_factory=lambda: list(logging.getLogger().handlers))
    streams: tuple[Any, Any, Any] = field(default_factory=lambda: (sys.stdin, sys.stdout, sys.stderr))
    signals: dict[Any, Any] = field(
        default_factory=lambda: {sign: signal.getsignal(sign) for sign in _SIGNALS}
    )

    def restore(self) -> list[str]:
        """Put back what changed since, and return it in words, empty where nothing did."""
        changed = []
        if self.folder is not None and _folder() != self.folder:
            with contextlib.suppress(OSError):
                os.chdir(self.folder)
            changed.append("the working folder")
        if self.umask is not None and _umask() != self.umask:
            os.umask(self.umask)
            changed.append("the umask")
        if locale.setlocale(locale.LC_ALL) != self.language:
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_ALL, self.language)
            changed.append("the locale")
        if dict(os.environ) != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)
            changed.append("the environment")
        return changed + self._logging() + self._streams() + self._signals()

    def _logging(self) -> list[str]:
        root = logging.getLogger()
        now = (root.level, logging.root.manager.disable, list(root.handlers))
        if now == (self.level, self.disabled, self.handlers):
            return []
        root.setLevel(self.level)
        logging.disable(self.disabled)
        root.handlers[:] = self.handlers
        return ["the logging"]

    def _streams(self) -> list[str]:
        if (sys.stdin, sys.stdout, sys.stderr) == self.streams:
            return []
        sys.stdin, sys.stdout, sys.stderr = self.streams
        return ["the standard streams"]

    def _signals(self) -> list[str]:
        # Only the main thread may set a handler, and a plugin has a thread of its own: this is to be sure.
        moved = [sign.name for sign, handler in self.signals.items() if signal.getsignal(sign) != handler]
        return [f"the handlers of {', '.join(moved)}"] if moved else []
