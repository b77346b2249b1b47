"""What services say instead of an answer: read in every shape, and judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media_captioner import errors
from media_captioner.captioners.refusals import (
    Refusal,
    find_refusal,
    parse_json,
    refusal_in_body,
    refusal_in_event,
    retry_after,
    shown,
)
from media_captioner.captioners.sse import Decoder, Event
from media_captioner.captioners.verdicts import Asked, as_error, judge
from media_captioner.system.secrets import Secret

ASKED = Asked("describing segment 1", "Model Studio (Singapore)", "singapore", "qwen3-omni-30b-a3b-captioner")
NOW = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)

# Native code, compatible code, HTTP status, message, class. Codes and messages are those of the service's
# error pages; where two rows share a code, the message makes the difference.
TABLE = [
    ("InvalidParameter", "invalid_parameter_error", 400, "The audio is too long", errors.ClipRejected),
    ("InvalidParameter", "invalid_parameter_error", 400, "The audio is empty", errors.ClipRejected),
    ("InvalidParameter", "invalid_parameter_error", 400, "The audio format is illegal", errors.ClipRejected),
    (
        "InvalidParameter",
        "invalid_parameter_error",
        400,
        "Exceeded limit on max bytes per data-uri item : 10485760",
        errors.ClipRejected,
    ),
    (
        "InvalidParameter",
        "invalid_parameter_error",
        400,
        "The provided URL does not appear to be valid. Ensure it is correctly formatted.",
        errors.ClipRejected,
    ),
    (
        "InvalidParameter",
        "invalid_parameter_error",
        400,
        "Failed to download multimodal content.",
        errors.CaptionerUnavailable,
    ),
    (
        "InvalidParameter",
        "invalid_parameter_error",
        400,
        "Download the media resource timed out during the data inspection process.",
        errors.CaptionerUnavailable,
    ),
    (
        "InvalidParameter.DataInspection",
        "InvalidParameter.DataInspection",
        400,
        "Unable to download the media resource during the data inspection process.",
        errors.CaptionerUnavailable,
    ),
    (
        "InvalidParameter.DataInspection",
        "InvalidParameter.DataInspection",
        400,
        "The media format is not supported or incorrect for the data inspection.",
        errors.ClipRejected,
    ),
    ("InvalidURL", "InvalidURL", 400, "The input audio is longer than 2400s.", errors.ClipRejected),
    ("InvalidURL.ConnectionRefused", "InvalidURL.ConnectionRefused", 400, "refused", errors.ClipRejected),
    ("InvalidURL.Timeout", "InvalidURL.Timeout", 400, "timed out", errors.CaptionerUnavailable),
    ("BadRequest.TooLarge", "BadRequest.TooLarge", 400, "payload too large", errors.ClipRejected),
    ("DataInspectionFailed", "data_inspection_failed", 400, "inappropriate content", errors.ContentRefused),
    ("Arrearage", "Arrearage", 400, "Access denied, good standing.", errors.AccountSuspended),
    ("Arrearage", "Arrearage", 403, "Access denied, good standing.", errors.AccountSuspended),
    ("InvalidApiKey", "invalid_api_key", 401, "Incorrect API key provided.", errors.AuthenticationFailed),
    ("AccessDenied", "access_denied", 403, "Access denied.", errors.AccountSuspended),
    ("AccessDenied.Unpurchased", "AccessDenied.Unpurchased", 403, "Buy it.", errors.AccountSuspended),
    ("Model.AccessDenied", "Model.AccessDenied", 403, "Model access denied.", errors.AccountSuspended),
    ("Workspace.AccessDenied", "Workspace.AccessDenied", 403, "no", errors.AuthenticationFailed),
    ("AllocationQuota.FreeTierOnly", "AllocationQuota.FreeTierOnly", 403, "used up", errors.AccountSuspended),
    ("ModelNotFound", "model_not_found", 404, "Model not exist.", errors.ServiceMisconfigured),
    ("ModelNotSupported", "model_not_supported", 404, "no", errors.ServiceMisconfigured),
    ("Throttling", "limit_requests", 429, "slow down", errors.RateLimited),
    ("Throttling.RateQuota", "limit_requests", 429, "Requests rate limit exceeded", errors.RateLimited),
    ("Throttling.BurstRate", "limit_burst_rate", 429, "increased too quickly", errors.RateLimited),
    ("Throttling.AllocationQuota", "insufficient_quota", 429, "Allocated quota exceeded", errors.RateLimited),
    (
        "Throttling.AllocationQuota",
        "insufficient_quota",
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        errors.RateLimited,
    ),
    (
        "Throttling.AllocationQuota",
        "insufficient_quota",
        429,
        "Free allocated quota exceeded.",
        errors.AccountSuspended,
    ),
    ("CommodityNotPurchased", "CommodityNotPurchased", 429, "not purchased", errors.AccountSuspended),
    ("PrepaidBillOverdue", "PrepaidBillOverdue", 429, "overdue", errors.AccountSuspended),
    ("PostpaidBillOverdue", "PostpaidBillOverdue", 429, "overdue", errors.AccountSuspended),
    ("InternalError", "internal_error", 500, "An internal error has occurred", errors.CaptionerUnavailable),
    ("InternalError.Algo", "internal_error", 500, "inference error", errors.CaptionerUnavailable),
    ("InternalError.Timeout", "internal_error", 500, "timeout", errors.CaptionerUnavailable),
    ("RequestTimeOut", "request_timeout", 500, "timeout", errors.CaptionerUnavailable),
    (
        "InternalError.Algo",
        "InternalError.Algo",
        500,
        "Missing Content-Length of multimodal url.",
        errors.ClipRejected,
    ),
    ("ModelUnavailable", "ModelUnavailable", 503, "busy", errors.CaptionerUnavailable),
    ("ModelServingError", "ModelServingError", 503, "Too many requests.", errors.CaptionerUnavailable),
]


def shapes(native, compatible, status, message):
    """Give one error in every shape: bytes and the HTTP status they come with."""
    plain = {"code": native, "message": message, "request_id": "r-1"}
    nested = {
        "error": {"code": compatible, "param": None, "message": message, "type": "invalid_request_error"},
        "request_id": "r-1",
    }
    event = f"id:1\nevent:error\n:HTTP_STATUS/{status}\ndata:{json.dumps(plain)}\n\n".encode()
    return {
        "A native JSON": (status, json.dumps(plain).encode()),
        "B native events": (200, event),
        "C events as JSON": (status, event),
        "D compatible JSON": (status, json.dumps(nested).encode()),
        "E compatible events": (status, b"data: " + json.dumps(nested).encode() + b"\n\n"),
        "E in a stream": (200, b"data: " + json.dumps(nested).encode() + b"\n\n"),
    }


def read(status, body):
    """Read a body as the exchange does: as an error page, or from the events of a 200."""
    if status >= 400:
        return refusal_in_body(status, body)
    (event,) = Decoder().feed(body)
    return refusal_in_event(event)


@pytest.mark.parametrize(("native", "compatible", "status", "message", "expected"), TABLE)
def test_every_error_in_every_shape(native, compatible, status, message, expected):
    """One error is one class, whichever of the five shapes brings it."""
    for shape, (code, body) in shapes(native, compatible, status, message).items():
        found = read(code, body)
        assert found is not None, shape
        assert found.request_id == "r-1"
        error = as_error(found, ASKED)
        assert type(error) is expected, (shape, error)
        assert message.rstrip(".") in str(error)


@pytest.mark.parametrize(("native", "compatible", "status", "message", "expected"), TABLE)
@given(other=st.sampled_from([None, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504]))
def test_a_code_means_the_same_with_every_status(native, compatible, status, message, expected, other):
    """The code decides: a permanent error is never retried because of the status it came with."""
    for code in (native, compatible):
        assert judge(Refusal(other, code, message)).error is expected


@pytest.mark.parametrize("prefix", ["<400> InternalError.Algo.InvalidParameter: ", ""])
def test_the_prefix_of_messages_is_stripped(prefix):
    body = {"code": "InvalidParameter", "message": f"{prefix}The audio is empty", "request_id": "x"}
    found = find_refusal(body, status=400)
    assert found is not None
    assert found.message == "The audio is empty"
    assert judge(found).error is errors.ClipRejected


def test_the_prefix_knows_better_than_a_vague_code():
    """The service says InternalError.Algo of the caller's mistakes too; that must not be retried."""
    body = {"code": "InternalError.Algo", "message": "<400> InternalError.Algo.InvalidParameter: too short"}
    found = find_refusal(body, status=500)
    assert found is not None
    assert judge(found).error is errors.ClipRejected


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (
            b'{"error":{"message":"no","type":"BadRequestError","param":null,"code":400}}',
            400,
            errors.ClipRejected,
        ),
        (
            b'{"error":{"message":"no","type":"NotFoundError","param":null,"code":404}}',
            404,
            errors.ServiceMisconfigured,
        ),
        (
            b'{"error":{"message":"x","type":"InternalServerError","code":500}}',
            200,
            errors.CaptionerUnavailable,
        ),
        (
            b'{"object":"error","message":"maximum context length is 8192","code":400}',
            400,
            errors.ClipRejected,
        ),
        (b'{"error":"Unauthorized"}', 401, errors.AuthenticationFailed),
        (b'{"detail":"Not Found"}', 404, errors.ServiceMisconfigured),
        (b'{"detail":[{"loc":["body"],"msg":"field required"}]}', 422, errors.ClipRejected),
        (b"<html><body>502 Bad Gateway</body></html>", 502, errors.CaptionerUnavailable),
        (b"", 502, errors.CaptionerUnavailable),
        (b"", 402, errors.AccountSuspended),
        (b"", 404, errors.ServiceMisconfigured),
        (b"", 413, errors.ClipRejected),
        (b"", 429, errors.RateLimited),
        (b"", 529, errors.CaptionerUnavailable),
        (b"", 408, errors.CaptionerUnavailable),
        (
            b"<Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>",
            403,
            errors.AccountSuspended,
        ),
    ],
)
def test_other_peoples_servers(body, status, expected):
    """vLLM, SGLang, FastAPI, gateways and object storage."""
    assert type(as_error(refusal_in_body(status, body), ASKED)) is expected


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "message", "type", "request_id", "id", "detail", "object", "output", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(payload=JSONS, status=st.none() | st.integers(0, 999))
def test_any_json_is_judged(payload, status):
    """Total: any JSON with any status is either no refusal or an error of ours, and nothing raises."""
    found = find_refusal(payload, status=status)
    if found is not None:
        assert isinstance(as_error(found, ASKED), errors.CaptionerError)


