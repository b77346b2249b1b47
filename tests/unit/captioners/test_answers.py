"""An answer counts only when it is whole: cut anywhere, hostile, or odd."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner import errors
from media_captioner.captioners.answers import MAX_PROSE, AnswerReader
from media_captioner.captioners.dialects import Compatible, Native, Tokens
from media_captioner.captioners.verdicts import Asked
from media_captioner.serve import frames
from media_captioner.serve.frames import Reply

ASKED = Asked("describing segment 1", "the service")
REPLY = Reply("Dog 汪 naïve.", "m", "r-1", 0, 152, 160, 7)
DIALECTS = {
    "compatible": (Compatible(), lambda r: frames.compatible_stream(r, include_usage=True)),
    "incremental": (Native(), lambda r: frames.native_stream(r, incremental=True)),
    "cumulative": (Native(incremental=False), lambda r: frames.native_stream(r, incremental=False)),
}
STREAMS = [pytest.param(*value, id=name) for name, value in DIALECTS.items()]


def read(dialect, *blocks, on_words=None):
    reader = AnswerReader(dialect, ASKED, on_words)
    for block in blocks:
        reader.take(block)
    reader.close()
    return reader.outcome()


@pytest.mark.parametrize(("dialect", "stream"), STREAMS)
def test_a_stream_cut_after_any_byte(dialect, stream):
    """Text is accepted only with the terminal event; everything before it is a truncated answer."""
    data = b"".join(stream(REPLY))
    terminal = data.index(b'"stop"')
    whole_from = data.index(b"}\n", terminal) + 1
    for cut in range(len(data) + 1):
        if cut < whole_from:
            with pytest.raises(errors.ResponseTruncated):
                read(dialect, data[:cut])
        else:
            assert read(dialect, data[:cut]).prose == REPLY.prose, cut


@pytest.mark.parametrize(("dialect", "stream"), STREAMS)
def test_a_stream_in_pieces_of_any_size(dialect, stream):
    data = b"\xef\xbb\xbf" + b"".join(stream(REPLY))
    for size in (1, 2, 3, 7, 64, len(data)):
        heard = []
        outcome = read(
            dialect, *(data[i : i + size] for i in range(0, len(data), size)), on_words=heard.append
        )
        assert outcome.prose == REPLY.prose
        assert "".join(heard) == REPLY.prose
        assert outcome.tokens == Tokens(160, 152, 7)
        assert outcome.request_id in {"r-1", "chatcmpl-r-1"}


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize(
    ("dialect", "document"), [(Compatible(), frames.compatible_document), (Native(), frames.native_document)]
)
def test_a_document(dialect, document, truncated):
    """A whole JSON answer, cut anywhere, is an answer or an error."""
    reply = Reply("A dog barks.", "m", "r-1", 0, 152, 160, 7, truncated)
    data = frames.to_json(document(reply))
    outcome = read(dialect, data)
    assert (outcome.prose, outcome.truncated) == ("A dog barks.", truncated)
    for cut in range(len(data)):
        with pytest.raises((errors.ResponseInvalid, errors.ResponseTruncated)):
            read(dialect, data[:cut])


@pytest.mark.parametrize(("dialect", "stream"), STREAMS)
def test_a_second_end_changes_nothing(dialect, stream):
    data = b"".join(stream(REPLY))
    assert read(dialect, data, data).prose == REPLY.prose


def chunk(content, finish=None, **further):
    value = {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}], **further}
    return frames.compatible_event(value)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.ResponseTruncated),
        (b"\n\n\n", errors.ResponseTruncated),
        (b": keep-alive\n\n", errors.ResponseTruncated),
        (b"data: [DONE]\n\n", errors.ResponseTruncated),
        (b"Service busy", errors.ResponseInvalid),
        (b"<html>hello</html>", errors.ResponseInvalid),
        (b"{}", errors.ResponseInvalid),
        (b"data: {}\n\n", errors.ResponseInvalid),
        (b"data: [1]\n\n", errors.ResponseInvalid),
        (b"data: NaN\n\n", errors.ResponseInvalid),
        (b"data: " + b"[" * 100_000 + b"\n\n", errors.ResponseInvalid),
        (chunk("", "stop"), errors.ResponseInvalid),
        (chunk("  \n", "stop"), errors.ResponseInvalid),
        (chunk("x"), errors.ResponseTruncated),
        (chunk("x", "abort"), errors.ResponseTruncated),
        (chunk("x", "tool_calls"), errors.ResponseInvalid),
        (chunk("x", "content_filter"), errors.ContentRefused),
        (chunk(7, "stop"), errors.ResponseInvalid),
        (chunk("x", 7), errors.ResponseInvalid),
        (chunk("x" * (MAX_PROSE // 2)) * 3, errors.ResponseInvalid),
        (b'data: {"choices": 7}\n\n', errors.ResponseInvalid),
        (b'data: {"choices": [7]}\n\n', errors.ResponseInvalid),
        (b'{"choices":[{"message":"x","finish_reason":"stop"}]}', errors.ResponseInvalid),
        (chunk("x", "stop") + b'data: {"error":{"code":"internal_error"}}\n\n', errors.CaptionerUnavailable),
        (b'{"error":{"message":"m","code":"invalid_api_key"}}', errors.AuthenticationFailed),
    ],
)
def test_what_is_no_answer(data, error):
    """Each is a named error of its own class, and never an answer."""
    with pytest.raises(error) as raised:
        read(Compatible(), data)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "value", [{"output": 7}, {"output": {"choices": [{}]}}, {"output": {"choices": [{"message": 7}]}}]
)
def test_what_is_no_native_answer(value):
    with pytest.raises(errors.ResponseInvalid):
        read(Native(), frames.to_json(value))


def test_half_a_surrogate_pair_is_replaced():
    """JSON can spell what no file can hold."""
    data = b'data: {"choices":[{"delta":{"content":"a\\ud83dz"},"finish_reason":"stop"}]}\n\n'
    prose = read(Compatible(), data).prose
    assert prose == "a\ufffdz"
    prose.encode()


def test_odd_counts_count_as_none():
    usage = {"prompt_tokens": -1, "completion_tokens": True, "prompt_tokens_details": None}
    assert read(Compatible(), chunk("x", "stop", usage=usage)).tokens == Tokens(0, 0, 0)
    assert read(Compatible(), chunk("x", "stop", usage="many")).tokens is None


def test_older_models_count_audio_elsewhere():
    value = frames.native_document(REPLY)
    del value["usage"]["input_tokens_details"]
    value["usage"]["audio_tokens"] = 99
    assert read(Native(), frames.to_json(value)).tokens == Tokens(160, 99, 7)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["stop", "null", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "output",
                    "choices",
                    "message",
                    "delta",
                    "content",
                    "text",
                    "finish_reason",
                    "usage",
                    "error",
                    "code",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.lists(JSONS, max_size=3), st.sampled_from([Compatible(), Native(), Native(incremental=False)]))
def test_any_json_is_an_answer_or_an_error_of_ours(values, dialect):
    data = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    try:
        outcome = read(dialect, data)
    except errors.CaptionerError:
        return
    assert outcome.prose.strip()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error_of_ours(data):
    with pytest.raises(errors.CaptionerError):
        read(Native(), data)
