"""Metadata for asset managers, archives and search."""
