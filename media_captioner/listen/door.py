"""The door itself: ``POST /captions`` takes a request in and answers at once, ``GET /captions/JOB`` says how it goes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from media_captioner.config.tables import OwnProfile
from media_captioner.errors import MediaCaptionerError
from media_captioner.hooks.webhooks.signing import Unverified
from media_captioner.listen.places import Places
from media_captioner.listen.register import Job, Register
from media_captioner.listen.signatures import Secrets, Signed
from media_captioner.listen.wishes import MOST_BYTES, Refused, Wish, wish_in
from media_captioner.listening import in_thread
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.secrets import redact
from media_captioner.web.hosts import HostCheck
from media_captioner.web.http1 import Limits, Request, Responder
from media_captioner.web.listener import Listener

log: Final = logging.getLogger(__name__)

PORT: Final = 8902
"""Default TCP port."""

_PATH: Final = "/captions"
_LIMITS: Final = Limits(body_seconds=30.0, body_stall_seconds=10.0)


class Door:
    """Takes requests in.

    Args:
        register: Where jobs are kept.
        places: What may be asked for.
        secrets: Of those who may ask.
        heard: Called when a job came in.
        host: Address to bind.
        port: TCP port; 0 takes a free one.
        names: Further host names under which the server is known.
        clock: Where time comes from.
        settable: Whether requests may bring settings of their own.
        profiles: Style guides of the user's own that a request may name.

    """

    def __init__(
        self,
        register: Register,
        places: Places,
        secrets: Secrets,
        heard: Callable[[], None],
        *,
        host: str = "127.0.0.1",
        port: int = PORT,
        names: Iterable[str] = (),
        clock: Clock = SYSTEM_CLOCK,
        settable: bool = True,
        profiles: Mapping[str, OwnProfile] | None = None,
    ) -> None:
        self._settable, self._profiles = settable, profiles
        self._register, self._places, self._secrets, self._heard = register, places, secrets, heard
        self._clock, self._hosts = clock, HostCheck(names)
        self._listener = Listener(self._answer, host=host, port=port, limits=_LIMITS)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self._listener.url}{_PATH}"

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: the address cannot be bound.

        """
        await self._listener.start()

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()

    async def _answer(self, request: Request, responder: Responder) -> None:
        try:
            status, document = await self._document(request)
        except Refused as refused:
            status, document = refused.status, {"error": {"message": redact(refused.message)}}
        except MediaCaptionerError as error:  # the register cannot be written
            log.warning("Refused a request: %s", error.message)
            status, document = 503, {"error": {"message": "The request could not be kept; come back later"}}
        headers = [("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store")]
        if status == 503:
            headers.append(("retry-after", "60"))
        await responder.send(status, headers, json.dumps(document).encode())

    async def _document(self, request: Request) -> tuple[int, dict[str, Any]]:
        if not self._hosts.allows(request, self._listener.address[1]) or self._hosts.from_a_page(request):
            raise Refused(403, "Not for web pages, and not under this name; see --name")
        if request.path == _PATH:
            if request.method != "POST":
                raise Refused(405, f"POST a signed request to {_PATH}")
            return await self._ask(request)
        if request.path.startswith(f"{_PATH}/") and request.method == "GET":
            await request.body(0)
            job = await in_thread(self._register.job, request.path.removeprefix(f"{_PATH}/"))
            if job is not None:
                return 200, shown(job)
        raise Refused(404, "There is nothing here")

    async def _ask(self, request: Request) -> tuple[int, dict[str, Any]]:
        body = await request.body(MOST_BYTES)
        now = self._clock.now().timestamp()
        try:
            signed = self._secrets.verify(request, body, now=now)
        except Unverified as reason:
            log.info("Refused a request: %s", reason)
            raise Refused(401, "The request is not signed by somebody who may ask, or not now") from None
        job, new = await in_thread(self._admitted, signed, body, wish_in(body, self._profiles), now)
        if new:
            self._heard()
        return (202 if new else 200), shown(job)

    def _admitted(self, signed: Signed, body: bytes, wish: Wish, now: float) -> tuple[Job, bool]:
        if wish.settings and not self._settable:
            raise Refused(
                422, "The machines that do the work here have settings of their own; ask without any"
            )
        if wish.file is not None:
            self._places.file(wish.file)
        else:
            self._places.url(wish.url or "")
        return self._register.admit(signed, body, wish, now)


def shown(job: Job) -> dict[str, Any]:
    """Return what is told of a job."""
    asked = {"file": job.wish.file} if job.wish.url is None else {"url": job.wish.url}
    return {
        "id": job.id,
        "state": job.state,
        "status": f"{_PATH}/{job.id}",
        **asked,
        "created": _time(job.created),
        "ended": None if job.ended is None else _time(job.ended),
        "reason": None if job.reason is None else redact(job.reason),
        "files": list(job.files),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def open_door(
    door: Door, work: Callable[[], Coroutine[Any, Any, None]], ready: Callable[[str], None]
) -> None:
    """Listen and work until cancelled.

    Args:
        door: The door.
        work: What runs beside it.
        ready: Called with the address once requests can come.

    Raises:
        ConfigError: the address cannot be bound.

    """
    await door.start()
    try:
        ready(door.url)
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
    finally:
        await door.close()
