"""The server's answers, byte by byte, and what it refuses in the service's own words."""

from __future__ import annotations

import gzip
import json

import pytest

from media_captioner.serve.frames import Reply, compatible_stream, native_stream
from tests.contract.serving import (
    COMPATIBLE,
    DATA_URL,
    MODEL,
    NATIVE,
    SOUND,
    VLLM,
    compatible,
    native,
    request,
    studio,
)

__all__ = ["studio"]  # a fixture


def test_native_events_byte_for_byte():
    """No space after colons, the status in a comment, finish_reason as a word, an empty list at the end."""
    reply = Reply("The dog", MODEL, "5159c491", 0, 152, 160)
    assert b"".join(native_stream(reply, incremental=True)) == (
        b"id:1\nevent:result\n:HTTP_STATUS/200\n"
        b'data:{"output":{"choices":[{"message":{"content":[{"text":"The"}],"role":"assistant"},'
        b'"finish_reason":"null"}]},"usage":{"total_tokens":161,"input_tokens_details":{"audio_tokens":152,'
        b'"text_tokens":8},"output_tokens":1,"input_tokens":160,"output_tokens_details":{"text_tokens":1}},'
        b'"request_id":"5159c491"}\n\n'
        b"id:2\nevent:result\n:HTTP_STATUS/200\n"
        b'data:{"output":{"choices":[{"message":{"content":[{"text":" dog"}],"role":"assistant"},'
        b'"finish_reason":"null"}]},"usage":{"total_tokens":162,"input_tokens_details":{"audio_tokens":152,'
        b'"text_tokens":8},"output_tokens":2,"input_tokens":160,"output_tokens_details":{"text_tokens":2}},'
        b'"request_id":"5159c491"}\n\n'
        b"id:3\nevent:result\n:HTTP_STATUS/200\n"
        b'data:{"output":{"choices":[{"message":{"content":[],"role":"assistant"},'
        b'"finish_reason":"stop"}]},"usage":{"total_tokens":162,"input_tokens_details":{"audio_tokens":152,'
        b'"text_tokens":8},"output_tokens":2,"input_tokens":160,"output_tokens_details":{"text_tokens":2}},'
        b'"request_id":"5159c491"}\n\n'
    )


def test_cumulative_events_repeat_everything():
    events = list(native_stream(Reply("The dog", MODEL, "r", 0, 1, 9), incremental=False))
    texts = [
        json.loads(event.split(b"data:")[1])["output"]["choices"][0]["message"]["content"] for event in events
    ]
    assert texts == [[{"text": "The"}], [{"text": "The dog"}], [{"text": "The dog"}]]


@pytest.mark.parametrize("include_usage", [False, True])
def test_compatible_events(include_usage):
    """The role first, the usage in a chunk without choices and only when asked for, [DONE] last."""
    events = list(compatible_stream(Reply("The dog", MODEL, "r", 7, 152, 160), include_usage=include_usage))
    assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in events)
    assert events[-1] == b"data: [DONE]\n\n"
    values = [json.loads(event[6:]) for event in events[:-1]]
    assert values[0]["choices"][0]["delta"] == {"content": "", "role": "assistant"}
    assert [value["usage"] for value in values if value["choices"]] == [None] * 4
    assert (
        [value["usage"]["total_tokens"] for value in values if not value["choices"]] == [162]
    ) is include_usage
    assert {value["id"] for value in values} == {"chatcmpl-r"}


def test_headers_of_a_stream(studio):
    status, headers, body = request(studio, NATIVE, native(), "X-DashScope-SSE: enable")
    assert status == 200
    assert headers["content-type"] == "text/event-stream;charset=UTF-8"
    assert headers["x-dashscope-call-gateway"] == "true"
    assert headers["x-dashscope-timeout"] == "298"
    assert headers["transfer-encoding"] == "chunked"
    assert "retry-after" not in headers
    assert f'"request_id":"{headers["x-request-id"]}"'.encode() in body


@pytest.mark.parametrize(
    "header", ["x-dashscope-sse: enable", "X-DASHSCOPE-SSE:enable", "Accept: text/event-stream"]
)
def test_a_header_asks_for_native_events(studio, header):
    _, _, body = request(studio, NATIVE, native(), header)
    assert body.startswith(b"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{")


def test_a_field_asks_for_compatible_events(studio):
    """Whatever Accept says: the usual client says JSON even when it streams."""
    _, headers, body = request(studio, COMPATIBLE, compatible(stream=True), "Accept: application/json")
    assert headers["content-type"] == "text/event-stream"
    assert body.endswith(b"data: [DONE]\n\n")


def test_documents(studio):
    _, headers, body = request(studio, COMPATIBLE, compatible())
    value = json.loads(body)
    assert value["choices"][0]["message"] == {"content": "A dog 汪.", "role": "assistant"}
    assert value["id"] == f"chatcmpl-{headers['x-request-id']}"
    assert value["usage"]["prompt_tokens_details"]["text_tokens"] == 8
    assert "汪".encode() in body, "raw UTF-8"
    _, _, body = request(studio, NATIVE, native())
    assert json.loads(body)["output"]["choices"][0]["message"]["content"] == [{"text": "A dog 汪."}]


