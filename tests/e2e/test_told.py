"""``media-captioner caption`` tells whom the settings name: programs, webhooks, in the order of what happens."""

import json
import re
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Official

from media_captioner.cli.app import run
from media_captioner.hooks.events import EVENTS
from media_captioner.testing.background import running
from tests.e2e.user import SECRET, Place, make_clip
from tests.receiver import Receiver

NOTE = "import json,sys; e=json.load(sys.stdin); open(sys.argv[1],'a').write(json.dumps(e)+chr(10))"
CUE = {"start": 1, "end": 3, "text": "[changed]", "category": "effects", "anchor": "heard"}
CHANGE = (
    f"import json,sys; c=json.load(sys.stdin)['captions']['cues']; print(json.dumps({{'cues': [{CUE}, *c]}}))"
)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_everything_that_happens_is_told_in_order_and_changed_captions_are_written(place):
    clip = make_clip(place.folder / "media" / "clip.mp4")
    with running(Receiver()) as receiver:
        place.settings.write_text(
            place.program(NOTE, list(EVENTS), str(place.log))
            + place.program(CHANGE, ["cues.ready"])
            + place.webhook(receiver.url + "/in", EVENTS)
        )
        done = place.caption(clip)
        assert done.returncode == 0, done.stderr
        names = [event["event"] for event in place.heard()]
        whole = [
            "asset.found",
            "plan.made",
            "segment.described",
            "cues.ready",
            "sidecars.written",
            "asset.done",
        ]
        assert list(dict.fromkeys(names)) == whole
        assert "[changed]" in (clip.parent / "clip.en.vtt").read_text()
        [written] = [event for event in place.heard() if event["event"] == "sidecars.written"]
        assert all(Path(file).exists() for file in written["files"])
        documents = [Official(SECRET).verify(body, headers) for _, headers, body in receiver.got]
    assert [document["type"] for document in documents] == [f"media_captioner.{name}" for name in names]
    assert documents[-1]["data"]["file"] == "clip.mp4"
    assert not any(str(place.folder).encode() in body for _, _, body in receiver.got)
    # Nothing is sent again, and what is up to date is told as such.
    with running(Receiver()) as receiver:
        place.settings.write_text(place.webhook(receiver.url))
        assert place.caption(clip).returncode == 0
        [(_, _, body)] = receiver.got
    assert json.loads(body)["data"]["state"] == "up to date"


def test_files_of_a_folder_are_told_of_by_where_they_lie_in_it(place):
    for name in ("1987", "1988"):
        (place.folder / "media" / name).mkdir(parents=True)
        make_clip(place.folder / "media" / name / "tape.mp4")
    with running(Receiver()) as receiver:
        place.settings.write_text(place.webhook(receiver.url, EVENTS))
        assert place.caption(place.folder / "media").returncode == 0
        told = [json.loads(body)["data"]["file"] for _, _, body in receiver.got]
    assert set(told) == {"1987/tape.mp4", "1988/tape.mp4"}


def test_a_failure_and_a_cap_are_told_and_a_failing_program_costs_nothing(place):
    broken = place.folder / "media" / "broken.mp4"
    make_clip(place.folder / "media" / "clip.mp4")
    broken.write_bytes(b"\0" * 4096)
    place.settings.write_text(
        place.program("import sys; sys.exit(3)", list(EVENTS))
        + place.program(NOTE, list(EVENTS), str(place.log))
    )
    found = place.caption("--max-requests", "0", broken.parent)
    by_name = {event["event"]: event for event in place.heard()}
    assert by_name["asset.failed"]["path"] == str(broken)
    assert by_name["asset.failed"]["error"] == "UnsupportedMedia"
    assert by_name["budget.reached"]["path"] == str(broken.with_name("clip.mp4"))
    assert "asset.done" not in by_name
    assert "told nothing more in this run" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.fixture
def command(place, monkeypatch, capsys):
    """Run a command in this process, and return its exit code and what it printed."""
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)

    def call(*arguments):
        code = run([*map(str, arguments)])
        printed = capsys.readouterr()
        return (
            code,
            [json.loads(line) for line in printed.out.splitlines() if line.startswith("{")],
            printed.err,
        )

    return call


