"""What sending a large clip costs in memory, beside building its request in one piece.

Sends a clip of 9.6 MB (40 minutes of MP3 at 32 kbit/s) by temporary upload, and one of 7.4 MB inside the request,
to a server on loopback in another process; prints the peak of what Python allocated while sending, as a multiple
of the clip. The reference builds the same request as most clients do: base64, a JSON string, its bytes.

    python tests/benchmarks/clip_memory.py
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import tracemalloc

from media_captioner.captioners import Options, create
from media_captioner.protocols import Context
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.sounds import clip, tone


def serve(pipe):
    with running(FaultServer()) as server:
        pipe.send(server.url)
        pipe.recv()


def sending(url, way, size):
    """Return the bytes that Python had allocated at once while sending, beyond the clip itself."""
    tracemalloc.start()
    made = clip(tone(1.0), data=bytes(size), name="mp3", media_type="audio/mpeg")

    async def run():
        captioner = create("qwen", Options(api_key=Secret("sk-benchmark"), base_url=url, way=way))
        # The first request loads what is loaded once; it is not counted.
        await captioner.describe(clip(tone(0.1)), Context())
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await captioner.describe(made, Context())
        _, most = tracemalloc.get_traced_memory()
        await captioner.close()
        return most - before

    extra = asyncio.run(run())
    tracemalloc.stop()
    return extra


def in_one_piece(size):
    """Return the same for a request that is built as most clients build it."""
    sound = bytes(size)
    tracemalloc.start()
    data = "data:;base64," + base64.b64encode(sound).decode()
    json.dumps({"messages": [{"role": "user", "content": [{"input_audio": {"data": data}}]}]}).encode()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main():
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    process.start()
    url = ours.recv()
    upload, inline = 9_600_000, 7_400_000
    print("way, clip bytes, peak beyond the clip as a multiple of it")
    print(f"temporary upload, {upload}, {sending(url, 'upload', upload) / upload:.3f}")
    print(f"data URL, {inline}, {sending(url, 'data-url', inline) / inline:.3f}")
    print(f"reference: data URL in one piece, {inline}, {in_one_piece(inline) / inline:.3f}")
    ours.send(None)
    process.join()


if __name__ == "__main__":
    main()