@given(body=st.binary(max_size=300), status=st.integers(100, 599))
def test_any_body_is_judged(body, status):
    error = as_error(refusal_in_body(status, body), ASKED)
    assert isinstance(error, errors.CaptionerError)
    assert len(str(error)) < 1000
    assert str(error).isprintable()


@given(code=st.text(max_size=30), message=st.text(max_size=60), status=st.none() | st.integers(-5, 10_000))
def test_any_words_are_judged(code, message, status):
    assert isinstance(as_error(Refusal(status, code, message), ASKED), errors.CaptionerError)


@given(
    data=st.text(max_size=80),
    name=st.sampled_from(["message", "result", "error"]),
    status=st.none() | st.integers(0, 999),
)
def test_any_event_is_judged(data, name, status):
    found = refusal_in_event(Event(data, name, None, status))
    if name == "error" or (status or 0) >= 400:
        assert found is not None


def test_an_answer_is_no_refusal():
    assert find_refusal({"choices": [], "code": "x"}) is None
    assert find_refusal({"output": {}, "code": "", "message": ""}) is None


def test_a_refusal_names_region_and_other_region():
    error = as_error(Refusal(401, "invalid_api_key", "Incorrect API key provided."), ASKED)
    assert "Singapore" in str(error.hint)
    assert "--region beijing" in str(error.hint)
    assert "DASHSCOPE_API_KEY" in str(error.hint)


