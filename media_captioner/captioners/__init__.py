"""Captioners: whatever turns a clip into a description."""
