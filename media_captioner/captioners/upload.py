"""Temporary upload: the sound lies in the service's own storage for 48 hours and is named by an address there.

Three steps: a policy (what may be uploaded where, valid for some minutes), a form to the storage host, and an
``oss://`` address in the request. Nobody but the service can read the file, and nobody can delete it before
its time, so this is something a person chooses. Objects get names of ours: a file's own name can hold more
than an address can.
"""

from __future__ import annotations

import asyncio
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from media_captioner.captioners.addresses import origin_of
from media_captioner.captioners.exchange import read_refusal
from media_captioner.captioners.http import Connection
from media_captioner.captioners.refusals import parse_json
from media_captioner.captioners.verdicts import Asked, as_error
from media_captioner.errors import (
    CaptionerError,
    CaptionerUnavailable,
    ClipRejected,
    ResponseInvalid,
    reason_of,
)
from media_captioner.system.clock import Clock

_MAX_POLICY: Final = 64 * 1024
_MARGIN: Final = 30.0  # seconds before its end at which a policy is no longer used
_FIELDS: Final = (
    "policy",
    "signature",
    "upload_dir",
    "upload_host",
    "oss_access_key_id",
    "x_oss_object_acl",
    "x_oss_forbid_overwrite",
)


@dataclass(frozen=True, slots=True)
class _Policy:
    fields: dict[str, str]
    until: float
    max_bytes: int | None

    def form(self, key: str, media_type: str) -> dict[str, str]:
        """Return the form's fields in the order in which the service's own client sends them."""
        return {
            "OSSAccessKeyId": self.fields["oss_access_key_id"],
            "Signature": self.fields["signature"],
            "policy": self.fields["policy"],
            "key": key,
            "x-oss-object-acl": self.fields["x_oss_object_acl"],
            "x-oss-forbid-overwrite": self.fields["x_oss_forbid_overwrite"],
            "success_action_status": "200",
            "x-oss-content-type": media_type,
        }


class Uploader:
    """Puts sound into a service's temporary storage.

    Args:
        connection: The native protocol's base URL, with the key.
        model: The model that will read the file; no other may.
        clock: Where time comes from.

    """

    def __init__(self, connection: Connection, model: str, clock: Clock) -> None:
        self._connection = connection
        self._model = model
        self._clock = clock
        self._policy: _Policy | None = None
        self._asking = asyncio.Lock()

    async def upload(self, source: bytes | Path, *, suffix: str, media_type: str, asked: Asked) -> str:
        """Upload a clip and return its ``oss://`` address, valid for 48 hours.

        Args:
            source: The bytes, or a file that is read piece by piece.
            suffix: Ending of its name, without the dot.
            media_type: Its MIME type.
            asked: For messages.

        Raises:
            CaptionerError: it could not be uploaded.

        """
        uploading = replace(asked, doing=f"uploading the sound for {asked.doing}")
        total = self._connection.timeouts.total
        try:
            async with asyncio.timeout(total):
                return await self._upload(source, suffix, media_type, uploading)
        except TimeoutError:
            failure: CaptionerError = CaptionerUnavailable(
                f"Failed {uploading.doing}: not done in {total:g} s"
            )
        except CaptionerError as error:
            failure = error
        failure.billed = False  # storage costs nothing, and the model has not been asked yet
        raise failure

    async def _upload(self, source: bytes | Path, suffix: str, media_type: str, uploading: Asked) -> str:
        for attempt in (1, 2):
            policy = await self._valid_policy(uploading)
            key = f"{policy.fields['upload_dir'].strip('/')}/{uuid.uuid4().hex}.{suffix}"
            if await self._send(policy, key, source, media_type, uploading, last=attempt == 2):
                return f"oss://{key}"
            self._policy = None
        raise AssertionError  # pragma: no cover - the second attempt returns or raises

    async def _send(
        self, policy: _Policy, key: str, source: bytes | Path, media_type: str, asked: Asked, *, last: bool
    ) -> bool:
        with _opened(source) as (file, size):
            if policy.max_bytes is not None and size > policy.max_bytes:
                raise ClipRejected(
                    f"Failed {asked.doing}: {size:,} bytes are more than the {policy.max_bytes:,} that the "
                    "storage takes",
                    hint="Cut shorter segments, or encode at a lower bit rate.",
                )
            async with self._connection.request(
                "POST",
                policy.fields["upload_host"],
                doing=asked.doing,
                form=(policy.form(key, media_type), (key.rsplit("/", 1)[-1], file, media_type)),
                anonymous=True,
            ) as answer:
                if answer.status < 300:
                    return True
                refusal = await read_refusal(answer, self._clock)
        # A policy can end between our look at the clock and the server's; a new one is worth one more try.
        if not last and refusal.status == 403 and "expired" in refusal.message.lower():
            return False
        raise as_error(refusal, asked)

    async def _valid_policy(self, asked: Asked) -> _Policy:
        async with self._asking:
            if self._policy is None or self._clock.monotonic() >= self._policy.until:
                self._policy = await self._new_policy(asked)
            return self._policy

    async def _new_policy(self, asked: Asked) -> _Policy:
        begun = self._clock.monotonic()
        async with self._connection.request(
            "GET",
            f"uploads?action=getPolicy&model={quote(self._model, safe='')}",
            doing=asked.doing,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        ) as answer:
            if answer.status >= 400:
                raise as_error(await read_refusal(answer, self._clock), asked)
            body = await answer.read(_MAX_POLICY)
        try:
            data = parse_json(body)["data"]
            fields = {name: _text(data[name]) for name in _FIELDS}
            self._check_host(fields["upload_host"])
            return _Policy(fields, begun + _seconds(data) - _MARGIN, _max_bytes(data))
        except (ValueError, TypeError, KeyError) as error:
            raise ResponseInvalid(
                f"Failed {asked.doing}: the upload policy cannot be used: {error}"
            ) from None

    def _check_host(self, host: str) -> None:
        if origin_of(host).scheme != "https" and self._connection.origin.scheme == "https":
            raise ValueError("it names a host without encryption")

    async def close(self) -> None:
        """Close every connection."""
        await self._connection.close()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a field is no text")
    return value


def _seconds(data: dict[str, Any]) -> float:
    seconds = data.get("expire_in_seconds")
    return float(seconds) if isinstance(seconds, int) and 0 < seconds < 86_400 else 0.0


def _max_bytes(data: dict[str, Any]) -> int | None:
    megabytes = data.get("max_file_size_mb")
    return megabytes * 1024 * 1024 if isinstance(megabytes, int) and megabytes > 0 else None


@contextmanager
def _opened(source: bytes | Path) -> Iterator[tuple[BinaryIO, int]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)  # shares the bytes; nothing is copied
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise CaptionerUnavailable(f"Cannot read {source}: {reason_of(error)}") from error
    with file:
        yield file, source.stat().st_size
