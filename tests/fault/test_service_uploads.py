"""The temporary upload at a service that fails in every way."""

from __future__ import annotations

import asyncio

import pytest

from media_captioner import errors
from media_captioner.captioners import Options, create
from media_captioner.protocols import Context
from media_captioner.system.secrets import Secret
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.clock import FakeClock
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.sounds import clip, tone
from tests.fault.asking import CLIP, against

UNAVAILABLE, INVALID = errors.CaptionerUnavailable, errors.ResponseInvalid


@pytest.mark.parametrize("step", ["rate", "reset-before", "server-error"])
def test_a_failed_upload_costs_nothing(step):
    found, _ = against("ok", step, way="upload")
    assert found.billed is False


def test_an_upload_survives_an_expired_policy():
    found, server = against("ok", "policy-expired", "ok", "ok", "ok", way="upload")
    assert found.prose == PROSE
    assert [request.path.split("?")[0] for request in server.requests] == [
        "/api/v1/uploads",
        "/oss",
        "/api/v1/uploads",
        "/oss",
        "/compatible-mode/v1/chat/completions",
    ]


def test_an_upload_does_not_try_for_ever():
    found, server = against("ok", "policy-expired", "ok", "policy-expired", way="upload")
    assert type(found) is errors.AccountSuspended
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("rate", errors.RateLimited),
        ("wrong-key", errors.AuthenticationFailed),
        ("reset-before", UNAVAILABLE),
        ("huge", INVALID),
        (("body", {"data": b"{}"}), INVALID),
        (("body", {"data": b'{"data": {"policy": 7}}'}), INVALID),
    ],
)
def test_a_policy_that_cannot_be_had(step, expected):
    found, _ = against(step, way="upload")
    assert type(found) is expected


def test_policies_and_uploads_are_reused():
    """One policy for many clips; and a clip that has to be asked for again is not sent again."""

    async def run():
        async with FaultServer("ok", "ok", "unavailable", "ok", "ok", "ok") as server:
            captioner = create(
                "qwen", Options(api_key=Secret("sk-canary-fault-31"), base_url=server.url, way="upload")
            )
            first, second = CLIP, clip(tone(0.2))
            with pytest.raises(errors.CaptionerUnavailable):
                await captioner.describe(first, Context())
            await captioner.describe(first, Context())
            await captioner.describe(second, Context())
            await captioner.close()
            return [request.path.split("?")[0].rsplit("/", 1)[-1] for request in server.requests]

    assert asyncio.run(run()) == ["uploads", "oss", "completions", "completions", "oss", "completions"]


def test_a_policy_is_renewed_in_time():
    """It is valid for 300 s; thirty before its end a new one is asked for."""
    clock = FakeClock()

    async def run():
        async with FaultServer() as server:
            captioner = create(
                "qwen",
                Options(api_key=Secret("sk-canary-fault-31"), base_url=server.url, way="upload", clock=clock),
            )
            for seconds, number in ((0.1, 0), (0.2, 260), (0.3, 11)):
                await clock.advance(number)
                await captioner.describe(clip(tone(seconds)), Context())
            await captioner.close()
            return [request.path.split("?")[0].rsplit("/", 1)[-1] for request in server.requests]

    first, second, third = (
        ["uploads", "oss", "completions"],
        ["oss", "completions"],
        ["uploads", "oss", "completions"],
    )
    assert asyncio.run(run()) == first + second + third


def test_the_upload_is_the_documented_form():
    """Fields in the captured order, the file last, no key to the storage, an ASCII name of ours."""
    _, server = against(way="upload")
    policy, upload, ask = server.requests
    assert policy.header("authorization") == "Bearer sk-canary-fault-31"
    assert upload.header("authorization") is None
    names = [
        part.split(b'name="')[1].split(b'"')[0].decode()
        for part in upload.body.split(b"Content-Disposition")[1:]
    ]
    assert names == [
        "OSSAccessKeyId",
        "Signature",
        "policy",
        "key",
        "x-oss-object-acl",
        "x-oss-forbid-overwrite",
        "success_action_status",
        "x-oss-content-type",
        "file",
    ]
    assert CLIP.data in upload.body
    assert int(upload.header("content-length")) == len(upload.body)
    assert ask.header("x-dashscope-ossresourceresolve") == "enable"
    url = ask.json["messages"][0]["content"][0]["input_audio"]["data"]
    assert url.startswith("oss://dashscope-instant/0/2026-01-01/1/")
    assert url.endswith(".wav")
    assert url.isascii()
