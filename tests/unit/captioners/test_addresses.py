"""Which addresses may be contacted."""

from __future__ import annotations

import asyncio
import io

import pytest

from media_captioner.captioners.addresses import (
    checked_base_url,
    is_loopback,
    is_public,
    origin_of,
    public_address,
)
from media_captioner.captioners.http import fetch_public
from media_captioner.errors import ConfigError, UnsafeInput


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.9.9", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to judge, nothing is bound
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("evil.test", False),
        ("", False),
    ],
)
def test_public_addresses(address, expected):
    """Only the open internet is public, also behind IPv6 forms that carry an IPv4 address."""
    assert is_public(address) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.evil.test", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host/v1",
        "ftp://host/v1",
        "http://",
        "https:///v1",
        "file:///etc/passwd",
        "http://[::1",
        "http://h:99999/",
    ],
)
def test_a_base_url_is_an_http_address(url):
    with pytest.raises(ConfigError, match="base URL cannot be used"):
        checked_base_url(url)


@pytest.mark.parametrize(
    "url", ["https://key:sk-secret99@host/v1", "https://host/v1?key=sk-secret99", "https://host/#x"]
)
def test_a_base_url_holds_no_secrets(url):
    """What was pasted into an address is not repeated in the message."""
    with pytest.raises(ConfigError) as raised:
        checked_base_url(url)
    assert "sk-secret99" not in str(raised.value)


def test_a_good_base_url():
    assert checked_base_url(" https://Host.example:8443/v1/ ") == "https://Host.example:8443/v1"
    origin = origin_of("https://Host.example/v1")
    assert (origin.scheme, origin.host, origin.port) == ("https", "host.example", 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.wav",
        "http://localhost:8901/a",
        "http://169.254.169.254/x",
        "http://[::1]/x",
        "ftp://x/y",
        "http://0x7f000001/",
    ],
)
def test_nothing_is_fetched_from_a_private_network(url):
    with pytest.raises(UnsafeInput):
        asyncio.run(public_address(url))
    sink = io.BytesIO()
    with pytest.raises(UnsafeInput):
        asyncio.run(fetch_public(url, sink, doing="fetching the sound", max_bytes=10))
    assert sink.getvalue() == b""