def test_messages_show_no_key_and_no_controls():
    key = Secret("sk-canary-5f0c2d9e")
    said = shown(f"bad key {key.reveal()}\n\x1b[31mred\x07" + "x" * 2000)
    assert key.reveal() not in said
    assert said.startswith("bad key ***")
    assert len(said) == 300
    assert said.isprintable()


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[" * 100_000, "", "{", b"\xff\xfe", "1" * 10_000]
)
def test_hostile_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize(
    ("values", "milliseconds", "expected"),
    [
        (["2"], [], 2.0),
        (["0"], [], 0.0),
        (["2.5"], [], 2.5),
        ([" 7 "], [], 7.0),
        (["3600"], [], 3600.0),
        (["Sun, 22 Nov 2026 08:00:30 GMT"], [], 30.0),
        (["Sun, 22 Nov 2026 07:00:00 GMT"], [], 0.0),
        (["-1"], [], None),
        (["abc"], [], None),
        (["1e309"], [], None),
        (["nan"], [], None),
        (["inf"], [], None),
        (["9" * 400], [], None),
        ([""], [], None),
        ([], [], None),
        (["1", "5"], [], 5.0),
        (["abc", "5"], [], 5.0),
        ([], ["1500"], 1.5),
        (["1"], ["2500"], 2.5),
        (["Sun, 99 Nov 2026 08:00:30 GMT"], [], None),
    ],
)
def test_retry_after(values, milliseconds, expected):
    assert retry_after(values, milliseconds, NOW) == expected


@given(st.lists(st.text(max_size=40), max_size=3), st.lists(st.text(max_size=20), max_size=2))
@example([], ["0\x1f"])
def test_retry_after_is_a_usable_number_or_nothing(values, milliseconds):
    found = retry_after(values, milliseconds, NOW)
    assert found is None or 0 <= found < 1e19
