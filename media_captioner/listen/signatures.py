"""Who may ask: those who sign with a secret of the settings, as Standard Webhooks or Frame.io do."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from media_captioner.config.sources import read_key
from media_captioner.config.tables import Listening
from media_captioner.errors import ConfigError
from media_captioner.hooks.webhooks.signing import Unverified, read_secret, timestamp_in, verified
from media_captioner.system.secrets import Secret
from media_captioner.web.http1 import Request

_STANDARD: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
_FRAMEIO: Final = ("x-frameio-request-timestamp", "x-frameio-signature")
_HEX: Final = re.compile(r"v0=[0-9a-fA-F]{64}")
_SHORTEST: Final = 16  # characters of a secret of Frame.io


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that can be believed.

    Attributes:
        key: What tells it from every other request; a sender that tries again uses it again.
        stamp: Seconds since 1970 at which this attempt was signed.

    """

    key: str
    stamp: int


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of those who may ask.

    Attributes:
        standard: ``whsec_`` secrets.
        frameio: Signing secrets of Frame.io.

    """

    standard: Sequence[Secret] = field(repr=False)
    frameio: Sequence[Secret] = field(repr=False)

    @classmethod
    def of(cls, table: Listening) -> Secrets:
        """Read the secrets that the settings name.

        Raises:
            ConfigError: there is none, one cannot be read, or one is none.

        """
        standard = [read_secret(path) for path in table.secret_files]
        frameio = [read_key(path) for path in table.frameio_secret_files]
        if any(len(secret.reveal()) < _SHORTEST for secret in frameio):
            raise ConfigError(f"A signing secret of Frame.io has less than {_SHORTEST} characters")
        if not standard and not frameio:
            raise ConfigError(
                "Cannot listen: no secret is set, so anybody could ask",
                hint='Name a file with a whsec_ secret: [listen] secret_files = ["/path"].',
            )
        return cls(standard, frameio)

    def verify(self, request: Request, body: bytes, *, now: float) -> Signed:
        """Return who can be believed.

        Args:
            request: Its headers are looked at.
            body: Its bytes as they came.
            now: Seconds since 1970.

        Raises:
            Unverified: nobody who knows a secret sent this, or not now.

        """
        given = {}
        for name in (*_STANDARD, *_FRAMEIO):
            values = request.all_headers(name)
            if len(values) > 1:
                raise Unverified(f"{name} was sent twice")
            if values:
                given[name] = values[0]
        if "x-frameio-signature" in given:
            return self._frameio(given, body, now)
        message_id = verified(self.standard, given, body, now=now)
        return Signed(f"webhook:{message_id}", int(given["webhook-timestamp"]))

    def _frameio(self, given: dict[str, str], body: bytes, now: float) -> Signed:
        """Verify as Frame.io v4 signs: ``v0=`` and the hex HMAC-SHA256 of ``v0:timestamp:body``."""
        stamp = timestamp_in(given.get("x-frameio-request-timestamp", ""), now=now)
        found = given["x-frameio-signature"]
        text = b"v0:%d:%b" % (stamp, body)
        good = False
        for secret in self.frameio:
            expected = f"v0={hmac.digest(secret.reveal().encode(), text, hashlib.sha256).hex()}"
            good |= hmac.compare_digest(expected.encode(), found.lower().encode("utf-8", "surrogatepass"))
        if not good or not _HEX.fullmatch(found):
            raise Unverified("no signature fits")
        # It has no id: what was signed is its own.
        return Signed(f"frameio:{hashlib.sha256(text).hexdigest()}", stamp)