def test_messages_wait_for_a_receiver_that_is_down_and_410_is_for_good_until_it_is_tried(place, command):
    clip, status = make_clip(place.folder / "media" / "clip.mp4"), [500]

    async def answer(request, responder):
        await responder.send(status[0], [], b"")

    def listed():
        [webhook] = command("hooks", "list", "--json")[1]
        return webhook

    with running(Receiver(answer)) as receiver:
        place.settings.write_text(place.webhook(receiver.url))
        assert command("caption", "--captioner", "emulated", clip)[0] == 0
        assert (listed()["waiting"], listed()["failures"], listed()["disabled"]) == (1, 1, None)
        code, checks, _ = command("hooks", "doctor", "--json")
        assert (code, checks[0]["verdict"]) == (0, "note")
        status[0] = 204
        assert command("hooks", "test")[0] == 0  # now it need not wait for the next attempt
        assert command("caption", "--captioner", "emulated", clip)[0] == 0
        assert (listed()["waiting"], listed()["delivered"], listed()["failures"]) == (0, 2, 0)
        ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
        assert (len(ids), len(set(ids))) == (4, 3)
        status[0] = 410
        assert "gone (410)" in command("caption", "--captioner", "emulated", clip)[2]
        assert command("hooks", "doctor")[0] == 1
        assert command("hooks", "test")[0] == 7
        status[0] = 204
        count = len(receiver.got)
        assert command("caption", "--captioner", "emulated", clip)[0] == 0
        assert len(receiver.got) == count
        assert command("hooks", "test")[0] == 0
        assert json.loads(receiver.got[-1][2])["type"] == "media_captioner.test"
        assert command("caption", "--captioner", "emulated", clip)[0] == 0
        assert len(receiver.got) == count + 2


def test_how_webhooks_fare_is_said_of_each_and_why(place, command, capsys):
    clip = make_clip(place.folder / "media" / "clip.mp4")

    async def answer(request, responder):
        await responder.send(204 if request.target.endswith("fine") else 503, [], b"")

    with running(Receiver(answer)) as receiver:
        urls = [receiver.url + end for end in ("/fine", "/busy")]
        place.settings.write_text("".join(map(place.webhook, urls)))
        assert command("caption", "--captioner", "emulated", clip)[0] == 0
        fine, busy = (each["detail"] for each in command("hooks", "list", "--json")[1])
        assert fine == "1 delivered lately, 0 waiting, 0 given up"
        assert re.fullmatch(
            r"0 delivered lately, 1 waiting, 0 given up; it failed (once|\d+ times in a row): it answered 503",
            busy,
        )
        subjects = [each["subject"] for each in command("hooks", "doctor", "--json")[1]]
        assert subjects == [f"webhook 127.0.0.1, [[webhooks]] number {number}" for number in (1, 2)]
    place.settings.write_text(place.webhook(urls[0]) * 2)
    assert "two tables have the same url" in command("hooks", "list")[2]


def test_offline_messages_wait(place):
    clip = make_clip(place.folder / "media" / "clip.mp4")
    with running(Receiver()) as receiver:
        place.settings.write_text(place.webhook(receiver.url))
        assert place.caption("--offline", clip).returncode == 0
        assert not receiver.got
        assert place.caption(clip).returncode == 0
        assert len(receiver.got) == 2


def test_programs_are_tried_and_checked(place, command):
    place.settings.write_text(place.program(NOTE, list(EVENTS), str(place.log)))
    code, trials, _ = command("hooks", "test", "--json")
    assert (code, [trial["event"] for trial in trials]) == (0, list(EVENTS))
    assert [event["event"] for event in place.heard()] == list(EVENTS)
    assert command("hooks", "doctor")[0] == 0
    place.settings.write_text(
        place.program("print('junk')", ["asset.done"]) + '[[hooks]]\ncommand = ["no-such-program-anywhere"]\n'
    )
    code, trials, _ = command("hooks", "test", "--json")
    assert code == 7
    assert "not JSON" in trials[0]["error"]
    code, checks, _ = command("hooks", "doctor", "--json")
    assert (code, [check["verdict"] for check in checks]) == (1, ["fine", "problem"])
    assert [each["kind"] for each in command("hooks", "list", "--json")[1]] == ["command", "command"]


def test_a_settings_file_beside_media_runs_nothing_and_calls_nobody(place, monkeypatch, capsys):
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    clip = make_clip(place.folder / "media" / "clip.mp4")
    beside = clip.parent / ".media-captioner.toml"
    for hostile, name in (
        (place.program(NOTE, list(EVENTS), str(place.log)), "hooks"),
        (place.webhook("http://127.0.0.1:9/"), "webhooks"),
        ('base_url = "http://evil.example"', "base_url"),
        ('api_key = "sk-1"', "api_key"),
        ('key_file = "key"', "key_file"),
        ('out = "/tmp"', "out"),
        ('captioner = "openai-compatible"', "captioner"),
        ('[listen]\nroots = ["/"]', "listen"),
        ('include = "other.toml"', "include"),
    ):
        beside.write_text(hostile)
        assert run(["caption", "--captioner", "emulated", str(clip)]) != 0
        said = capsys.readouterr().err
        assert f"Refused the setting {name}" in said or f"Unknown setting {name!r}" in said
    assert not place.log.exists()
    assert sorted(path.name for path in clip.parent.iterdir()) == [beside.name, "clip.mp4"]
    beside.write_text('profile = "bbc"\nformats = ["srt"]\nlanguage = "en"\n')
    assert run(["caption", "--captioner", "emulated", str(clip)]) == 0
    assert (clip.parent / "clip.en.sdh.srt").exists()
