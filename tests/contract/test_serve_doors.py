"""Whom the server lets in: names, keys, and connections that mean it no good."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from media_captioner import errors
from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.serve import Studio, StudioOptions, serve_forever
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.web.hosts import HostCheck
from tests.contract.serving import (
    COMPATIBLE,
    DATA_URL,
    NATIVE,
    VLLM,
    compatible,
    native,
    request,
    send,
    studio,
)

__all__ = ["studio"]  # a fixture


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:PORT", True),
        ("localhost:PORT", True),
        ("LOCALHOST:PORT", True),
        ("[::1]:PORT", True),
        ("localhost", True),
        ("evil.test", False),
        ("evil.test:PORT", False),
        ("localhost.evil.test:PORT", False),
        ("127.0.0.1.evil.test:PORT", False),
        ("localhost:1", False),
        ("127.0.0.1@evil.test", False),
        ("localhost:PORT@evil.test", False),
        ("localhost, evil.test", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_foreign_names_are_refused(studio, host, allowed):
    """DNS rebinding: a page at evil.test that resolves to us gets nothing."""
    port = studio.url.rsplit(":", 1)[1]
    status = request(studio, "/v1/models", None, f"Host: {host.replace('PORT', port)}", method="GET")[0]
    assert (status == 200) is allowed
    assert status in {200, 421}


@pytest.mark.parametrize(
    "header", ["Origin: https://evil.test", "Origin: null", "Sec-Fetch-Site: cross-site"]
)
def test_web_pages_elsewhere_are_refused(studio, header):
    """A page could post text that is JSON to a server on loopback, and spend its owner's money."""
    assert request(studio, COMPATIBLE, compatible(), header, "Content-Type: text/plain")[0] == 421


def test_two_hosts_are_refused(studio):
    assert request(studio, "/v1/models", None, "Host: localhost", "Host: evil.test", method="GET")[0] == 421


def test_further_names():
    with running(Studio(FakeCaptioner(), StudioOptions(port=0, names=("Studio.Example",)))) as server:
        assert request(server, "/v1/models", None, "Host: studio.example", method="GET")[0] == 200
    assert HostCheck(["A"])


@pytest.mark.parametrize("path", [COMPATIBLE, NATIVE, VLLM])
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer sk-right", 200),
        ("bearer sk-right", 200),
        ("Bearer sk-wrong", 401),
        ("Basic sk-right", 401),
        ("", 401),
    ],
)
def test_keys(path, header, status):
    with running(Studio(FakeCaptioner(), StudioOptions(port=0, key=Secret("sk-right")))) as server:
        bare = {"type": "audio_url", "audio_url": {"url": DATA_URL}}
        value = native() if path == NATIVE else compatible(bare if path == VLLM else None)
        got, _, body = request(server, path, value, f"Authorization: {header}", "Host: any.name")
    assert got == status
    assert b"sk-right" not in body


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "studio.example"])  # noqa: S104 - refused
def test_other_machines_need_a_key(host):
    with pytest.raises(errors.ConfigError, match="without a key") as raised:
        Studio(FakeCaptioner(), StudioOptions(host=host))
    assert "--key" in raised.value.hint


def test_a_port_that_is_taken(studio):
    port = int(studio.url.rsplit(":", 1)[1])
    with (
        pytest.raises(
            errors.ConfigError, match=f"Cannot serve on 127.0.0.1, port {port}: address already in use"
        ),
        running(Studio(FakeCaptioner(), StudioOptions(port=port))),
    ):
        pass


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad name: x\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\na", 400),
        (
            b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", 408),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 400),
    ],
)
def test_what_is_no_request(studio, data, status):
    """Refused with a status and a closed connection, in bounded time."""
    got = send(studio, data)
    assert got.startswith(b"HTTP/1.1 %d " % status), got[:100]
    assert b"connection: close" in got


