"""A server to talk to byte by byte, and the requests that it understands."""

from __future__ import annotations

import base64
import json
import socket

import pytest

from media_captioner.serve import Studio, StudioOptions
from media_captioner.testing.background import running
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.sounds import tone, wav
from media_captioner.web.http1 import Limits

MODEL = "qwen3-omni-30b-a3b-captioner"

SOUND = base64.b64encode(wav(tone(0.1))).decode()

DATA_URL = f"data:;base64,{SOUND}"

COMPATIBLE = "/compatible-mode/v1/chat/completions"

NATIVE = "/api/v1/services/aigc/multimodal-generation/generation"

VLLM = "/v1/chat/completions"


@pytest.fixture(scope="module")
def studio():
    limits = Limits(header_seconds=3.0, body_stall_seconds=3.0, connections=8, linger_seconds=1.0)
    with running(Studio(FakeCaptioner("A dog 汪."), StudioOptions(port=0, limits=limits))) as server:
        yield server


def send(server, data):
    """Send raw bytes and return all that comes until the server closes or falls silent."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(data)
        connection.settimeout(60)
        got = b""
        while block := connection.recv(65536):
            got += block
    return got


def request(server, path, value=None, *headers, method="POST", body=None):
    """Send one request; return status, headers and body."""
    data = body if body is not None else json.dumps(value).encode() if value is not None else b""
    port = server.url.rsplit(":", 1)[1]
    named = {line.split(":")[0].lower() for line in headers}
    lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close"]
    lines += [] if "host" in named else [f"Host: 127.0.0.1:{port}"]
    lines += [] if named & {"content-length", "transfer-encoding"} else [f"Content-Length: {len(data)}"]
    got = send(server, "\r\n".join([*lines, "", ""]).encode() + data)
    head, _, rest = got.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    found = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    return int(first.split(" ")[1]), found, dechunked(rest) if "transfer-encoding" in found else rest


def dechunked(data):
    whole = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        data = rest[int(size, 16) + 2 :]
    return whole


def compatible(part=None, **further):
    part = part or {"type": "input_audio", "input_audio": {"data": DATA_URL}}
    return {"model": MODEL, "messages": [{"role": "user", "content": [part]}], **further}


def native(audio=DATA_URL, **further):
    messages = [{"role": "user", "content": [{"audio": audio}]}]
    return {"model": MODEL, "input": {"messages": messages}, "parameters": {}, **further}