def test_gzip_only_when_asked_for(studio):
    _, headers, body = request(studio, COMPATIBLE, compatible(), "Accept-Encoding: gzip, deflate")
    assert headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["object"] == "chat.completion"
    _, headers, _ = request(studio, COMPATIBLE, compatible())
    assert "content-encoding" not in headers


def test_vllm_takes_both_of_its_forms(studio):
    """audio_url with a data URL, input_audio with bare base64; no audio tokens; text is let through."""
    for part in (
        {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{SOUND}"}},
        {"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}},
    ):
        value = compatible(part)
        value["messages"][0]["content"].append({"type": "text", "text": "Describe."})
        value["model"] = "Qwen/Qwen3-Omni-30B-A3B-Captioner"
        status, _, body = request(studio, VLLM, value)
        assert status == 200
        assert set(json.loads(body)["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}


AUDIO = {"type": "input_audio", "input_audio": {"data": DATA_URL}}


def content(*parts):
    return {"model": MODEL, "messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    ("path", "value", "status", "code", "message"),
    [
        (COMPATIBLE, content(), 400, "invalid_parameter_error", "exactly one audio"),
        (COMPATIBLE, content(AUDIO, AUDIO), 400, "invalid_parameter_error", "exactly one audio"),
        (
            COMPATIBLE,
            content(AUDIO, {"type": "text", "text": "x"}),
            400,
            "invalid_parameter_error",
            "no other part",
        ),
        (COMPATIBLE, {"model": MODEL}, 400, "invalid_parameter_error", "messages"),
        (
            COMPATIBLE,
            {"model": MODEL, "messages": [7]},
            400,
            "invalid_parameter_error",
            "exactly one message",
        ),
        (COMPATIBLE, {"messages": []}, 400, "invalid_request_error", "model"),
        (COMPATIBLE, [], 400, "invalid_request_error", "object"),
        (COMPATIBLE, {**compatible(), "model": "gpt-4o"}, 404, "model_not_found", "does not exist"),
        (
            COMPATIBLE,
            compatible({"type": "input_audio", "input_audio": {"data": SOUND}}),
            400,
            "invalid_parameter_error",
            "URL does not appear to be valid",
        ),
        (
            COMPATIBLE,
            compatible({"type": "input_audio", "input_audio": {"data": "data:;base64,UklGRg="}}),
            400,
            "invalid_parameter_error",
            "not valid base64",
        ),
        (
            COMPATIBLE,
            compatible({"type": "input_audio", "input_audio": {"data": "data:;base64," + "A" * 10_485_760}}),
            400,
            "invalid_parameter_error",
            "max bytes per data-uri item : 10485760",
        ),
        (NATIVE, native(audio=7), 400, "InvalidParameter", "URL does not appear to be valid"),
        (NATIVE, native(audio="data:;base64,"), 400, "InvalidParameter", "The audio is empty"),
        (NATIVE, native(audio="data:;base64,aGVsbG8="), 400, "InvalidParameter", "audio format is illegal"),
        (NATIVE, native(audio="oss://a/b"), 400, "InvalidParameter", "URL does not appear"),
        (NATIVE, native(audio="https://h.test/a.wav"), 400, "InvalidURL", "does not fetch"),
        (NATIVE, {"model": MODEL, "input": []}, 400, "InvalidParameter", "input"),
        (NATIVE, {**native(), "model": "x"}, 404, "ModelNotFound", "does not exist"),
        (
            VLLM,
            {**compatible({"type": "audio_url", "audio_url": {"url": DATA_URL}}), "model": "x"},
            404,
            404,
            "does not",
        ),
        (VLLM, {"model": MODEL, "messages": []}, 400, 400, "messages"),
        (VLLM, compatible(AUDIO), 400, 400, "not valid base64"),
        ("/compatible-mode/v1/files", {}, 404, "not_found", "No such path"),
    ],
)
def test_refused(studio, path, value, status, code, message):
    """Each with the status, the code and the words of the service, in the wording of the path's protocol."""
    got, headers, body = request(studio, path, value)
    found = json.loads(body)
    inner = found.get("error", found)
    assert (got, inner["code"]) == (status, code)
    assert message in inner["message"]
    assert headers["content-type"] == "application/json"


def test_errors_in_native_streams_are_events(studio):
    """200 and an event with the real status in its comment; what the gateway finds is plain JSON even then."""
    status, _, body = request(studio, NATIVE, native(audio="data:;base64,"), "X-DashScope-SSE: enable")
    assert status == 200
    assert body.startswith(b'id:1\nevent:error\n:HTTP_STATUS/400\ndata:{"code":"InvalidParameter"')
    status, _, body = request(studio, NATIVE, {**native(), "model": "x"}, "X-DashScope-SSE: enable")
    assert (status, json.loads(body)["code"]) == (404, "ModelNotFound")


def test_methods_and_paths(studio):
    assert request(studio, COMPATIBLE, method="GET")[0] == 405
    assert request(studio, "/v1/models", method="GET")[0] == 200
    assert request(studio, "/", method="GET")[2].startswith(b"media-captioner ")
    assert request(studio, "/etc/passwd", method="GET")[0] == 404
