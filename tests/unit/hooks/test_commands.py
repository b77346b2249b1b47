"""Programs hear of events as JSON, within limits, and without anything secret."""

import asyncio
import json
import sys

import pytest

from media_captioner.config.tables import CommandHook
from media_captioner.errors import PluginError
from media_captioner.hooks.commands import CommandListener

READ = "import json, os, sys; event = json.load(sys.stdin)\n"


def hook(code, given=None, **options):
    table = CommandHook(command=(sys.executable, "-c", READ + code), **options)
    return CommandListener(table, given or {"PATH": "/usr/bin:/bin"})


def hear(listener, event):
    return asyncio.run(listener.hear(event))


def test_a_program_gets_every_event_as_json(events, tmp_path):
    for event in events.values():
        place = tmp_path / "heard.json"
        assert (
            hear(
                hook(f"json.dump([event, os.environ['MEDIA_CAPTIONER_EVENT']], open({str(place)!r}, 'w'))"),
                event,
            )
            is None
        )
        heard, name = json.loads(place.read_text())
        assert heard["event"] == name == event.name
        assert heard["path"] == str(event.path)
        assert heard["root"] == "/tapes"


def test_it_gets_no_key_but_what_it_was_promised(events, tmp_path):
    place = tmp_path / "environment.json"
    environment = {"DASHSCOPE_API_KEY": "sk-canary-1", "HOME": "/h", "LC_ALL": "C", "MINE": "1", "OTHER": "2"}
    code = f"json.dump(dict(os.environ), open({str(place)!r}, 'w'))"
    hear(hook(code, environment, environment=("MINE",)), events["asset.done"])
    found = json.loads(place.read_text())
    assert {name: found[name] for name in ("HOME", "LC_ALL", "MINE")} == {
        "HOME": "/h",
        "LC_ALL": "C",
        "MINE": "1",
    }
    assert not {"DASHSCOPE_API_KEY", "OTHER"} & set(found)


def test_captions_can_be_changed_by_what_it_prints(events):
    code = (
        "cues = event['captions']['cues']\n"
        "for cue in cues: cue['text'] = cue['text'].upper()\n"
        "print(json.dumps({'cues': cues, 'keywords': ['hound']}))"
    )
    event = events["cues.ready"]
    found = hear(hook(code), event)
    assert [cue.text for cue in found.cues] == ["[DOG BARKING]", "[DOOR CLOSING]"]
    assert found.keywords == ("hound",)
    assert found.summary == event.captions.summary
    assert found.cues[0].evidence == event.captions.cues[0].evidence


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit(1)", "exit code 1"),
        ("print('hello')", "not JSON"),
        ("print('[' * 100000)", "not JSON"),
        ("print('[]')", "object"),
        ("print(json.dumps({'cues': [{'start': 9, 'end': 2, 'text': 'x', 'category': 'music', 'anchor': 'heard'}]}))", "lasts from"),
        ("import time; time.sleep(30)", "stopped after 0.5 s"),
        ("while True: sys.stdout.write('x' * 65536)", "printed more than 16 MiB"),
        ("x = bytearray(10**9)", "MemoryError"),
        ("os.kill(os.getpid(), 9)", "was ended by SIGKILL while hearing of cues.ready"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_and_bounded(events, code, said):
    seconds = 0.5 if "sleep" in code else 20
    with pytest.raises(PluginError) as failed:
        hear(hook(code, seconds=seconds, memory_mb=256), events["cues.ready"])
    assert said in failed.value.message
    assert failed.value.message.count("cues.ready") == 1


def test_a_program_that_is_not_there_is_said(events):
    listener = CommandListener(CommandHook(command=("/no/such/program",)), {})
    with pytest.raises(PluginError, match="no such file"):
        hear(listener, events["asset.done"])


def test_no_shell_sees_a_path(events, tmp_path):
    """A file named like a command stays a name."""
    from dataclasses import replace

    place = tmp_path / "name"
    nasty = replace(events["asset.done"], path=tmp_path / "$(touch x); `touch y` & .mov")
    hear(hook(f"open({str(place)!r}, 'w').write(event['path'])"), nasty)
    assert place.read_text() == str(nasty.path)
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
