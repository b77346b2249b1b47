"""Captions for players, and transcripts for readers."""
