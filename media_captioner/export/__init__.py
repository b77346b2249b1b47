"""The files we write beside a video, one module a format."""
