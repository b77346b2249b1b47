"""What the system needs to run the daemon: a systemd unit or a launchd property list."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NAME: Final = "media-captioner"
LABEL: Final = "media-captioner.watch"

_SAFE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@")


def systemd_unit(command: Sequence[str], *, user: str | None = None, stop_seconds: int = 20) -> str:
    """Return a systemd unit (systemd.service(5)) that runs ``command``.

    What goes wrong for good is not started again: wrong settings (exit code 2), another process at work (8).

    Args:
        command: The program, by its absolute path, and its arguments.
        user: The account that it runs under; None for a unit of the user's own (``systemctl --user``).
        stop_seconds: Time to finish what is under way.

    """
    account = [] if user is None else [f"User={user}"]
    # Below a user's own manager these would need rights that it has not (systemd.exec(5)).
    guards = [] if user is None else ["ProtectSystem=full", "PrivateTmp=yes", "ProtectKernelTunables=yes"]
    lines = [
        "[Unit]",
        "Description=Captions for whatever is put into watched folders",
        "After=network-online.target remote-fs.target",
        "Wants=network-online.target",
        "",
        "[Service]",
        "Type=exec",
        *account,
        f"ExecStart={' '.join(_systemd_word(word) for word in command)}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "RestartSec=30",
        "RestartPreventExitStatus=2 8",
        "SuccessExitStatus=143",
        f"TimeoutStopSec={stop_seconds}",
        "KillMode=mixed",
        "Nice=10",
        "IOSchedulingClass=idle",
        "NoNewPrivileges=yes",
        *guards,
        "",
        "[Install]",
        f"WantedBy={'default.target' if user is None else 'multi-user.target'}",
        "",
    ]
    return "\n".join(lines)


def _systemd_word(word: str) -> str:
    """Quote an argument as ExecStart wants it: % and $ are doubled, the rest is escaped in double quotes."""
    if word and set(word) <= _SAFE:
        return word
    escaped = "".join(
        f"\\x{ord(character):02x}" if ord(character) < 32 else character
        for character in word.replace("\\", "\\\\").replace('"', '\\"')
    )
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'


def launchd_plist(command: Sequence[str], log_file: Path) -> bytes:
    """Return a property list (launchd.plist(5)) that runs ``command`` for the user who loads it.

    Args:
        command: The program, by its absolute path, and its arguments.
        log_file: Where what it prints goes; its log proper is bounded and goes where ``--log-file`` says.

    """
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "ExitTimeOut": 20,
            "StandardErrorPath": str(log_file),
        }
    )
