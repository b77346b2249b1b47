"""Webhooks over real connections: believed by the library of the standard, and led nowhere else."""

import asyncio
import base64
import json
import socket

import pytest
from standardwebhooks.webhooks import Webhook as Official

from media_captioner.captioners.http import post
from media_captioner.config.tables import Webhook
from media_captioner.errors import CaptionerUnavailable, MediaCaptionerError
from media_captioner.hooks.events import AssetDone
from media_captioner.hooks.webhooks.courier import Courier
from media_captioner.hooks.webhooks.outbox import Outbox
from tests.receiver import Receiver
from tests.unit.hooks.conftest import TAPE

SECRET = "whsec_" + base64.b64encode(b"a" * 32).decode()
NEXT = "whsec_" + base64.b64encode(b"b" * 32).decode()


def courier(tmp_path, url, *texts):
    paths = []
    for number, text in enumerate(texts or (SECRET,)):
        paths.append(tmp_path / f"key{number}")
        paths[-1].write_text(text)
        paths[-1].chmod(0o600)
    hook = Webhook(url=url, secret_files=tuple(paths), events=("asset.done",), private=True)
    return Courier([hook], Outbox(None), post)


async def tell(work, seconds=5.0):
    await work.hear(AssetDone(TAPE, "done", "A dog barks."))
    await work.flush(seconds)


def test_the_official_library_believes_what_arrives_with_either_secret_of_a_rotation(tmp_path):
    async def run():
        async with Receiver() as server:
            work = courier(tmp_path, server.url + "/in?x=1", NEXT, SECRET)
            await tell(work)
            work.close()
            return server.got

    [(path, headers, body)] = asyncio.run(run())
    assert path == "/in"
    for secret in (SECRET, NEXT):
        document = Official(secret).verify(body, headers)
        assert document["data"]["summary"] == "A dog barks."
    assert document["id"] == headers["webhook-id"]
    assert json.loads(body)["specversion"] == "1.0"
    assert "authorization" not in headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(tmp_path, status):
    async def run():
        async with Receiver() as other:

            async def away(request, responder):
                await responder.send(status, [("location", other.url + "/stolen")], b"")

            async with Receiver(away) as server:
                work = courier(tmp_path, server.url)
                await tell(work)
                found = work.outbox.receiver(server.url)
                work.close()
                return len(server.got), other.got, found

    asked, stolen, found = asyncio.run(run())
    assert (asked, stolen) == (1, [])
    assert found.failures == 1
    assert str(status) in found.said


def test_an_endless_answer_is_not_read(tmp_path):
    async def run():
        async def endless(request, responder):
            await responder.begin(200, [])
            while True:
                await responder.piece(b"x" * 65536)

        async with Receiver(endless) as server:
            work = courier(tmp_path, server.url)
            await tell(work)
            found = work.outbox.receiver(server.url)
            work.close()
            return found

    assert asyncio.run(run()).delivered == 1


def test_a_receiver_that_says_nothing_is_given_up_in_time():
    async def run():
        async def silent(request, responder):
            await asyncio.Event().wait()

        async with Receiver(silent) as server:
            await post(server.url, b"{}", {}, doing="telling", private=True, seconds=0.3)

    with pytest.raises(CaptionerUnavailable, match="time"):
        asyncio.run(run())


def test_a_name_that_changes_between_check_and_connect_leads_nowhere(monkeypatch):
    """The first look-up gives a public address, every later one this machine: only the first one counts."""
    tried = []

    async def run():
        async with Receiver() as server:
            port = int(server.url.rpartition(":")[2])
            looked = []

            async def getaddrinfo(self, host, found_port, **more):
                looked.append(host)
                public = len(looked) == 1
                if not public and host == "rebinding.example":
                    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
                return [
                    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34" if public else host, port))
                ]

            async def connect(self, sock, address):
                tried.append(address[0])
                raise ConnectionRefusedError(111, "refused")

            monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
            monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
            with pytest.raises(MediaCaptionerError):
                await post(f"http://rebinding.example:{port}/", b"{}", {}, doing="telling")
            assert looked.count("rebinding.example") == 1
            return server.got

    assert asyncio.run(run()) == []
    assert "127.0.0.1" not in tried
