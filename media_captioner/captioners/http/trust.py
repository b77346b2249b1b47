"""Whose certificates are believed."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.lru_cache(4)
def authorities(file: str | None = None, folder: str | None = None) -> ssl.SSLContext:
    """Return the usual authorities, or those that the environment names instead.

    Reading 150 certificates takes 50 ms, so it is done once for each place that they can come from.

    Args:
        file: What ``SSL_CERT_FILE`` holds, if it counts.
        folder: What ``SSL_CERT_DIR`` holds, if it counts.

    Raises:
        OSError: they cannot be read.

    """
    # The library reads the two variables itself; here they only tell one context from another.
    return httpx.create_ssl_context(trust_env=file is not None or folder is not None)
