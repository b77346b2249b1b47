"""Standard Webhooks: secrets, signatures, and whether a request can be believed.

The text that is signed is ``id.timestamp.body``, with HMAC-SHA256; a request carries one signature for each secret in
use, so that a secret can be replaced without losing a message (standardwebhooks.com, specification 1.0).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from media_captioner.config.sources import read_key
from media_captioner.errors import ConfigError
from media_captioner.system.secrets import Secret

TOLERANCE: Final = 300
"""Seconds that the clocks of sender and receiver may differ by, either way."""

PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret
_ID: Final = re.compile(r"[!-~]{1,255}")
_MOST_SIGNATURES: Final = 16


class Unverified(Exception):
    """A request cannot be believed. The text is for the log, never for the sender."""


def read_secret(path: Path) -> Secret:
    """Return the secret in a file that nobody else may read.

    Raises:
        ConfigError: it cannot be read, others may read it, or it holds no ``whsec_`` secret of 24 to 64 bytes.

    """
    secret = read_key(path)
    try:
        key_of(secret)
    except ValueError as error:
        raise ConfigError(
            f"Cannot use the secret in {path}: {error}",
            hint="A secret is whsec_ and the base64 of 24 to 64 random bytes.",
        ) from None
    return secret


def key_of(secret: Secret) -> bytes:
    """Return the bytes of a ``whsec_`` secret.

    Raises:
        ValueError: it is none, or has too few bytes to be one.

    """
    text = secret.reveal()
    if not text.startswith(PREFIX):
        raise ValueError(f"it does not begin with {PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"it has {len(key)} bytes")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, as it stands in the header."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(secrets: Sequence[Secret], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a signed request.

    Args:
        secrets: The secrets in use, the current one first.
        message_id: The same for every attempt.
        timestamp: Seconds since 1970 of this attempt.
        body: Exactly what is sent.

    """
    signatures = [signature(key_of(secret), message_id, timestamp, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verified(secrets: Sequence[Secret], given: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the id of a request that can be believed.

    Args:
        secrets: Any of them may have signed it.
        given: Its headers, names in lower case.
        body: Its bytes as they came; a body that was parsed and written again is another one.
        now: Seconds since 1970.

    Raises:
        Unverified: nobody who knows a secret sent it, or not now.

    """
    message_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or "." in message_id:
        raise Unverified("the webhook-id is missing or malformed")
    timestamp = timestamp_in(stamp, now=now)
    found = given.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    good = False
    for secret in secrets:
        expected = signature(key_of(secret), message_id, timestamp, body).encode()
        for each in found:  # all of them, so that the time taken tells nothing
            good |= hmac.compare_digest(expected, each.encode("utf-8", "surrogatepass"))
    if not good:
        raise Unverified("no signature fits")
    return message_id


def timestamp_in(text: str, *, now: float) -> int:
    """Return the seconds since 1970 that a header holds.

    Raises:
        Unverified: it holds none, or a time that is too far from ``now``, before or after.

    """
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise Unverified("the timestamp is missing or malformed")
    if abs(now - int(text)) > TOLERANCE:
        raise Unverified(f"the timestamp is {'old' if int(text) < now else 'in the future'}")
    return int(text)
