"""A receiver of webhooks on this machine."""

from media_captioner.web.listener import Listener


class Receiver:
    """An HTTP server that keeps what it gets and answers as it is told.

    Args:
        answer: Answers a request; by default all are received well.
    """

    def __init__(self, answer=None):
        self.got = []
        self._answer = answer
        self._listener = Listener(self._serve)

    @property
    def url(self):
        return self._listener.url

    async def start(self):
        await self._listener.start()

    async def close(self):
        await self._listener.close()

    async def _serve(self, request, responder):
        body = await request.body(100_000)
        self.got.append((request.path, {name.lower(): value for name, value in request.headers}, body))
        if self._answer is None:
            await responder.send(204, [], b"")
        else:
            await self._answer(request, responder)

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.close()
