"""Timed, readable, searchable captions of a video's whole soundtrack."""

from media_captioner._version import __version__

__all__ = ["__version__"]
