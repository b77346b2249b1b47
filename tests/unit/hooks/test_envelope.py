"""What a webhook says: a CloudEvent, short, without folders, keys or captions."""

import json
from datetime import UTC, datetime

from media_captioner.hooks.events import AssetDone, AssetFailed
from media_captioner.hooks.webhooks.envelope import MOST_BYTES, message_of
from media_captioner.system.secrets import Secret
from tests.unit.hooks.conftest import TAPE, make_captions

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


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


def test_captions_go_nowhere(events):
    """However long the captions are, a message about them has their number and no more."""
    document = json.loads(message_of(events["cues.ready"], NOW).body)
    assert document["data"] == {"file": "1987/tape 7.mov", "track": 1, "cues": len(make_captions().cues)}
