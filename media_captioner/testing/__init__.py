"""Public fakes, generated media and contract classes for your own tests and ours.

What is named here is loaded when it is first used, so a test that needs a fake captioner does not pay for a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from media_captioner.testing.background import running
    from media_captioner.testing.captioner import FakeCaptioner
    from media_captioner.testing.contracts import CaptionerContract
    from media_captioner.testing.fault_kinds import FAULTS
    from media_captioner.testing.faults import FaultServer

__all__ = ["FAULTS", "CaptionerContract", "FakeCaptioner", "FaultServer", "running"]

_HOMES = {
    "FAULTS": "fault_kinds",
    "CaptionerContract": "contracts",
    "FakeCaptioner": "captioner",
    "FaultServer": "faults",
    "running": "background",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
