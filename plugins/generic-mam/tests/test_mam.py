"""The program against a real HTTP server, and run by media-captioner as a hook."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "media_captioner_mam.py"
_spec = importlib.util.spec_from_file_location("media_captioner_mam", SCRIPT)
mam = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = mam
_spec.loader.exec_module(mam)

PROGRAM = Path(sys.executable).with_name("media-captioner")
TABLE = """
base = "{url}/api/"
asset = '(?P<id>[0-9]{{4,}})[^/]*$'
token = "MAM_TOKEN"

[[requests]]
method = "patch"
path = "/assets/{{id}}"
json = {{ description = "{{summary}}", keywords = "{{keywords}}", note = "{{file}}: {{keywords}}", rank = 1 }}

[[requests]]
method = "PUT"
path = "/assets/{{id}}/captions/en"
file = "vtt"
"""


class Manager:
    """An asset manager that remembers what it was sent, and answers what it is told to."""

    def __init__(self, *answers):
        self.got, self.answers = [], list(answers)
        manager = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                manager.got.append((self.command, self.path, self.headers.get("authorization"), body))
                status, extra = manager.answers.pop(0) if manager.answers else (200, {})
                self.send_response(status)
                for name, value in {"content-length": "2", **extra}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            do_PATCH = do_PUT = do_POST = _any

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


def event(folder, **more):
    (folder / "20417 storm.en.vtt").write_text("WEBVTT\n")
    given = {
        "event": "asset.done", "path": str(folder / "20417 storm.mov"), "state": "done", "summary": "Rain.",
        "keywords": ["rain", "thunder"], "files": [str(folder / "20417 storm.en.vtt")],
    }  # fmt: skip
    return given | more


def run(table, given, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(table)],
        input=json.dumps(given), capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def test_what_is_told_reaches_the_asset_it_is_about(tmp_path):
    with Manager() as manager:
        (tmp_path / "mam.toml").write_text(TABLE.format(url=manager.url))
        done = run(tmp_path / "mam.toml", event(tmp_path), MAM_TOKEN="secret-token")
    assert done.returncode == 0, done.stderr
    (first, second) = manager.got
    assert first[:3] == ("PATCH", "/api/assets/20417", "Bearer secret-token")
    assert json.loads(first[3]) == {
        "description": "Rain.", "keywords": ["rain", "thunder"], "note": "20417 storm.mov: rain, thunder", "rank": 1
    }  # fmt: skip
    assert second[:2] == ("PUT", "/api/assets/20417/captions/en")
    assert second[3] == b"WEBVTT\n"


def test_an_asset_without_an_id_and_one_that_is_up_to_date_are_nobodys_business(tmp_path):
    with Manager() as manager:
        (tmp_path / "mam.toml").write_text(TABLE.format(url=manager.url))
        assert run(tmp_path / "mam.toml", event(tmp_path, path="/films/storm.mov")).returncode == 0
        assert run(tmp_path / "mam.toml", event(tmp_path, state="up to date")).returncode == 0
        assert run(tmp_path / "mam.toml", {"event": "asset.failed", "path": "/1234.mov"}).returncode == 0
    assert manager.got == []


def test_a_manager_that_is_busy_is_asked_again_as_it_says(tmp_path):
    slept = []
    with Manager((429, {"retry-after": "7"}), (503, {}), (200, {})) as manager, mam.httpx.Client() as client:
        mam.send(client, mam.Wanted("PATCH", manager.url, {"a": 1}), slept.append)
    assert slept == [7.0, 2.0]
    assert len(manager.got) == 3


@pytest.mark.parametrize("status", [301, 401, 403, 404, 409, 410, 422, 423])
def test_a_refusal_is_told_and_not_repeated(tmp_path, status):
    with Manager((status, {"location": "/elsewhere"})) as manager:
        (tmp_path / "mam.toml").write_text(TABLE.format(url=manager.url))
        done = run(tmp_path / "mam.toml", event(tmp_path), MAM_TOKEN="secret-token")
    assert done.returncode == 1
    assert "PATCH" in done.stderr
    assert str(status) in done.stderr
    assert "secret-token" not in done.stderr
    assert len(manager.got) == 1


def test_a_name_leads_nowhere_else():
    table = {"base": "https://mam.example", "requests": [{"method": "PUT", "path": "/assets/{file}"}]}
    hostile = {"path": "/in/..%2f?x=1#é&{id}.mov"}
    (request,) = mam.wanted(table, hostile)
    assert request.url == "https://mam.example/assets/..%252f%3Fx%3D1%23%C3%A9%26%7Bid%7D.mov"


@pytest.mark.parametrize(
    ("request_table", "said"),
    [
        ({"method": "PUT", "path": "/{who}"}, "There is no {who}"),
        ({"method": "PUT", "path": "/", "file": "srt"}, "setting formats"),
    ],
)
def test_a_table_that_asks_for_what_there_is_not_is_told(request_table, said):
    with pytest.raises(mam.Trouble, match=said.replace("{", r"\{")):
        mam.wanted({"base": "https://mam.example", "requests": [request_table]}, {"path": "/1234.mov"})


@pytest.mark.skipif(not PROGRAM.exists(), reason="media-captioner is not installed beside this Python")
def test_media_captioner_runs_it_when_an_asset_is_done(tmp_path, monkeypatch):
    from media_captioner.testing.media import Sound, beeping, write_media

    tape = write_media(tmp_path / "20417 storm.wav", "wav", Sound(beeping(2, 1.0), codec="pcm_s16le"))
    for name in ("STATE", "CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    with Manager() as manager:
        (tmp_path / "mam.toml").write_text(TABLE.format(url=manager.url))
        settings = tmp_path / "settings.toml"
        settings.write_text(
            f"[[hooks]]\ncommand = {json.dumps([sys.executable, str(SCRIPT), str(tmp_path / 'mam.toml')])}\n"
            'events = ["asset.done"]\n'
        )
        command = [PROGRAM, "caption", "--captioner", "emulated", "--config", settings, tape]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    assert [got[:2] for got in manager.got] == [
        ("PATCH", "/api/assets/20417"),
        ("PUT", "/api/assets/20417/captions/en"),
    ]
    assert b"WEBVTT" in manager.got[1][3]
