"""--offline: no connection leaves this process, whichever library tries."""

import socket

import pytest

from media_captioner.system import network


@pytest.fixture
def forbidden():
    network.forbid()
    yield
    network.allow()


@pytest.mark.usefixtures("forbidden")
def test_connections_and_name_lookups_are_refused():
    assert network.is_forbidden()
    with socket.socket() as tcp, pytest.raises(network.Offline, match="--offline"):
        tcp.connect(("127.0.0.1", 9))
    with pytest.raises(network.Offline):
        socket.getaddrinfo("example.org", 443)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(network.Offline):
        udp.sendto(b"x", ("127.0.0.1", 9))


def test_the_switch_can_be_taken_back():
    network.forbid()
    network.allow()
    with socket.socket() as tcp:
        tcp.settimeout(0.5)
        with pytest.raises(OSError) as refused:
            tcp.connect(("127.0.0.1", 9))
    assert not isinstance(refused.value, network.Offline)
