"""``media-captioner listen``: asked from elsewhere, done here, and told of when it is done."""

import json
import re
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Official

from media_captioner.cli.app import run
from media_captioner.testing.background import running
from tests.e2e.user import COMMAND, SECRET, Place, make_clip
from tests.receiver import Receiver

pytestmark = pytest.mark.timeout(300)  # each starts the program several times, on machines that are busy


def ask(address, **wish):
    body, message_id, now = json.dumps(wish), f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Official(SECRET).sign(message_id, now, body),
    }
    return httpx.post(address, content=body, headers=headers, trust_env=False)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def listens(place, receiver, **table):
    values = {"secret_files": [str(place.secret)], "roots": [str(place.folder / "archive")], **table}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    place.settings.write_text(place.webhook(receiver.url) + "[listen]\n" + "\n".join(lines) + "\n")


def told(receiver, count):
    return [Official(SECRET).verify(body, headers)["data"] for _, headers, body in receiver.wait_for(count)]


def test_a_file_and_an_address_are_captioned_and_told_of_with_their_jobs(place):
    clip = make_clip(place.folder / "archive" / "clip.mp4")
    broken = clip.with_name("broken.mp4")
    broken.write_bytes(b"\0" * 4096)

    async def files(request, responder):
        if request.path == "/in/far.mp4":
            await responder.send(200, [], clip.read_bytes())
        elif request.path == "/in/away.mp4":
            await responder.send(302, [("location", "/in/far.mp4")], b"")
        elif request.path == "/in/large.mp4":
            await responder.send(200, [], b"x" * 1_000_001)
        else:
            await responder.send(404, [], b"")

    with running(Receiver()) as receiver, running(Receiver(files)) as host:
        downloads = place.folder / "inbox"
        listens(
            place,
            receiver,
            urls=[host.url + "/in/"],
            downloads=str(downloads),
            private=True,
            most_megabytes=1,
        )
        with place.listening() as (address, _):
            jobs = {}
            for name in ("far.mp4", "away.mp4", "large.mp4", "none.mp4"):
                jobs[ask(address, url=f"{host.url}/in/{name}").json()["id"]] = name
            jobs[ask(address, file="broken.mp4").json()["id"]] = "broken.mp4"
            answer = ask(address, file="clip.mp4", settings={"formats": ["srt"]})
            assert answer.status_code == 202
            jobs[answer.json()["id"]] = "clip.mp4"
            ends = {jobs[data["job"]]: data for data in told(receiver, len(jobs))}
            status = {
                name: httpx.get(f"{address}/{job}", trust_env=False).json() for job, name in jobs.items()
            }
    assert {name: data["state"] for name, data in ends.items()} == {
        "far.mp4": "done",
        "clip.mp4": "done",
        **dict.fromkeys(("away.mp4", "large.mp4", "none.mp4", "broken.mp4"), "failed"),
    }
    assert {name: each["state"] for name, each in status.items()} == {
        name: data["state"] for name, data in ends.items()
    }
    assert ends["clip.mp4"]["file"] == "clip.mp4"
    assert "clip.en.sdh.srt" in status["clip.mp4"]["files"]
    assert (clip.parent / "clip.en.sdh.srt").exists()
    assert not (clip.parent / "clip.en.vtt").exists()
    [fetched] = downloads.rglob("far.mp4")
    assert fetched.read_bytes() == clip.read_bytes()
    assert not list(downloads.rglob("large.mp4")) + list(downloads.rglob("away.mp4"))
    assert str(place.folder) not in json.dumps([ends, status])


def test_a_request_may_name_a_style_guide_of_the_users_own(place):
    make_clip(place.folder / "archive" / "clip.mp4")
    with running(Receiver()) as receiver:
        listens(place, receiver)
        with place.settings.open("a") as file:
            file.write('[profiles.house]\nbase = "bbc"\nsound = "<{}>"\n')
        with place.listening() as (address, _):
            refused = ask(address, file="clip.mp4", settings={"profile": "martian"})
            assert (refused.status_code, "martian" in refused.text) == (422, True)
            assert ask(address, file="clip.mp4", settings={"profile": "house"}).status_code == 202
            [data] = told(receiver, 1)
    assert data["state"] == "done"
    kept = json.loads((place.folder / "archive" / "clip.media_captioner.json").read_text())
    assert kept["settings"]["profile"] == "house"


def test_what_was_asked_for_outlasts_a_kill(place):
    clip = make_clip(place.folder / "archive" / "clip.mp4", seconds=30)
    with running(Receiver()) as receiver:
        listens(place, receiver)
        with place.listening() as (address, process):
            job = ask(address, file="clip.mp4").json()["id"]
            process.kill()
        with place.listening() as (_, _):
            [data] = told(receiver, 1)
    assert (data["job"], data["state"]) == (job, "done")
    assert (clip.parent / "clip.en.vtt").exists()


def test_the_readme_says_how_to_ask_and_one_listens_at_a_time(place):
    (place.folder / "archive" / "1987").mkdir(parents=True)
    make_clip(place.folder / "archive" / "1987" / "tape 7.mov")
    readme = Path(__file__, "../../../README.md").resolve().read_text()
    [example] = [block for block in re.findall("```python\n(.*?)```", readme, re.DOTALL) if "8902" in block]
    with running(Receiver()) as receiver:
        listens(place, receiver)
        with place.listening() as (address, _):
            code = example.replace("http://127.0.0.1:8902", address.removesuffix("/captions"))
            words = [sys.executable, "-c", f"secret = {SECRET!r}\n{code}"]
            job, state = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
            assert (job[:4], state) in {("job_", "waiting"), ("job_", "working")}
            second = place.run("listen", "--captioner", "emulated", "--port", "0")
            assert second.returncode == 8
            assert "listen" in second.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [({"roots": []}, "nothing may be asked for"), ({"secret_files": []}, "no secret is set")],
)
def test_with_nothing_to_listen_for_it_does_not_begin(place, monkeypatch, capsys, table, said):
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    (place.folder / "archive").mkdir()
    listens(place, Receiver(), **table)
    assert run(["listen", "--captioner", "emulated"]) == 2
    assert said in capsys.readouterr().err


def test_it_stops_when_told_to_though_nobody_reads_what_it_says(place):
    (place.folder / "archive").mkdir()
    listens(place, Receiver())
    words = [*COMMAND, "listen", "--captioner", "emulated", "--port", "0"]
    with subprocess.Popen(words, env=place.environment, stderr=subprocess.PIPE, text=True) as process:
        while "Listening" not in process.stderr.readline():
            assert process.poll() is None
        process.stderr.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
