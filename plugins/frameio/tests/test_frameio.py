"""The bridge against a stand-in for Frame.io's API v4, whose shapes follow Adobe's package ``frameio`` 4.0.0."""

import hashlib
import hmac
import importlib.util
import json
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

SCRIPT = Path(__file__).parents[1] / "media_captioner_frameio.py"
_spec = importlib.util.spec_from_file_location("media_captioner_frameio", SCRIPT)
bridge = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = bridge
_spec.loader.exec_module(bridge)

PROGRAM = Path(sys.executable).with_name("media-captioner")
ACCOUNT, FILE = str(uuid.uuid4()), str(uuid.uuid4())
SECRET = "frameio-signing-secret"
SIDECAR = {
    "schema": "media_captioner/sidecar@1", "media": {"video": {"frame_rate": {"rate": "30000/1001"}}},
    "cues": [
        {"start": 1, "end": 2, "text": "[rain]"},
        {"start": 10000, "end": 10002, "text": "MAN: Good\nmorning."},
    ],
}  # fmt: skip


class Cloud:
    """Frame.io: one file with an original, and comments in pages of two."""

    def __init__(self, original=b"", name="storm.wav"):  # noqa: C901 - a small service, whole in one place
        self.comments, self.tokens, self.busy, self.original = [], [], 0, original
        self.locked = False
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def _send(self, status, document=None, body=b"", **headers):
                body = json.dumps(document).encode() if document is not None else body
                self.send_response(status)
                for key, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(key.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def _turned_away(self):
                if urlsplit(self.path).path != "/original":
                    cloud.tokens.append(self.headers.get("authorization"))
                if cloud.busy:
                    cloud.busy -= 1
                    self._send(429, {"errors": []}, retry_after="3")
                    return True
                return False

            def do_GET(self):
                path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
                if path == "/original":
                    assert "authorization" not in self.headers
                    return self._send(200, body=cloud.original)
                if self._turned_away():
                    return None
                if path == f"/v4/accounts/{ACCOUNT}/files/{FILE}":
                    assert query["include"] == ["media_links.original"]
                    link = {"original": {"download_url": f"{cloud.url}/original"}}
                    return self._send(200, {"data": {"id": FILE, "name": name, "media_links": link}})
                if path == f"/v4/accounts/{ACCOUNT}/files/{FILE}/comments":
                    first = int(query.get("after", ["0"])[0])
                    more = f"{path}?after={first + 2}" if len(cloud.comments) > first + 2 else None
                    return self._send(
                        200, {"data": cloud.comments[first : first + 2], "links": {"next": more}}
                    )
                return self._send(404, {"errors": [{"detail": "Not Found"}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self._turned_away():
                    return None
                if cloud.locked:
                    return self._send(403, {"errors": [{"detail": "Forbidden"}]})
                data = body["data"] | {"id": str(uuid.uuid4())}
                assert set(data) == {"id", "text", "timestamp", "duration"}
                cloud.comments.append(data)
                return self._send(201, {"data": data})

            def do_DELETE(self):
                wanted = self.path.rsplit("/", 1)[1]
                cloud.comments = [each for each in cloud.comments if each["id"] != wanted]
                return self._send(204)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def told(self):
        return [(each["text"], each["timestamp"], each["duration"]) for each in self.comments]


@pytest.fixture
def cloud():
    with Cloud() as made:
        yield made


@pytest.fixture
def client(cloud):
    slept = []
    made = bridge.FrameIo("token-1", cloud.url, slept.append)
    made.slept = slept
    yield made
    made.close()


TARGET = bridge.Target(ACCOUNT, FILE)


def test_comments_stand_on_exact_frames_and_twice_is_once(cloud, client):
    cloud.comments.append({"id": "1", "text": "Nice shot!", "timestamp": 30, "duration": 1})
    comments = bridge.comments_of(SIDECAR)
    assert client.post(TARGET, comments) == (2, 0)
    assert cloud.told() == [
        ("Nice shot!", 30, 1),
        ("[rain] #media_captioner", 30, 30),
        ("MAN: Good morning. #media_captioner", 299_700, 60),
    ]
    assert client.post(TARGET, comments) == (0, 0)
    for each in cloud.comments:
        each["timestamp"] = str(each["timestamp"])
    assert client.post(TARGET, comments) == (0, 0)
    assert set(cloud.tokens) == {"Bearer token-1"}


def test_what_is_heard_no_more_goes_and_only_that(cloud, client):
    client.post(TARGET, bridge.comments_of(SIDECAR))
    cloud.comments[1]["text"] = "MAN: Good morning, edited."  # without the seal it is a person's
    fewer = SIDECAR | {"cues": [{"start": 5, "end": 6, "text": "[thunder]"}]}
    assert client.post(TARGET, bridge.comments_of(fewer)) == (1, 1)
    assert [text for text, *_ in cloud.told()] == ["MAN: Good morning, edited.", "[thunder] #media_captioner"]


def test_a_busy_service_is_waited_for_as_it_asks(cloud, client):
    cloud.busy = 2
    assert client.post(TARGET, bridge.comments_of(SIDECAR)) == (2, 0)
    assert client.slept == [3.0, 3.0]


def test_a_refusal_says_what_was_asked_and_never_the_token(client):
    with pytest.raises(bridge.Trouble, match="404") as told:
        client.original(bridge.Target(ACCOUNT, str(uuid.uuid4())))
    assert "token-1" not in str(told.value)


def test_a_sidecar_of_another_version_is_refused():
    with pytest.raises(bridge.Trouble, match="one version"):
        bridge.comments_of({"schema": "media_captioner/sidecar@9"})


def test_without_the_program_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv("MEDIA_CAPTIONER_COMMAND", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bridge.Trouble, match=r'pipx install "\.\[local\]" in a clone'):
        bridge.caption(tmp_path / "storm.wav")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo 'error: out of disk' >&2; exit 1", "failed at storm.wav: out of disk"),
        ("exit 7", "failed at storm.wav: it ended with code 7"),
        (
            """echo '{"state": "failed", "reason": "it has no sound", "tracks": []}'""",
            "storm.wav: it has no sound",
        ),
        (
            """echo '{"state": "failed", "tracks": null}'; exit 3""",
            "failed at storm.wav: it ended with code 3",
        ),
    ],
)
def test_a_failure_of_the_program_is_told_in_its_own_words(tmp_path, monkeypatch, program, said):
    (tmp_path / "program").write_text(f"#!/bin/sh\n{program}\n")
    (tmp_path / "program").chmod(0o755)
    monkeypatch.setenv("MEDIA_CAPTIONER_COMMAND", str(tmp_path / "program"))
    with pytest.raises(bridge.Trouble, match=said):
        bridge.caption(tmp_path / "storm.wav")


def test_a_file_that_is_still_being_uploaded_is_told(cloud, client, monkeypatch):
    monkeypatch.setattr(client, "_call", lambda *_, **__: {"data": {"name": "storm.wav", "media_links": {}}})
    with pytest.raises(bridge.Trouble, match="still being uploaded"):
        client.original(TARGET)


def test_a_project_that_takes_no_comments_is_told(cloud, client):
    cloud.locked = True
    with pytest.raises(bridge.Trouble, match="refused POST .*403"):
        client.post(TARGET, bridge.comments_of(SIDECAR))
    assert cloud.comments == []


# --- the custom action ---------------------------------------------------------------------------------------


def action(**more):
    document = {
        "account_id": ACCOUNT, "action_id": str(uuid.uuid4()), "interaction_id": str(uuid.uuid4()),
        "project": {"id": str(uuid.uuid4())}, "resource": {"id": FILE, "type": "file"}, "type": "captions.asked",
        "user": {"id": str(uuid.uuid4())}, "workspace": {"id": str(uuid.uuid4())},
    }  # fmt: skip
    return json.dumps(document | more).encode()


def signed(body, secret=SECRET, at=None):
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Frameio-Request-Timestamp": stamp, "X-Frameio-Signature": f"v0={mac}"}


@pytest.fixture
def door(client, tmp_path):
    server = bridge.serve(SECRET, client, tmp_path / "originals", "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "headers",
    [
        lambda _body: {},
        lambda body: signed(body, "another secret"),
        lambda body: signed(body, at=time.time() - 301),
        lambda body: signed(body, at=time.time() + 600),
        lambda _body: signed(b"{}"),
        lambda _body: {"X-Frameio-Request-Timestamp": "now", "X-Frameio-Signature": "v0="},
    ],
    ids=["none", "wrong secret", "old", "future", "another body", "junk"],
)
def test_what_is_not_signed_now_is_refused(door, headers):
    body = action(resource={"id": str(uuid.uuid4()), "type": "folder"})
    assert httpx.post(door, content=body, headers=headers(body)).status_code == 401
    assert httpx.post(door, content=body, headers=signed(body)).status_code == 200


def test_a_folder_is_no_file(door):
    body = action(resource={"id": str(uuid.uuid4()), "type": "folder"})
    assert httpx.post(door, content=body, headers=signed(body)).json()["title"] == "Not captioned"
    body = action(resource={"id": "../../me", "type": "file"})
    assert httpx.post(door, content=body, headers=signed(body)).json()["title"] == "Not captioned"


@pytest.mark.skipif(not PROGRAM.exists(), reason="media-captioner is not installed beside this Python")
def test_a_file_is_fetched_captioned_and_commented(tmp_path, monkeypatch):
    from media_captioner.testing.media import Sound, beeping, media_bytes

    monkeypatch.setenv("MEDIA_CAPTIONER_COMMAND", str(PROGRAM))
    monkeypatch.setenv("MEDIA_CAPTIONER_CAPTIONER", "emulated")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    sound = media_bytes("wav", [Sound(beeping(2, 1.0), codec="pcm_s16le")])
    with Cloud(sound) as cloud:
        client = bridge.FrameIo("token-1", cloud.url)
        cloud.comments.append({"id": "1", "text": f"[old] {bridge.SEAL}", "timestamp": 1, "duration": 1})
        told = bridge.work_on(TARGET, client, tmp_path / "originals")
        client.close()
    assert told.startswith("storm.wav: ")
    assert "1 taken away" in told
    assert not list((tmp_path / "originals").rglob("original.wav"))
