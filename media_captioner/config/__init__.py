"""Settings: one schema, its sources, and a merge that remembers where each value came from."""

from media_captioner.config.merge import Resolved, resolve, settings_below, settings_beside
from media_captioner.config.schema import Settings

__all__ = ["Resolved", "Settings", "resolve", "settings_below", "settings_beside"]
