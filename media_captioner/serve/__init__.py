"""The door for other programs: any captioner, over the wire protocols of Model Studio and vLLM."""

from media_captioner.serve.options import PORT, StudioOptions
from media_captioner.serve.studio import Studio, serve_forever

__all__ = ["PORT", "Studio", "StudioOptions", "serve_forever"]
