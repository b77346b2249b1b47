"""Webhooks: signed so that the library of the standard believes them, short, remembered, and never a way inside."""

import asyncio
import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Official
from standardwebhooks.webhooks import WebhookVerificationError

from media_captioner.captioners.http import Posted, post
from media_captioner.config.tables import Webhook
from media_captioner.errors import CaptionerUnavailable, ConfigError, UnsafeInput
from media_captioner.hooks.events import AssetDone, AssetFailed
from media_captioner.hooks.host import Host
from media_captioner.hooks.webhooks import signing
from media_captioner.hooks.webhooks.courier import Courier
from media_captioner.hooks.webhooks.envelope import MOST_BYTES, message_of
from media_captioner.hooks.webhooks.outbox import LIFETIME, MOST_WAITING, Outbox
from media_captioner.system.secrets import Secret
from media_captioner.testing.clock import FakeClock
from tests.unit.hooks.conftest import TAPE, make_captions

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()
NEXT = "whsec_" + base64.b64encode(b"b" * 64).decode()
URL = "https://hooks.example/in/s3cret-path"
bodies = st.binary(max_size=200)


@given(bodies, st.text("abcdef_0123456789", min_size=1, max_size=40))
def test_the_official_library_believes_what_we_sign(body, message_id):
    stamp = int(datetime.now(UTC).timestamp())
    headers = signing.headers([Secret(SECRET)], message_id, stamp, body)
    with contextlib.suppress(ValueError):  # it parses the body as JSON when it believes it
        Official(SECRET).verify(body, headers)


def test_the_official_library_disbelieves_another_secret():
    stamp = int(datetime.now(UTC).timestamp())
    headers = signing.headers([Secret(SECRET)], "msg_1", stamp, b"{}")
    assert Official(SECRET).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Official(NEXT).verify(b"{}", headers)


@given(st.text(max_size=200), st.text("abcdef_0123456789", min_size=1, max_size=40))
def test_we_believe_what_the_official_library_signs(body, message_id):
    found = Official(SECRET).sign(message_id, NOW, body)
    given_headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": found,
    }
    with contextlib.suppress(UnicodeEncodeError):
        raw = body.encode()
        assert signing.verified([Secret(SECRET)], given_headers, raw, now=NOW.timestamp()) == message_id


def signed(body=b'{"a": 1}', secrets=(SECRET,), at=NOW):
    return signing.headers([Secret(one) for one in secrets], "msg_1", int(at.timestamp()), body)


def believe(headers, body=b'{"a": 1}', secrets=(SECRET,), now=NOW):
    return signing.verified([Secret(one) for one in secrets], headers, body, now=now.timestamp())


def test_during_a_rotation_either_secret_is_believed():
    both = signed(secrets=(NEXT, SECRET))
    assert both["webhook-signature"].count("v1,") == 2
    for secrets in ((SECRET,), (NEXT,), (SECRET, NEXT)):
        assert believe(both, secrets=secrets) == "msg_1"
        Official(secrets[0]).verify(b'{"a": 1}', _as_of_now(secrets))


def _as_of_now(secrets):
    return signed(secrets=secrets, at=datetime.now(UTC))


ALTERATIONS = {
    "no signature": {"webhook-signature": None},
    "an empty signature": {"webhook-signature": ""},
    "half a signature": {"webhook-signature": "v1,"},
    "another scheme": lambda h: {"webhook-signature": h["webhook-signature"].replace("v1,", "v1a,")},
    "a shortened signature": lambda h: {"webhook-signature": h["webhook-signature"][:-4]},
    "base64 with junk": lambda h: {"webhook-signature": h["webhook-signature"] + "="},
    "half a character": {"webhook-signature": "v1,\udc80"},
    "no id": {"webhook-id": None},
    "another id": {"webhook-id": "msg_2"},
    "an id with a point": {"webhook-id": "msg.1"},
    "an endless id": {"webhook-id": "m" * 300},
    "no time": {"webhook-timestamp": None},
    "another time": {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
    "a negative time": {"webhook-timestamp": "-1"},
    "a time with a fraction": {"webhook-timestamp": f"{NOW.timestamp()}"},
    "foreign digits": {"webhook-timestamp": "١٧٠٠٠٠٠٠٠٠"},
    "an endless time": {"webhook-timestamp": "9" * 400},
}


@pytest.mark.parametrize("change", ALTERATIONS.values(), ids=ALTERATIONS)
def test_forged_headers_are_refused(change):
    headers = signed()
    changes = change(headers) if callable(change) else change
    altered = {name: value for name, value in {**headers, **changes}.items() if value is not None}
    with pytest.raises(signing.Unverified):
        believe(altered)


def test_another_body_is_refused_even_where_it_means_the_same():
    for body in (b'{"a":1}', b'{"a": 1}\n', b'{"a": 2}', b""):
        with pytest.raises(signing.Unverified, match="no signature"):
            believe(signed(), body)


@given(st.integers(0, 63))
def test_one_bit_is_enough(bit):
    body = bytearray(b'{"a": 1}')
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(signing.Unverified):
        believe(signed(), bytes(body))


@pytest.mark.parametrize(("seconds", "word"), [(301, "old"), (-301, "future"), (86_400, "old")])
def test_the_past_and_the_future_are_refused(seconds, word):
    with pytest.raises(signing.Unverified, match=word):
        believe(signed(), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_a_little(seconds):
    assert believe(signed(), now=NOW + timedelta(seconds=seconds)) == "msg_1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "secret",
        SECRET[6:],
        "whsec_" + base64.b64encode(b"short").decode(),
        "whsec_!!!!",
        SECRET + "é",
    ],
)
def test_a_secret_that_is_none_is_refused_at_the_start(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="secret|key"):
        signing.read_secret(path)


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="other users"):
        signing.read_secret(path)


def test_messages_are_cloudevents_without_folders_or_keys(events):
    for event in events.values():
        message = message_of(event, NOW)
        document = json.loads(message.body)
        assert set(document) >= {"specversion", "id", "source", "type", "time", "data"}
        assert (document["specversion"], document["id"]) == ("1.0", message.id)
        assert document["type"] == f"media_captioner.{event.name}"
        assert document["subject"] == "1987/tape 7.mov"
        assert b"/tapes" not in message.body
    assert len({message_of(event, NOW).id for event in events.values()}) == len(events)


def test_messages_stay_small_whatever_they_tell():
    files = tuple(TAPE.with_name("x" * 200 + str(number)) for number in range(500))
    long = AssetDone(TAPE, "done", "s" * 90_000, ("k" * 5000,) * 5000, ("en",) * 5000, files, 1.0)
    assert len(message_of(long, NOW).body) <= MOST_BYTES
    failed = AssetFailed(TAPE, "failed", "X", "é\x00\u2028" * 90_000)
    assert len(message_of(failed, NOW).body) <= MOST_BYTES


def test_a_key_in_a_message_is_masked():
    failed = AssetFailed(
        TAPE, "failed", "X", f"the service said no to {Secret('sk-canary-webhook').reveal()}"
    )
    assert b"canary" not in message_of(failed, NOW).body


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
        async with asyncio.timeout(10):
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


def test_captions_go_nowhere(events):
    """However long the captions are, a message about them has their number and no more."""
    document = json.loads(message_of(events["cues.ready"], NOW).body)
    assert document["data"] == {"file": "1987/tape 7.mov", "track": 1, "cues": len(make_captions().cues)}
