"""OpenTimelineIO plugin: markers from media_captioner's sidecars on every clip of a timeline."""

__version__ = "0.1.0"
