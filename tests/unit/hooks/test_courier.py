"""Webhooks on their way: tried again, remembered, bounded, and never a way inside."""

import asyncio
import base64
from datetime import UTC, datetime

import pytest

from media_captioner.captioners.http import Posted, post
from media_captioner.config.tables import Webhook
from media_captioner.errors import CaptionerUnavailable, UnsafeInput
from media_captioner.hooks.events import AssetDone
from media_captioner.hooks.host import Host
from media_captioner.hooks.webhooks.courier import Courier
from media_captioner.hooks.webhooks.envelope import message_of
from media_captioner.hooks.webhooks.outbox import LIFETIME, MOST_WAITING, Outbox
from media_captioner.testing.clock import FakeClock
from tests.unit.hooks.conftest import TAPE

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)

SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()

URL = "https://hooks.example/in/s3cret-path"


class Receiver:
    """Stands in for ``post``: answers from a list and keeps what it was sent."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []

    async def __call__(self, url, body, headers, **more):
        self.got.append((url, body, headers))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Posted) else Posted(answer)


class Bench:
    """A courier over one outbox file, with a clock that is set by hand."""

    def __init__(self, tmp_path, *answers, urls=(URL,)):
        key = tmp_path / "key"
        key.write_text(SECRET)
        key.chmod(0o600)
        self.clock = FakeClock(NOW)
        self.receiver = Receiver(*answers)
        self.hooks = [Webhook(url=url, secret_files=(key,), events=("asset.done",)) for url in urls]
        self.path = tmp_path / "webhooks.db"
        self.outbox = Outbox(self.path)
        self.courier = self.courier_of(self.outbox)

    def courier_of(self, outbox):
        return Courier(self.hooks, outbox, self.receiver, clock=self.clock, chance=lambda: 0.0)

    def tell(self, *events):
        async def run():
            for event in events:
                await self.courier.hear(event)
            await self.courier.flush(10)

        asyncio.run(run())

    def later(self, seconds):
        self.clock.sleep(seconds)
        self.tell()


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(*answers, **options):
        made.append(Bench(tmp_path, *answers, **options))
        return made[-1]

    yield make
    for each in made:
        each.courier.close()


def test_a_message_is_tried_until_it_arrives_with_one_id_and_new_signatures(bench, events):
    work = bench(500, CaptionerUnavailable("down"), 302)
    work.tell(events["asset.done"])
    for seconds in (4, 1, 299, 1, 1800):
        work.later(seconds)
    assert len(work.receiver.got) == 4
    assert len({headers["webhook-id"] for _, _, headers in work.receiver.got}) == 1
    assert len({headers["webhook-signature"] for _, _, headers in work.receiver.got}) == 4
    assert len({body for _, body, _ in work.receiver.got}) == 1
    found = work.outbox.receiver(URL)
    assert (found.waiting, found.delivered, found.failures) == (0, 1, 0)


def test_attempts_go_on_after_a_restart(bench, events):
    work = bench(503)
    work.tell(events["asset.done"])
    work.courier.close()
    work.outbox = Outbox(work.path)
    work.courier = work.courier_of(work.outbox)
    work.tell()
    assert len(work.receiver.got) == 1
    work.later(5)
    assert len(work.receiver.got) == 2
    assert work.outbox.receiver(URL).delivered == 1


def test_410_is_for_good_until_somebody_asks_again(bench, events):
    work = bench(410)
    work.tell(events["asset.done"])
    work.tell(events["asset.done"])
    work.later(LIFETIME)
    assert len(work.receiver.got) == 1
    found = work.outbox.receiver(URL)
    assert "410" in found.disabled
    assert found.waiting == 0
    work.outbox.enable(URL)
    work.tell(events["asset.done"])
    assert len(work.receiver.got) == 2


def test_a_wait_that_is_asked_for_is_kept(bench, events):
    work = bench(Posted(429, 1000.0))
    work.tell(events["asset.done"], events["asset.done"])
    assert len(work.receiver.got) == 1  # the other one rests too
    work.later(999)
    assert len(work.receiver.got) == 1
    work.later(1)
    assert len(work.receiver.got) == 3


def test_one_message_that_is_refused_holds_up_no_other(bench, events):
    work = bench(422)
    work.tell(events["asset.done"], events["asset.done"])
    assert len(work.receiver.got) == 2
    assert work.outbox.receiver(URL).delivered == 1


def test_a_receiver_that_is_down_gets_one_attempt_at_a_time(bench, events):
    work = bench(*[500] * 50)
    work.tell(*[events["asset.done"]] * 20)
    assert len(work.receiver.got) == 1
    work.later(5)
    assert len(work.receiver.got) == 2


def test_what_is_older_than_three_days_is_given_up(bench, events):
    work = bench(*[500] * 99)
    work.tell(events["asset.done"])
    for _ in range(20):
        work.later(18_000)
    assert len(work.receiver.got) < 12
    assert work.outbox.receiver(URL).given_up == 1


def test_two_processes_do_not_send_one_message_twice(bench, events):
    work = bench()
    other = work.courier_of(Outbox(work.path))

    async def run():
        for _ in range(10):
            await work.courier.hear(events["asset.done"])
        await asyncio.gather(work.courier.flush(10), other.flush(10))

    asyncio.run(run())
    other.close()
    assert len({headers["webhook-id"] for _, _, headers in work.receiver.got}) == len(work.receiver.got) == 10


def test_a_receiver_that_hangs_holds_up_nobody(bench, events):
    other = "https://other.example/in"
    work = bench(urls=(URL, other))

    async def slow(url, body, headers, **more):
        if url == URL:
            await asyncio.Event().wait()
        return await work.receiver(url, body, headers)

    work.courier._post = slow

    async def run():
        running = asyncio.create_task(work.courier.run())
        host = Host.of([work.courier])
        for _ in range(3):
            await host.tell(events["asset.done"])
        async with asyncio.timeout(60):
            while len(work.receiver.got) < 3:  # noqa: ASYNC110 - a list, not an event
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert {url for url, _, _ in work.receiver.got} == {other}


def test_the_outbox_is_bounded(tmp_path):
    outbox = Outbox(None)
    message = message_of(AssetDone(TAPE, "done"), NOW)
    with outbox._records.transaction() as connection:
        connection.executemany(
            "INSERT INTO message (id, url, type, body, created, due) VALUES (?, ?, 'x', x'', ?, 0)",
            [(str(number), URL, number) for number in range(MOST_WAITING)],
        )
    outbox.put(message, URL, MOST_WAITING)
    found = outbox.receiver(URL)
    assert (found.waiting, found.given_up) == (MOST_WAITING, 1)
    outbox.put(message_of(AssetDone(TAPE, "done"), NOW), URL, MOST_WAITING + 8 * 86_400)
    assert outbox.receiver(URL).given_up <= 2
    outbox.close()


def _addresses(monkeypatch, *answers):
    found = list(answers)

    async def getaddrinfo(self, host, port, **more):
        return [(0, 0, 0, "", (found.pop(0) if len(found) > 1 else found[0], port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fe80::1",
        "fd00::1",
        "0.0.0.0",  # noqa: S104 - an address that is refused
        "::ffff:10.0.0.1",
    ],
)
def test_a_private_address_needs_permission(monkeypatch, address):
    _addresses(monkeypatch, address)
    with pytest.raises(UnsafeInput, match="not on the open internet"):
        asyncio.run(post(URL, b"{}", {}, doing="telling"))


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::ffff:169.254.169.254"])
def test_where_clouds_keep_their_keys_no_permission_leads(monkeypatch, address):
    _addresses(monkeypatch, address)
    with pytest.raises(UnsafeInput):
        asyncio.run(post(URL, b"{}", {}, doing="telling", private=True))
