"""Captioners: whatever turns a clip into a description."""

from media_captioner.captioners.options import Options
from media_captioner.captioners.registry import BUILT_IN, Choice, choose, create, service_for

__all__ = ["BUILT_IN", "Choice", "Options", "choose", "create", "service_for"]
