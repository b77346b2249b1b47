"""Our clients against a service that fails in every way: each fault is one named error, or a whole answer."""

from __future__ import annotations

import pytest

from media_captioner import errors
from media_captioner.testing import fault_kinds
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.faults import FAULTS, FaultServer
from media_captioner.testing.sounds import clip, tone
from tests.fault.asking import against

NAMES = ("qwen", "qwen-dashscope", "openai-compatible")
IMPATIENT = {"answer_timeout": 0.3, "progress_timeout": 0.3, "total_timeout": 0.6}

UNAVAILABLE, INVALID, TRUNCATED = (
    errors.CaptionerUnavailable,
    errors.ResponseInvalid,
    errors.ResponseTruncated,
)

# What each fault is for a client that asked for a stream, and for one that did not; None is a whole answer.
BOTH = {
    "ok": None,
    "rate": errors.RateLimited,
    "burst": errors.RateLimited,
    "tpm": errors.RateLimited,
    "free-quota": errors.AccountSuspended,
    "overdue": errors.AccountSuspended,
    "arrears": errors.AccountSuspended,
    "wrong-key": errors.AuthenticationFailed,
    "not-activated": errors.AccountSuspended,
    "no-model": errors.ServiceMisconfigured,
    "inspection": errors.ContentRefused,
    "too-long": errors.ClipRejected,
    "server-error": UNAVAILABLE,
    "unavailable": UNAVAILABLE,
    "status": UNAVAILABLE,
    "html": UNAVAILABLE,
    "mixed": errors.ClipRejected,
    "event-error": UNAVAILABLE,
    "error-midway": errors.ContentRefused,
    "ok-with-error": UNAVAILABLE,
    "no-done": None,
    "no-usage": None,
    "length": None,
    "empty": INVALID,
    "comments": None,
    "bytewise": None,
    "line-ends": None,
    "byte-order-mark": None,
    "duplicate-end": None,
    "wrong-type": None,
    "other-form": None,
    "slow-loris": UNAVAILABLE,
    "slow-headers": UNAVAILABLE,
    "hang": UNAVAILABLE,
    "reset-before": UNAVAILABLE,
    "reset-headers": UNAVAILABLE,
    "reset-body": UNAVAILABLE,
    "gzipped": None,
    "gzip-bomb": INVALID,
    "unknown-encoding": INVALID,
    "huge": INVALID,
    "redirect": errors.ServiceMisconfigured,
    "early-refusal": errors.ClipRejected,
    "body": TRUNCATED,
    "endless-comments": UNAVAILABLE,
    "endless-event": INVALID,
    "stall": UNAVAILABLE,
}
STREAMED = {"truncated": TRUNCATED}
PLAIN = {"truncated": INVALID}
SLOW = {"slow-loris", "slow-headers", "hang", "stall", "endless-comments"}
ACCOUNTS = {"overdue", "arrears"}
"""Codes that vLLM does not have."""
ELSEWHERE = {"slow-first-byte", "steady", "policy-expired", "endless-stream"}
"""Tested below with options of their own."""

OPTIONS = {
    "slow-loris": {"every": 0.2},
    "gzip-bomb": {"megabytes": 20},
    "huge": {"megabytes": 40},
}


def cases(names, *, stream):
    table = BOTH | (STREAMED if stream else PLAIN)
    return [
        pytest.param(fault, expected, name, id=f"{fault}-{name}")
        for fault, expected in table.items()
        for name in names
        if not (fault in ACCOUNTS and name == "openai-compatible")
    ]


def check(fault, expected, name, *, stream):
    patience = IMPATIENT if fault in SLOW else {}
    found, server = against((fault, OPTIONS.get(fault, {})), name=name, stream=stream, **patience)
    if expected is None:
        assert not isinstance(found, errors.MediaCaptionerError), found
        assert found.prose == PROSE
        assert found.truncated is (fault == "length")
    else:
        assert type(found) is expected, found
        assert str(found).startswith("Failed describing segment 1, 00:00:00.000 to 00:00:00.100: ")
    assert len(server.requests) == 1, "a captioner never asks again by itself"


@pytest.mark.parametrize(("fault", "expected", "name"), cases(NAMES, stream=True))
def test_n1_to_n9_streamed(fault, expected, name):
    check(fault, expected, name, stream=True)


@pytest.mark.parametrize(("fault", "expected", "name"), cases(["qwen-dashscope"], stream=False))
def test_n1_to_n9_in_one_piece(fault, expected, name):
    """The same without a stream; one protocol is enough, the other's shapes are unit tests."""
    check(fault, expected, name, stream=False)


def test_every_fault_is_tested():
    assert set(BOTH) | set(STREAMED) | ELSEWHERE == set(FAULTS)
    assert all(fault.__doc__ for fault in vars(fault_kinds)["FAULTS"].values())


def test_n5_patience_with_the_first_byte():
    found, _ = against(("slow-first-byte", {"seconds": 0.05}))
    assert found.prose == PROSE


