"""Where on this system a person's settings, and what is remembered, belong."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def user_file() -> Path:
    """Return where the user's own settings file belongs."""
    return Path(platformdirs.user_config_dir("media-captioner", appauthor=False)) / "settings.toml"


def state_folder() -> Path:
    """Return where what is remembered belongs."""
    return Path(platformdirs.user_state_dir("media-captioner", appauthor=False))


def default_journal() -> Path:
    """Return where the journal belongs."""
    return state_folder() / "journal.db"