def test_a_body_that_stalls_ends(studio):
    assert send(studio, b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc") == b""


def test_a_body_over_the_limit_is_refused_by_name(studio):
    """The client is still sending 20 MB; it gets the answer, not a reset."""
    status, _, body = request(studio, COMPATIBLE, body=b"x" * 20_000_000)
    assert (status, json.loads(body)["error"]["message"]) == (400, "The request is too large.")


def test_a_body_without_end_is_refused(studio):
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    status, _, _ = request(studio, COMPATIBLE, None, "Transfer-Encoding: chunked", body=chunk * 18)
    assert status == 400


def test_connections_are_limited(studio):
    host, port = studio.url.removeprefix("http://").split(":")
    open_ones = [socket.create_connection((host, int(port)), timeout=60) for _ in range(8)]
    try:
        time.sleep(0.05)
        assert send(studio, b"").startswith(b"HTTP/1.1 503 ")
    finally:
        for connection in open_ones:
            connection.close()


def test_one_connection_carries_many_requests(studio):
    """Keep-alive, pipelined, with a chunked body in between; then HTTP/1.0, which closes."""
    body = json.dumps(compatible()).encode()
    head = f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\n".encode()
    plain = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (
        len(body),
        body,
    )
    old = b"GET /v1/models HTTP/1.0\r\nHost: localhost\r\n\r\n"
    got = send(studio, plain + chunked + plain + old)
    assert got.count(b"HTTP/1.1 200 OK") == 4


def test_expect_continue(studio):
    """What curl sends before a large body."""
    body = json.dumps(compatible()).encode()
    got = send(
        studio,
        f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body,
    )
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_head_has_no_body(studio):
    got = send(studio, b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 405")
    assert got.endswith(b"\r\n\r\n")


def test_too_many_wait():
    """One is served, one waits, the third is told to slow down."""
    go = threading.Event()

    class Held(EmulatedCaptioner):
        async def describe(self, clip, context):
            await asyncio.to_thread(go.wait, 60)
            return await super().describe(clip, context)

    with running(Studio(Held(), StudioOptions(port=0, waiting=1))) as server, ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(request, server, COMPATIBLE, compatible()) for _ in range(6)]
        try:
            first = next(as_completed(asked, 60))
        finally:
            go.set()
        assert first.result()[0] == 429
        assert {each.result()[0] for each in asked} == {200, 429}


class Slow(EmulatedCaptioner):
    async def describe(self, clip, context):
        await asyncio.sleep(0.3)
        return await super().describe(clip, context)


def test_too_slow_a_captioner():
    with running(Studio(Slow(), StudioOptions(port=0, describe_seconds=0.05))) as server:
        status, _, body = request(server, NATIVE, native())
    assert (status, json.loads(body)["code"]) == (500, "RequestTimeOut")


def test_a_client_that_hangs_up_frees_its_place():
    """The captioner takes one at a time and would be busy for an hour; the next client is served at once."""
    gone = []
    begun = threading.Event()

    class Endless(FakeCaptioner):
        async def describe(self, clip, context):
            if not begun.is_set():
                begun.set()
                try:
                    await asyncio.sleep(3600)
                finally:
                    gone.append("cancelled")
            return await super().describe(clip, context)

    with running(Studio(Endless(), StudioOptions(port=0))) as server:
        body = json.dumps(compatible()).encode()
        head = (
            f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(head + body)
            assert begun.wait(60)
        assert request(server, COMPATIBLE, compatible())[0] == 200
    assert gone == ["cancelled"]


def test_serving_for_ever_ends_when_cancelled():
    captioner = FakeCaptioner()

    async def run():
        ready = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve_forever(captioner, StudioOptions(port=0), ready=ready.set_result))
        assert (await ready).startswith("http://127.0.0.1:")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert captioner.closed


def test_a_broken_captioner_ends_nothing(caplog):
    """A bug in it is a 500 without details; the next request is served."""

    def broken(clip, context):
        raise RuntimeError("sk-inner-secret in the middle")

    with running(Studio(FakeCaptioner(broken, "A dog."), StudioOptions(port=0))) as server:
        status, _, body = request(server, COMPATIBLE, compatible())
        assert status == 500
        assert b"secret" not in body
        assert request(server, COMPATIBLE, compatible())[0] == 200
    assert "Failed answering POST" in caplog.text


def test_a_client_that_comes_as_the_server_goes_leaves_no_socket_open():
    gc.collect()
    gc.freeze()  # only what is made here is looked through below, not all that a run has loaded by now
    try:
        for _ in range(20):  # the warning of an open socket is an error here
            with running(Studio(FakeCaptioner("A dog."), StudioOptions(port=0))) as server:
                host, port = server.url.removeprefix("http://").split(":")
                client = socket.create_connection((host, int(port)), 60)
            client.close()
            gc.collect()
    finally:
        gc.unfreeze()
