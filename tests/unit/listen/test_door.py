"""Requests from elsewhere: only from those who know a secret, only once, only for what may be asked for."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Official

from media_captioner.config.tables import Listening
from media_captioner.errors import ConfigError
from media_captioner.listen import Door, Places, Register, Secrets
from media_captioner.listen.register import MOST_WAITING
from media_captioner.listen.wishes import Refused
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.clock import FakeClock

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"l" * 32).decode()
OLDER = "whsec_" + base64.b64encode(b"o" * 32).decode()
FRAMEIO = "frameio-signing-secret-0123456789"
PLAIN = {"trust_env": False, "verify": False}  # not once for each request the certificates of the world
BODY = b'{"file": "1987/tape 7.mov"}'


class Bench:
    """A door over an archive of one tape, with a clock that is set by hand."""

    def __init__(self, folder, register):
        self.root = folder / "archive"
        (self.root / "1987").mkdir(parents=True)
        (self.root / "1987" / "tape 7.mov").write_bytes(b"tape")
        self.clock, self.register, self.rings = FakeClock(NOW), register, 0
        secrets = Secrets((Secret(SECRET), Secret(OLDER)), (Secret(FRAMEIO),))
        places = Places((self.root,), ("https://files.example/in/",))
        self.door = Door(register, places, secrets, self.ring, port=0, clock=self.clock)

    def ring(self):
        self.rings += 1

    def post(self, body=BODY, headers=None, **more):
        headers = self.signed(body, **more) if headers is None else headers
        return httpx.post(self.door.url, content=body, headers=headers, **PLAIN)

    def signed(self, body=BODY, message_id="msg_1", at=None, secret=SECRET):
        at = at or self.clock.now()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Official(secret).sign(message_id, at, body.decode()),
        }

    def by_frameio(self, body=BODY, at=None, secret=FRAMEIO):
        stamp = int((at or self.clock.now()).timestamp())
        signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Frameio-Request-Timestamp": str(stamp), "X-Frameio-Signature": f"v0={signature}"}


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path, Register(tmp_path / "listen.db"))
    with running(made.door):
        yield made
    made.register.close()


@pytest.mark.parametrize("secret", [SECRET, OLDER])
def test_what_the_official_library_signs_becomes_a_job_at_once(bench, secret):
    answer = bench.post(secret=secret)
    job = answer.json()
    assert (answer.status_code, job["state"], job["file"]) == (202, "waiting", "1987/tape 7.mov")
    assert job["status"] == f"/captions/{job['id']}"
    status = httpx.get(bench.door.url + "/" + job["id"], **PLAIN)
    assert status.json() == job
    assert bench.rings == 1


def test_frameio_signs_in_its_own_way_and_its_forms_are_read(bench):
    body = json.dumps(
        {"type": "captions.ask", "resource": {"id": "1"}, "data": {"file": "1987/tape 7.mov"}}
    ).encode()
    assert bench.post(body, bench.by_frameio(body)).status_code == 202
    assert bench.post(body, bench.by_frameio(body)).status_code == 409
    assert bench.post(body, bench.by_frameio(body, secret="wrong-secret-0123456789")).status_code == 401
    for seconds in (301, -301):
        late = bench.by_frameio(body, at=bench.clock.now() + timedelta(seconds=seconds))
        assert bench.post(body, late).status_code == 401
    changed = bench.by_frameio(body) | {"X-Frameio-Signature": "v0="}
    assert bench.post(body, changed).status_code == 401


FORGERIES = {
    "unsigned": lambda bench: (BODY, {}),
    "wrong secret": lambda bench: (
        BODY,
        bench.signed(secret="whsec_" + base64.b64encode(b"x" * 32).decode()),
    ),
    "re-serialised": lambda bench: (
        json.dumps(json.loads(BODY), separators=(",", ":")).encode(),
        bench.signed(),
    ),
    "one bit": lambda bench: (BODY.replace(b"7.mov", b"6.mov"), bench.signed()),
    "another id": lambda bench: (BODY, bench.signed() | {"webhook-id": "msg_2"}),
    "old": lambda bench: (BODY, bench.signed(at=NOW - timedelta(seconds=301))),
    "future": lambda bench: (BODY, bench.signed(at=NOW + timedelta(seconds=301))),
    "two ids": lambda bench: (BODY, [*bench.signed().items(), ("Webhook-Id", "msg_1")]),
    "empty signature": lambda bench: (BODY, bench.signed() | {"webhook-signature": ""}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_request_is_refused_before_it_is_read(bench, forge):
    answer = bench.post(*forge(bench))
    assert answer.status_code == 401
    assert "file" not in answer.text
    assert bench.rings == 0


def test_a_replay_is_refused_and_a_sender_that_tries_again_gets_the_same_job(bench, tmp_path):
    headers = bench.signed()
    first = bench.post(headers=headers)
    assert bench.post(headers=headers).status_code == 409
    bench.clock.sleep(5)
    again = bench.post()
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert bench.post(headers=headers).status_code == 409  # older than the last attempt, and still in time
    other = b'{"file": "1987/tape 7.mov", "settings": {}}'
    assert bench.post(other, bench.signed(other)).status_code == 409  # the id of another request
    # After a restart it is known all the same.
    bench.door._register = Register(tmp_path / "listen.db")
    assert bench.post(headers=headers).status_code == 409
    bench.door._register.close()
    assert bench.rings == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"[" * 60_000, 400),
        (b'{"file": 1}', 422),
        (b'{"file": ""}', 422),
        (b"{}", 422),
        (b'{"file": "a.mp4", "url": "https://files.example/in/a.mp4"}', 422),
        (b'{"file": "1987/tape 7.mov", "command": "rm"}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"out": "/etc"}}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"api_key": "x"}}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"captioner": "qwen"}}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"formats": ["none"]}}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"profile": "none"}}', 422),
        (b'{"file": "1987/tape 7.mov", "settings": {"track": "x"}}', 422),
        (b'{"file": "1987/tape 7.mov\\u0000.txt"}', 422),
        (b'{"file": "1987/none.mov"}', 404),
        (b'{"file": "../secret.mov"}', 403),
        (b'{"file": "1987/../../secret.mov"}', 403),
        (b'{"file": "/etc/passwd"}', 403),
        (b'{"file": "' + b"x" * 300 + b'.mov"}', 404),
        (b'{"url": "https://evil.example/in/a.mp4"}', 403),
        (b" " * 65_537, 413),
    ],
)
def test_what_may_not_or_cannot_be_is_refused(bench, body, status):
    (bench.root.parent / "secret.mov").write_bytes(b"x")
    assert bench.post(body).status_code == status
    assert bench.rings == 0


def test_settings_that_a_file_beside_the_media_could_set_are_taken(bench):
    body = (
        b'{"file": "1987/tape 7.mov", "settings": {"language": "de", "formats": ["srt"], "profile": "bbc"}}'
    )
    assert bench.post(body).status_code == 202
    wish = bench.register.take(NOW.timestamp()).wish
    assert wish.settings == {"language": "de", "formats": ["srt"], "profile": "bbc"}


def test_web_pages_and_other_names_and_other_paths_get_nothing(bench):
    headers = bench.signed()
    assert bench.post(headers=headers | {"origin": "https://evil.example"}).status_code == 403
    assert bench.post(headers=headers | {"host": "evil.example"}).status_code == 403
    for path in ("", "/none", "/../listen.db"):
        assert httpx.get(bench.door.url + path, **PLAIN).status_code in {404, 405}
    assert httpx.put(bench.door.url, **PLAIN).status_code == 405


def test_too_much_that_waits_is_said(bench):
    with bench.register._records.transaction() as connection:
        connection.executemany(
            "INSERT INTO job (id, wish, state, created, due) VALUES (?, '{}', 'waiting', 0, 0)",
            [(str(number),) for number in range(MOST_WAITING)],
        )
    answer = bench.post()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


def test_links_lead_out_of_no_folder(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
        (folder / "a.mov").write_bytes(b"x")
    (root / "out").symlink_to(outside)
    (root / "b.mov").symlink_to(outside / "a.mov")
    (root / "c.mov").symlink_to(root / "a.mov")
    (root / "loop.mov").symlink_to(root / "loop.mov")
    os.mkfifo(root / "pipe.mov")
    (root / "notes.txt").write_text("x")
    places = Places((root,))
    for text, status in (
        ("out/a.mov", 403),
        ("b.mov", 403),
        (str(outside / "a.mov"), 403),
        ("pipe.mov", 404),
        ("notes.txt", 422),
        (".", 404),
    ):
        with pytest.raises(Refused) as refused:
            places.file(text)
        assert refused.value.status == status, text
    with pytest.raises(Refused):
        places.file("loop.mov")
    assert places.file("c.mov") == places.file(str(root / "a.mov")) == (root / "a.mov", root)
    # A folder that is a link itself is the user's own choice.
    link = tmp_path / "link"
    link.symlink_to(root)
    assert Places((link,)).file(str(link / "a.mov"))[0] == root / "a.mov"
    with pytest.raises(ConfigError, match="no folder"):
        Places((tmp_path / "none",))


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/in/a.mp4",
        "https://files.example/a.mp4",
        "https://files.example/inbox/a.mp4",
        "https://files.example/in/../a.mp4",
        "https://files.example/in/%2e%2e/a.mp4",
        "https://files.example/in/%252e%252e/a.mp4",
        "https://files.example/in/..%2fa.mp4",
        "https://files.example/in//a.mp4",
        "https://files.example/in/\\..\\a.mp4",
        "https://files.example@evil.example/in/a.mp4",
        "https://user:pass@files.example/in/a.mp4",
        "https://files.example.evil.example/in/a.mp4",
        "https://files.example:8443/in/a.mp4",
        "https://files.example/in/a.mp4#x",
        "https://[files.example/in/a.mp4",
        "file:///in/a.mp4",
        "//files.example/in/a.mp4",
        "",
    ],
)
def test_addresses_that_only_look_listed_are_refused(url):
    with pytest.raises(Refused) as refused:
        Places((), ("https://files.example/in/",)).url(url)
    assert refused.value.status == 403


def test_listed_addresses_are_taken_however_they_are_written():
    places = Places((), ("https://files.example/in", "https://one.example/a.mp4"))
    for url in (
        "https://files.example/in/a.mp4",
        "https://FILES.example:443/in/b/c%20d.mov?token=1",
        "https://one.example/a.mp4",
    ):
        assert places.url(url) == url
    with pytest.raises(Refused, match="media file"):
        places.url("https://files.example/in/a.exe")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "no secret"),
        ({"secret_files": ["short"]}, "bytes"),
        ({"frameio_secret_files": ["tiny"]}, "16 characters"),
    ],
)
def test_without_a_good_secret_nothing_listens(tmp_path, table, said):
    for name, text in (("short", "whsec_" + base64.b64encode(b"x").decode()), ("tiny", "abc")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    paths = {name: [tmp_path / each for each in files] for name, files in table.items()}
    with pytest.raises(ConfigError, match=said):
        Secrets.of(Listening(**paths))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"urls": ("http://files.example/in/",), "downloads": "/x"}, "https"),
        ({"urls": ("https://files.example/in/",)}, "downloads"),
        ({"urls": ("https://files.example",), "downloads": "/x"}, "write it like"),
    ],
)
def test_a_table_that_allows_too_much_is_refused(table, said):
    with pytest.raises(ValueError, match=said):
        Listening(**table)


def test_a_jobs_id_cannot_be_guessed_and_is_all_that_a_status_needs(bench):
    ids = {bench.post(message_id=f"msg_{number}").json()["id"] for number in range(20)}
    assert len(ids) == 20
    assert all(len(job.removeprefix("job_")) == 32 for job in ids)
    assert httpx.get(f"{bench.door.url}/job_{'0' * 32}", **PLAIN).status_code == 404


def test_old_requests_are_forgotten_and_jobs_with_them(tmp_path):
    bench = Bench(tmp_path, Register(None))

    async def admit(number):
        return await asyncio.to_thread(bench.door._admitted, *_signed(number), bench.clock.now().timestamp())

    def _signed(number):
        from media_captioner.listen.signatures import Signed
        from media_captioner.listen.wishes import wish_in

        return Signed(f"webhook:{number}", number), BODY, wish_in(BODY)

    first, _ = asyncio.run(admit(1))
    bench.register.end(first.id, "done", None, (), bench.clock.now().timestamp())
    bench.clock.sleep(31 * 86_400)
    asyncio.run(admit(2))
    asyncio.run(admit(3))
    assert bench.register.job(first.id) is None
    with bench.register._records.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM request").fetchone() == (2,)
    bench.register.close()
