"""How we introduce ourselves."""

from __future__ import annotations

from typing import Final

from media_captioner._version import __version__

USER_AGENT: Final = f"media-captioner/{__version__}"
