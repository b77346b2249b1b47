"""Temporary storage: policies, uploads by form, and ``oss://`` addresses, as Model Studio hands them out.

Files lie in a private folder, go after 48 hours, and are readable only with the key and for the model that
they were uploaded for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media_captioner.serve.frames import to_json
from media_captioner.serve.refused import URL_INVALID, Refused, invalid
from media_captioner.system.clock import Clock
from media_captioner.system.files import remove, written_whole
from media_captioner.web.http1 import BadRequest, Request

POLICY_SECONDS: Final = 300
KEPT_SECONDS: Final = 48 * 3600
MAX_FILE: Final = 100 * 1024 * 1024
"""Bytes of one upload."""

MAX_STORED: Final = 2 * 1024 * 1024 * 1024
"""Bytes of all uploads together."""

_MAX_FIELD: Final = 8 * 1024
_BOUNDARY: Final = re.compile(
    r'multipart/form-data;\s*boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.IGNORECASE
)
_NAME: Final = re.compile(r'[;\s]name="([^"\r\n]{1,100})"')


class Denied(Exception):
    """The storage refuses an upload; it answers XML.

    Args:
        status: HTTP status.
        code: Its code.
        message: Text for a person.

    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def xml(self, request_id: str) -> bytes:
        """Return the answer's body."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n'
            f"  <Code>{self.code}</Code>\n  <Message>{self.message}</Message>\n"
            f"  <RequestId>{request_id}</RequestId>\n</Error>\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class _Granted:
    folder: str
    account: str
    model: str
    until: float


@dataclass(frozen=True, slots=True)
class _Stored:
    path: Path
    size: int
    account: str
    model: str
    until: float


class Storage:
    """Uploads of all clients.

    Args:
        folder: A private folder.
        clock: Where time comes from.

    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._policies: dict[str, _Granted] = {}
        self._objects: dict[str, _Stored] = {}

    def policy(self, account: str, model: str, host: str) -> dict[str, Any]:
        """Return a policy, in the service's form."""
        self._sweep()
        now = self._clock.monotonic()
        day = self._clock.now().strftime("%Y-%m-%d")
        folder = f"dashscope-instant/{account}/{day}/{uuid.uuid4()}"
        conditions = [["content-length-range", 0, MAX_FILE], ["starts-with", "$key", folder]]
        policy = base64.b64encode(to_json({"conditions": conditions, "nonce": secrets.token_hex(8)})).decode()
        self._policies[policy] = _Granted(folder, account, model, now + POLICY_SECONDS)
        return {
            "policy": policy,
            "signature": self._sign(policy),
            "upload_dir": folder,
            "upload_host": host,
            "expire_in_seconds": POLICY_SECONDS,
            "max_file_size_mb": MAX_FILE // (1024 * 1024),
            "capacity_limit_mb": MAX_STORED // (1024 * 1024),
            "oss_access_key_id": "LTAI-media-captioner",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }

    def _sign(self, policy: str) -> str:
        return base64.b64encode(hmac.digest(self._secret, policy.encode(), hashlib.sha1)).decode()

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key, stored in self._objects.items() if stored.until <= now]:
            remove(self._objects.pop(key).path)
        for policy in [policy for policy, granted in self._policies.items() if granted.until <= now - 600]:
            del self._policies[policy]

    async def take(self, request: Request) -> None:
        """Take an upload.

        Raises:
            Denied: it does not match its policy, or there is no room.
            BadRequest: it is no form.

        """
        match = _BOUNDARY.match(request.header("content-type"))
        if match is None:
            raise BadRequest(400, "An upload is a form: multipart/form-data with a boundary")
        form = _Form(request.blocks(MAX_FILE + 64 * 1024), match[1].encode())
        fields: dict[str, str] = {}
        while (name := await form.next_part()) not in {None, "file"}:
            fields[str(name)] = await form.text(_MAX_FIELD)
        if name is None:
            raise Denied(400, "InvalidArgument", "The form has no part named file.")
        granted = self._check(fields)
        path = self._folder / uuid.uuid4().hex
        size = 0
        with written_whole(path) as file:
            async for block in form.part():
                size += len(block)
                if (
                    size > MAX_FILE
                    or size + sum(stored.size for stored in self._objects.values()) > MAX_STORED
                ):
                    raise Denied(
                        400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."
                    )
                file.write(block)
        if await form.next_part() is not None:
            remove(path)
            raise Denied(400, "InvalidArgument", "The part named file must be the last one.")
        self._objects[fields["key"]] = _Stored(
            path, size, granted.account, granted.model, self._clock.monotonic() + KEPT_SECONDS
        )

    def _check(self, fields: dict[str, str]) -> _Granted:
        policy = fields.get("policy", "")
        granted = self._policies.get(policy)
        if granted is None or not hmac.compare_digest(fields.get("Signature", ""), self._sign(policy)):
            raise Denied(403, "SignatureDoesNotMatch", "The signature does not match the policy.")
        if granted.until <= self._clock.monotonic():
            raise Denied(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        key = fields.get("key", "")
        if not key.startswith(f"{granted.folder}/") or len(key) > 1024:
            raise Denied(403, "AccessDenied", "Invalid according to Policy: key is not in upload_dir.")
        if key in self._objects:
            raise Denied(409, "FileAlreadyExists", "The object you specified already exists.")
        return granted

    def find(self, url: str, account: str, model: str) -> Path:
        """Return the file behind an ``oss://`` address.

        Raises:
            Refused: there is none, or it was uploaded with another key or for another model.

        """
        self._sweep()
        stored = self._objects.get(url.removeprefix("oss://"))
        if stored is None or (stored.account, stored.model) != (account, model):
            raise self.missing()
        return stored.path

    @staticmethod
    def missing() -> Refused:
        """Return what is said of an address that leads nowhere."""
        return invalid(URL_INVALID)


class _Form:
    """Reads a form as it arrives (RFC 7578), one part after the other."""

    def __init__(self, blocks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._blocks = blocks
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # so that the first boundary looks like the others

    async def _more(self) -> None:
        try:
            self._buffer += await anext(self._blocks)
        except StopAsyncIteration:
            raise BadRequest(400, "The form is not whole") from None

    async def next_part(self) -> str | None:
        """Go to the next part and return its name; None after the last one.

        Raises:
            BadRequest: broken framing.

        """
        while len(self._buffer) < len(self._delimiter) + 2:
            await self._more()
        start = len(self._delimiter)
        if not self._buffer.startswith(self._delimiter):
            raise BadRequest(400, "The form's framing is broken")
        if self._buffer[start : start + 2] == b"--":
            async for _ in self._blocks:
                pass  # an epilogue, which means nothing
            return None
        while (end := self._buffer.find(b"\r\n\r\n", start)) < 0:
            if len(self._buffer) > _MAX_FIELD:
                raise BadRequest(400, "The form's headers are too long")
            await self._more()
        head = self._buffer[start:end].decode("utf-8", "replace")
        del self._buffer[: end + 4]
        name = _NAME.search(head)
        if name is None:
            raise BadRequest(400, "A part of the form has no name")
        return name[1]

    async def part(self) -> AsyncIterator[bytes]:
        """Yield the current part's bytes.

        Raises:
            BadRequest: broken framing.

        """
        while (end := self._buffer.find(self._delimiter)) < 0:
            # What could be the beginning of a boundary stays until the rest of it is here.
            safe = len(self._buffer) - len(self._delimiter)
            if safe > 0:
                yield bytes(self._buffer[:safe])
                del self._buffer[:safe]
            await self._more()
        if end:
            yield bytes(self._buffer[:end])
        del self._buffer[:end]

    async def text(self, limit: int) -> str:
        """Return the current part as text.

        Raises:
            BadRequest: longer than ``limit`` bytes.

        """
        value = bytearray()
        async for block in self.part():
            value += block
            if len(value) > limit:
                raise BadRequest(400, "A field of the form is too long")
        return value.decode("utf-8", "replace")
