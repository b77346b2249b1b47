"""Carries messages to their receivers, in the background: captioning never waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

from media_captioner.captioners.http import Posted
from media_captioner.config.tables import EventName, Webhook
from media_captioner.errors import MediaCaptionerError, PluginError, ServiceMisconfigured, UnsafeInput
from media_captioner.hooks.events import Event
from media_captioner.hooks.webhooks.envelope import CONTENT_TYPE, Message, message_of
from media_captioner.hooks.webhooks.outbox import Letter, Outbox
from media_captioner.hooks.webhooks.signing import headers, read_secret
from media_captioner.model import Captions
from media_captioner.protocols import Reporter, SilentReporter
from media_captioner.system.clock import SYSTEM_CLOCK, Clock, wait_for_news

_log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 20.0
"""Seconds that a receiver has: Standard Webhooks asks for 15 to 30."""

_LOOK_EVERY: Final = 60.0  # seconds at most between two looks at the outbox; others put messages there too
_OF_THE_MESSAGE: Final = frozenset(range(400, 500)) - {401, 403, 404, 408, 410, 425, 429}
_GONE: Final = 410


class Post(Protocol):
    """Sends a message: :func:`media_captioner.captioners.http.post`, or a stand-in."""

    async def __call__(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        doing: str,
        private: bool = False,
        seconds: float = 20.0,
    ) -> Posted:
        """Send it.

        Raises:
            MediaCaptionerError: it could not be sent.

        """
        ...


def named(url: str) -> str:
    """Return what a person is told of an address: a path can be a secret of its own."""
    return urlsplit(url).hostname or "nowhere"


class Courier:
    """The webhooks of the settings, as one of those who are told.

    Args:
        webhooks: Their tables.
        outbox: Where messages are kept. It is closed with the courier.
        post: Sends one message.
        reporter: Whom to tell that a receiver is told nothing more.
        clock: Where time comes from.
        chance: Gives numbers from 0 to 1, to spread attempts.

    Attributes:
        outbox: Where messages are kept.

    Raises:
        ConfigError: a secret cannot be read.

    """

    source = "settings"

    def __init__(
        self,
        webhooks: Sequence[Webhook],
        outbox: Outbox,
        post: Post,
        *,
        reporter: Reporter | None = None,
        clock: Clock = SYSTEM_CLOCK,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = "webhooks"
        self.events: frozenset[EventName] = frozenset(event for hook in webhooks for event in hook.events)
        self._secrets = {hook.url: [read_secret(path) for path in hook.secret_files] for hook in webhooks}
        self._webhooks = tuple(webhooks)
        self.outbox, self._post, self._clock, self._chance = outbox, post, clock, chance
        self._reporter = reporter or SilentReporter()
        self._news = {hook.url: asyncio.Event() for hook in webhooks}
        self._turns = {hook.url: asyncio.Lock() for hook in webhooks}

    async def hear(self, event: Event) -> Captions | None:
        """Keep a message for everybody who wants to know of ``event``.

        Raises:
            PluginError: it could not be kept.

        """
        now = self._clock.now()
        try:
            for hook in self._webhooks:
                if event.name in hook.events:
                    message = message_of(event, now)
                    await asyncio.to_thread(self.outbox.put, message, hook.url, now.timestamp())
        except MediaCaptionerError as error:
            raise PluginError(
                f"A message about {event.name} is lost: {error.message}", plugin=self.name, hook=event.name
            ) from error
        for news in self._news.values():
            news.set()
        return None

    async def run(self) -> None:
        """Carry messages until cancelled. A receiver that is slow holds up nobody else."""
        async with asyncio.TaskGroup() as group:
            for hook in self._webhooks:
                group.create_task(self._serve(hook))

    async def flush(self, seconds: float) -> None:
        """Carry what is due now or under way, for at most ``seconds``; the rest stays for the next run."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._carry_all(hook) for hook in self._webhooks))

    async def _serve(self, hook: Webhook) -> None:
        news = self._news[hook.url]
        while True:
            news.clear()
            try:
                await self._carry_all(hook)
                due = await asyncio.to_thread(self.outbox.next_due, hook.url)
            except MediaCaptionerError as error:  # a full disk, most likely
                _log.warning("Messages to %s wait: %s", named(hook.url), error.message)
                due = None
            wait = _LOOK_EVERY if due is None else due - self._clock.now().timestamp()
            await wait_for_news(news, max(0.05, min(wait, _LOOK_EVERY)), self._clock)

    async def _carry_all(self, hook: Webhook) -> None:
        async with self._turns[hook.url]:
            while True:
                now = self._clock.now().timestamp()
                letter = await asyncio.to_thread(self.outbox.take, hook.url, now)
                if letter is None:
                    return
                await self._carry(hook, letter)

    async def _carry(self, hook: Webhook, letter: Letter) -> None:
        try:
            posted = await self.send(hook, letter.message)
        except MediaCaptionerError as error:
            rest = not isinstance(error, (UnsafeInput, ServiceMisconfigured))
            await self._failed(letter, error.message, rest=True, retry_after=None if rest else 3600.0)
            return
        now = self._clock.now().timestamp()
        if 200 <= posted.status < 300:
            await asyncio.to_thread(self.outbox.delivered, letter, now)
        elif posted.status == _GONE:
            await asyncio.to_thread(self.outbox.disable, hook.url, "it answered 410: gone for good", now)
            self._reporter.notice(
                "warning",
                f"{named(hook.url)} answered that it is gone (410), and is told nothing more. media-captioner hooks"
                " test asks it again.",
            )
        else:
            detail = f"it answered {posted.status}"
            rest = posted.status not in _OF_THE_MESSAGE
            await self._failed(letter, detail, rest=rest, retry_after=posted.retry_after)

    async def _failed(self, letter: Letter, detail: str, *, rest: bool, retry_after: float | None) -> None:
        now = self._clock.now().timestamp()
        due = await asyncio.to_thread(
            self.outbox.failed,
            letter,
            detail,
            now,
            rest=rest,
            retry_after=retry_after,
            jitter=self._chance(),
        )
        _log.info(
            "%s was not told of %s (%s); again in %.0f s",
            named(letter.url),
            letter.message.type,
            detail,
            due - now,
        )

    async def send(self, hook: Webhook, message: Message) -> Posted:
        """Send a message once, signed as of now.

        Raises:
            MediaCaptionerError: it could not be sent.

        """
        timestamp = int(self._clock.now().timestamp())
        signed = headers(self._secrets[hook.url], message.id, timestamp, message.body)
        return await self._post(
            hook.url,
            message.body,
            {"content-type": CONTENT_TYPE, **signed},
            doing=f"telling {named(hook.url)} of {message.type}",
            private=hook.private,
            seconds=ANSWER_SECONDS,
        )

    def close(self) -> None:
        """Close the outbox."""
        self.outbox.close()
