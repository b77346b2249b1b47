"""The network between us and a service: hosts that are not there, certificates, proxies, keys."""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import socket
import ssl
import subprocess

import pytest

from media_captioner import errors
from media_captioner.captioners import Options, create
from media_captioner.captioners.http import Connection, fetch_public
from media_captioner.captioners.registry import KEY_VARIABLE
from media_captioner.protocols import Context
from media_captioner.system import network
from media_captioner.system.secrets import Secret
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.faults import FAULTS, FaultServer
from media_captioner.testing.sounds import clip, tone

CLIP = clip(tone(0.1))
CANARY = "sk-canary-7d31e0aa94"
PROXIES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in (*PROXIES, KEY_VARIABLE, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


async def describe(url, *, name="openai-compatible", **options):
    captioner = create(name, Options(**({"api_key": Secret(CANARY), "base_url": url} | options)))
    try:
        return await captioner.describe(CLIP, Context())
    finally:
        await captioner.close()


def failing(url, **options):
    with pytest.raises(errors.MediaCaptionerError) as raised:
        asyncio.run(describe(url, **options))
    return raised.value


def test_n5_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failing(f"http://127.0.0.1:{port}")
    assert type(error) is errors.CaptionerUnavailable
    assert f"connection refused (127.0.0.1:{port})" in str(error)
    assert not error.billed
    assert "address" in error.hint


def test_n5_no_such_host():
    error = failing("http://no-such-host.invalid")
    assert type(error) is errors.CaptionerUnavailable
    assert "(no-such-host.invalid)" in str(error)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://captioner.invalid"])
def test_no_network_is_allowed(url):
    """Trying again cannot help while the user forbids it."""
    network.forbid()
    try:
        error = failing(url)
    finally:
        network.allow()
    assert type(error) is errors.ServiceMisconfigured
    assert "no network is allowed" in str(error)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Make a certificate for 127.0.0.1 that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def tls_server(certificate, *script):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return FaultServer(*script, tls=context)


def test_n5_a_certificate_nobody_signed(certificate):
    """TLS failures are not worth a second try: a setting has to change."""

    async def run():
        async with tls_server(certificate) as server:
            with pytest.raises(
                errors.ServiceMisconfigured, match="no trusted TLS connection: self-signed"
            ) as raised:
                await describe(server.url)
            assert server.requests == []
            return raised.value

    error = asyncio.run(run())
    assert not error.retryable
    assert not error.billed
    assert error.scope == "queue"
    assert "SSL_CERT_FILE" in error.hint


def test_an_authority_of_ones_own(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    async def run():
        async with tls_server(certificate) as server:
            return await describe(server.url)

    assert asyncio.run(run()).prose == PROSE


def test_a_missing_authority(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/authorities.pem")
    error = failing("http://127.0.0.1:9")
    assert type(error) is errors.ConfigError
    assert "SSL_CERT_FILE" in str(error)


def test_n5_tls_where_there_is_none():
    async def run():
        async with FaultServer() as server:
            with pytest.raises(errors.ServiceMisconfigured, match="no trusted TLS connection"):
                await describe(server.url.replace("http://", "https://"))

    asyncio.run(run())


PUBLIC = "127.0.0.1"


@pytest.fixture
def loopback_is_public(monkeypatch):
    """Pretend that 127.0.0.1, and only it, is on the open internet: the only patch here, for want of an internet."""
    monkeypatch.setattr("media_captioner.captioners.addresses.is_public", lambda address: address == PUBLIC)


def fetched(*script, path="/a.wav", max_bytes=1000):
    async def run():
        sink = io.BytesIO()
        async with FaultServer(*script) as server:
            try:
                await fetch_public(server.url + path, sink, doing="fetching the sound", max_bytes=max_bytes)
            except errors.MediaCaptionerError as error:
                return error, server
            return sink.getvalue(), server

    return asyncio.run(run())


def test_a_public_address_is_fetched(loopback_is_public):
    """Connected to by its checked address, asked for under its own name; redirects are checked anew."""
    data, server = fetched(("redirect", {"location": "/b.wav"}), ("body", {"data": b"RIFF"}))
    assert data == b"RIFF"
    assert [request.path for request in server.requests] == ["/a.wav", "/b.wav"]
    assert server.requests[0].header("host").startswith("127.0.0.1:")
    assert server.requests[0].header("authorization") is None


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ([("redirect", {"location": "http://127.0.0.2/x"})], errors.UnsafeInput, "not on the open internet"),
        (
            [("redirect", {"location": "http://localhost.localdomain.invalid/x"})],
            errors.CaptionerUnavailable,
            "fetching",
        ),
        ([("redirect", {"location": "file:///etc/passwd"})], errors.UnsafeInput, "not an http"),
        (
            [("redirect", {"location": "/again"})] * 5,
            errors.UnsafeInput,
            "redirects elsewhere more than 3 times",
        ),
        ([("body", {"data": b"x" * 1001})], errors.UnsafeInput, "more than 1000 bytes"),
        (["html"], errors.CaptionerUnavailable, "answered 502"),
        (["reset-body"], errors.CaptionerUnavailable, "fetching the sound"),
    ],
)
def test_what_is_not_fetched(loopback_is_public, script, error, message):
    found, _ = fetched(*script)
    assert type(found) is error
    assert message in str(found)


async def recording_proxy(lines):
    """Serve as a proxy that answers everything itself and keeps the request lines."""

    async def accept(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines.append(head.split(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    return await asyncio.start_server(accept, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("variable", "url", "line"),
    [
        (
            "HTTP_PROXY",
            "http://service.invalid/v1",
            "POST http://service.invalid/v1/chat/completions HTTP/1.1",
        ),
        ("HTTPS_PROXY", "https://service.invalid/v1", "CONNECT service.invalid:443 HTTP/1.1"),
        ("ALL_PROXY", "https://service.invalid/v1", "CONNECT service.invalid:443 HTTP/1.1"),
    ],
)
def test_n11_proxies_are_taken_from_the_environment(variable, url, line, monkeypatch):
    lines = []

    async def run():
        async with await recording_proxy(lines) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
            with pytest.raises(errors.CaptionerError):
                await describe(url)

    asyncio.run(run())
    assert lines == [line]


@pytest.mark.parametrize("exempt", ["", "service.invalid"])
def test_n11_this_machine_is_never_reached_through_a_proxy(exempt, monkeypatch):
    """The usual trap: a company's proxy variable breaks a server on loopback."""

    async def run():
        async with FaultServer() as server:
            monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
            monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
            monkeypatch.setenv("NO_PROXY", exempt)
            return await describe(server.url)

    assert asyncio.run(run()).prose == PROSE


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
def test_n11_a_proxy_that_cannot_be_used_is_named(proxy, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = failing("http://service.invalid")
    assert type(error) is errors.ConfigError
    assert "HTTPS_PROXY" in error.hint


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/x", True), ("SAME/x", True), ("http://localhost:PORT/x", False), ("http://127.0.0.1:OTHER/x", False)],
)
def test_n10_the_key_stays_with_its_origin(target, expected):
    """The same host under another name, or another port of it, does not get the key."""

    async def run():
        async with FaultServer() as server, FaultServer() as other:
            port, other_port = (one.url.rsplit(":", 1)[1] for one in (server, other))
            url = target.replace("SAME", server.url).replace("PORT", port).replace("OTHER", other_port)
            connection = Connection(server.url, key=Secret(CANARY), headers={"X-Ours": "1"})
            async with connection.request("GET", url, doing="asking") as answer:
                await answer.read(100_000)
            await connection.close()
            (request,) = server.requests + other.requests
            return request

    request = asyncio.run(run())
    assert (request.header("authorization") == f"Bearer {CANARY}") is expected
    assert (request.header("x-ours") == "1") is expected


def forms_of(key):
    """The key as it could be written somewhere: plain, encoded, in halves."""
    import base64
    from urllib.parse import quote

    encoded = base64.b64encode(key.encode()).decode().rstrip("=")
    return [key, encoded, quote(key, safe=""), key[: len(key) // 2], key[len(key) // 2 :]]


@pytest.mark.parametrize("name", ["qwen", "qwen-dashscope", "openai-compatible"])
@pytest.mark.parametrize("way", ["data-url", "upload"])
def test_nothing_shows_the_key(name, way, caplog, capfd):
    """Every fault with all logs on: neither logs, outputs, errors nor reprs hold the key or half of it."""
    if name == "openai-compatible" and way == "upload":
        return
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="asyncio")
    texts = []
    faults = sorted(
        set(FAULTS) - {"endless-stream", "endless-event", "huge", "gzip-bomb", "hang", "slow-headers"}
    )
    echo = {"message": f"Incorrect API key provided: {CANARY}"}
    script = [("wrong-key", echo), *faults]

    async def run():
        import traceback

        for step in script:
            async with FaultServer(*(["ok", "ok"] if way == "upload" else []), step) as server:
                try:
                    quick = {"answer_timeout": 0.1, "progress_timeout": 0.1, "total_timeout": 0.2}
                    found = await describe(server.url, name=name, way=way, **quick)
                except errors.MediaCaptionerError as error:
                    texts.append(
                        f"{error!r} {error} {error.hint} {''.join(traceback.format_exception(error))}"
                    )
                else:
                    texts.append(repr(found))
                texts.append(repr(server.requests))

    asyncio.run(run())
    texts += [repr(Options(api_key=Secret(CANARY))), str(Options(api_key=Secret(CANARY)))]
    captured = capfd.readouterr()
    everything = "\n".join([*texts, caplog.text, captured.out, captured.err])
    assert "Incorrect API key" in everything or "the key was refused" in everything
    for form in forms_of(CANARY):
        assert form not in everything, form