def test_a_steady_stream_is_read_as_it_comes():
    found, server = against(("steady", {"seconds": 0.3, "pieces": 50}))
    assert found.prose == PROSE
    assert server.requests[0].ended - server.requests[0].begun >= 0.3


def test_n7_an_endless_stream_ends():
    """Bounded by bytes; here a smaller bound is reached sooner: the description's own."""
    found, _ = against("endless-stream", prose="x" * 8000)
    assert type(found) is INVALID
    assert "a description of more than 1048576 characters" in str(found)


def test_n9_the_total_deadline_ends_what_makes_progress():
    """A stream that always brings something passes the no-progress deadline and not the total one."""
    found, _ = against(
        ("slow-loris", {"every": 0.02}), total_timeout=0.3, progress_timeout=5.0, answer_timeout=5.0
    )
    assert type(found) is UNAVAILABLE
    assert "in 0.3 s" in str(found)


def test_n7_comments_are_no_progress():
    found, _ = against("endless-comments", answer_timeout=0.2)
    assert "made no progress in 0.2 s" in str(found)


def test_words_that_are_whole_are_kept():
    """What is paid for and whole is not thrown away because the connection broke afterwards."""
    probe = FaultServer()
    body = b"".join(
        fault_kinds.frames.compatible_stream(
            fault_kinds.Reply(PROSE, "qwen3-omni-30b-a3b-captioner", "req-1", 1_700_000_000, 152, 160),
            include_usage=True,
        )
    )
    at = body.index(b"\n\n", body.index(b'"stop"')) + 2
    found, _ = against(("reset-body", {"at": at}))
    assert found.prose == PROSE
    assert found.evidence == {"usage": "estimated: the service sent no count"}
    assert found.usage.output_tokens > 0
    assert probe.requests == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("2.5", 2.5),
        ("3600", 3600.0),
        ("-1", None),
        ("abc", None),
        ("1e309", None),
        (None, None),
    ],
)
def test_n1_retry_after_reaches_the_error(header, expected):
    found, _ = against(("rate", {"retry_after": header}))
    assert found.retry_after == expected
    assert found.retryable


def test_error_after_error_event_keeps_its_status():
    """The status of an event is in a comment; here it says that the clip is at fault."""
    options = {"code": 400, "native": "SomethingNew", "compatible": "something_new"}
    found, _ = against(("event-error", options), name="qwen-dashscope")
    assert type(found) is errors.ClipRejected
    assert "HTTP 400 SomethingNew" in str(found)


@pytest.mark.parametrize(
    ("fault", "billed"),
    [
        ("rate", False),
        ("arrears", False),
        ("inspection", False),
        ("too-long", False),
        ("unavailable", False),
        (("event-error", {"code": 400}), False),
        ("error-midway", True),
        ("server-error", True),
        ("truncated", True),
        ("reset-before", True),
        ("empty", True),
        ("huge", True),
    ],
)
def test_n6_what_may_be_billed(fault, billed):
    """Refusals cost nothing; whatever may have made the model work may be on the bill."""
    found, _ = against(fault, name="qwen-dashscope")
    assert found.billed is billed


@pytest.mark.parametrize("location", ["http://169.254.169.254/", "https://elsewhere.test/", "/v2", ""])
def test_n10_redirects_are_not_followed(location):
    """The key and the sound stay; the message names where they would have gone."""
    found, server = against(("redirect", {"location": location}))
    assert type(found) is errors.ServiceMisconfigured
    assert len(server.requests) == 1


def test_a_published_address_is_one_clip():
    found, server = against(way="url", audio_url="https://host.test/a.mp3")
    assert found.prose == PROSE
    data = server.requests[0].json["messages"][0]["content"][0]["input_audio"]["data"]
    assert data == "https://host.test/a.mp3"
    found, server = against(way="url", audio_url="https://host.test/a.mp3", made=clip(tone(0.1), index=1))
    assert type(found) is errors.ClipRejected
    assert server.requests == []


def test_what_does_not_fit_is_never_sent():
    found, server = against(name="openai-compatible", made=clip(tone(30.1)))
    assert type(found) is errors.ClipRejected
    assert server.requests == []


def test_a_server_that_drops_the_rest_is_noticed(caplog):
    """Prompt tokens that stay at 400 whatever the length: said once in the log and kept as evidence."""
    value = {
        "choices": [{"message": {"content": "A dog."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 3},
    }
    data = fault_kinds.frames.to_json(value)
    found, _ = against(
        ("body", {"data": data}), name="openai-compatible", made=clip(tone(40.0)), max_seconds=60
    )
    assert found.evidence == {"heard_seconds": 30.0}
    assert "heard only the first 30.0 s of segment 1" in caplog.text


def test_a_workspace_is_named():
    _, server = against(workspace="ws-1")
    assert server.requests[0].header("x-dashscope-workspace") == "ws-1"
