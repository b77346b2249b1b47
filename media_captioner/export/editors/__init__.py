"""Markers and captions for editing programs."""
