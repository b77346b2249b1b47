"""The embedded local captioner."""

from media_captioner.captioners.local.captioner import LocalCaptioner

__all__ = ["LocalCaptioner"]
