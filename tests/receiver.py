"""A receiver of webhooks on this machine."""

import threading

from media_captioner.web.listener import Listener


class Receiver:
    """An HTTP server that keeps what it gets and answers as it is told.

    Args:
        answer: Answers a request; by default all are received well.
    """

    def __init__(self, answer=None):
        self.got = []
        self._news = threading.Condition()
        self._answer = answer
        self._listener = Listener(self._serve)

    @property
    def url(self):
        return self._listener.url

    def wait_for(self, count, seconds=200):
        """Return what came, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.got) >= count, seconds), self.got
            return list(self.got)

    async def start(self):
        await self._listener.start()

    async def close(self):
        await self._listener.close()

    async def _serve(self, request, responder):
        body = await request.body(100_000)
        with self._news:
            self.got.append((request.path, {name.lower(): value for name, value in request.headers}, body))
            self._news.notify_all()
        if self._answer is None:
            await responder.send(204, [], b"")
        else:
            await self._answer(request, responder)

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.close()
