"""A stretch of network that can be cut."""

import asyncio
import contextlib


class Wire:
    """Carries bytes from a port of this machine to a server. Start and close it in an event loop; cut it from anywhere.

    While it is cut nothing arrives and nothing is refused, as where a cable was pulled: what is sent meanwhile waits.

    Args:
        target: The server: the path of its socket, or its host and port.

    """

    def __init__(self, target):
        self._target = target
        self._whole = asyncio.Event()
        self._whole.set()
        self._pairs = set()

    async def start(self):
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self):
        self._server.close()
        self._whole.set()
        await self._break()

    @property
    def port(self):
        return self._server.sockets[0].getsockname()[1]

    def cut(self):
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self, *, broken=False):
        """Let bytes through again; with ``broken``, only those of new connections: whoever stood between forgot the old."""

        async def mended():
            if broken:
                await self._break()
            self._whole.set()

        asyncio.run_coroutine_threadsafe(mended(), self._loop).result(30)

    async def _break(self):
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _accept(self, reader, writer):
        self._pairs.add(task := asyncio.current_task())
        further = None
        try:
            await self._whole.wait()
            if isinstance(self._target, tuple):
                there, further = await asyncio.open_connection(*self._target)
            else:
                there, further = await asyncio.open_unix_connection(self._target)
            await asyncio.gather(self._carry(reader, further), self._carry(there, writer))
        except (OSError, asyncio.CancelledError):
            pass  # one side is gone, or the wire is
        finally:
            self._pairs.discard(task)
            for end in (writer, further):
                if end is not None:
                    end.transport.abort()

    async def _carry(self, reader, writer):
        while data := await reader.read(65536):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()
        await self._whole.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()
