"""The server, byte by byte: framing, limits, names, and what it refuses."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from media_captioner import errors
from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.serve import Studio, StudioOptions, serve_forever
from media_captioner.serve.frames import Reply, compatible_stream, native_stream
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.sounds import tone, wav
from media_captioner.web.hosts import HostCheck
from media_captioner.web.http1 import Limits

MODEL = "qwen3-omni-30b-a3b-captioner"
SOUND = base64.b64encode(wav(tone(0.1))).decode()
DATA_URL = f"data:;base64,{SOUND}"
COMPATIBLE = "/compatible-mode/v1/chat/completions"
NATIVE = "/api/v1/services/aigc/multimodal-generation/generation"
VLLM = "/v1/chat/completions"


@pytest.fixture(scope="module")
def studio():
    limits = Limits(header_seconds=0.3, body_stall_seconds=0.3, connections=8, linger_seconds=1.0)
    with running(Studio(FakeCaptioner("A dog 汪."), StudioOptions(port=0, limits=limits))) as server:
        yield server


def send(server, data):
    """Send raw bytes and return all that comes until the server closes or falls silent."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(data)
        connection.settimeout(10)
        got = b""
        while block := connection.recv(65536):
            got += block
    return got


def request(server, path, value=None, *headers, method="POST", body=None):
    """Send one request; return status, headers and body."""
    data = body if body is not None else json.dumps(value).encode() if value is not None else b""
    port = server.url.rsplit(":", 1)[1]
    named = {line.split(":")[0].lower() for line in headers}
    lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close"]
    lines += [] if "host" in named else [f"Host: 127.0.0.1:{port}"]
    lines += [] if named & {"content-length", "transfer-encoding"} else [f"Content-Length: {len(data)}"]
    got = send(server, "\r\n".join([*lines, "", ""]).encode() + data)
    head, _, rest = got.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    found = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    return int(first.split(" ")[1]), found, dechunked(rest) if "transfer-encoding" in found else rest


def dechunked(data):
    whole = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        data = rest[int(size, 16) + 2 :]
    return whole


def compatible(part=None, **further):
    part = part or {"type": "input_audio", "input_audio": {"data": DATA_URL}}
    return {"model": MODEL, "messages": [{"role": "user", "content": [part]}], **further}


def native(audio=DATA_URL, **further):
    messages = [{"role": "user", "content": [{"audio": audio}]}]
    return {"model": MODEL, "input": {"messages": messages}, "parameters": {}, **further}


# -- framing ---------------------------------------------------------------------------------------------------


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


# -- refusals --------------------------------------------------------------------------------------------------

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


# -- temporary storage -----------------------------------------------------------------------------------------


def policy(studio, key="a", model=MODEL):
    path = f"/api/v1/uploads?action=getPolicy&model={model}"
    status, _, body = request(studio, path, None, f"Authorization: Bearer {key}", method="GET")
    return status, json.loads(body)


def form(data, *, name="x.wav", sound=b"RIFF", order=None, **changes):
    fields = {
        "OSSAccessKeyId": data["oss_access_key_id"],
        "Signature": data["signature"],
        "policy": data["policy"],
        "key": f"{data['upload_dir']}/{name}",
        "success_action_status": "200",
    } | changes
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    file = (
        f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + sound
        + b"\r\n"
    )
    texts = "".join(parts).encode()
    return (file + texts if order == "file first" else texts + file) + b"--B--\r\n"


def upload(studio, body, boundary="B"):
    return request(studio, "/oss", None, f"Content-Type: multipart/form-data; boundary={boundary}", body=body)


def test_an_upload_is_read_only_with_its_key_and_model(studio):
    _, answer = policy(studio)
    data = answer["data"]
    assert (data["expire_in_seconds"], data["x_oss_forbid_overwrite"]) == (300, "true")
    status, _, body = upload(studio, form(data, sound=wav(tone(0.1))))
    assert (status, body) == (200, b"")
    url = f"oss://{data['upload_dir']}/x.wav"
    resolve = "X-DashScope-OssResourceResolve: enable"
    mine, other = "Authorization: Bearer a", "Authorization: Bearer b"
    assert request(studio, NATIVE, native(url), resolve, mine)[0] == 200
    assert request(studio, NATIVE, native(url), mine)[0] == 400, "the header is missing"
    assert request(studio, NATIVE, native(url), resolve, other)[0] == 400, "another account"
    model = {**native(url), "model": "Qwen/Qwen3-Omni-30B-A3B-Captioner"}
    assert request(studio, NATIVE, model, resolve, mine)[0] == 400, "another model"
    assert upload(studio, form(data))[0] == 409, "nothing is overwritten"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Signature": "x"}, 403, b"SignatureDoesNotMatch"),
        ({"policy": "x"}, 403, b"SignatureDoesNotMatch"),
        ({"key": "elsewhere/x.wav"}, 403, b"AccessDenied"),
        ({"order": "file first"}, 403, b"SignatureDoesNotMatch"),
    ],
)
def test_uploads_that_do_not_match_their_policy(studio, changes, status, code):
    _, answer = policy(studio)
    got, headers, body = upload(studio, form(answer["data"], **changes))
    assert (got, headers["content-type"]) == (status, "application/xml")
    assert b"<Code>" + code in body


def test_parts_after_the_file_are_refused(studio):
    _, answer = policy(studio)
    late = b'--B\r\nContent-Disposition: form-data; name="late"\r\n\r\nx\r\n--B--\r\n'
    body = form(answer["data"]).removesuffix(b"--B--\r\n") + late
    got, _, text = upload(studio, body)
    assert got == 400
    assert b"must be the last" in text


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"--B\r\n", b"--B\r\nContent-Disposition: x\r\n\r\nx\r\n--B--", b"--B--\r\n"]
)
def test_broken_forms(studio, body):
    assert upload(studio, body)[0] == 400


def test_a_boundary_cut_anywhere_is_found(studio):
    """A file that nearly holds the boundary, sent in chunks of every size."""
    sound = wav(tone(0.02)) + b"\r\n--" + b"\r\n--A" + b"\r\n-"
    for size in (1, 2, 3, 5, 64):
        _, answer = policy(studio)
        data = answer["data"]
        body = form(data, sound=sound)
        chunks = b"".join(
            b"%x\r\n%b\r\n" % (len(part := body[i : i + size]), part) for i in range(0, len(body), size)
        )
        lines = ["Transfer-Encoding: chunked", "Content-Type: multipart/form-data; boundary=B"]
        assert request(studio, "/oss", None, *lines, body=chunks + b"0\r\n\r\n")[0] == 200


def test_policies_need_a_known_model(studio):
    assert policy(studio, model="x")[0] == 404
    assert request(studio, "/api/v1/uploads?action=putPolicy", method="GET")[0] == 400


# -- names and keys --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:PORT", True),
        ("localhost:PORT", True),
        ("LOCALHOST:PORT", True),
        ("[::1]:PORT", True),
        ("localhost", True),
        ("evil.test", False),
        ("evil.test:PORT", False),
        ("localhost.evil.test:PORT", False),
        ("127.0.0.1.evil.test:PORT", False),
        ("localhost:1", False),
        ("127.0.0.1@evil.test", False),
        ("localhost:PORT@evil.test", False),
        ("localhost, evil.test", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_foreign_names_are_refused(studio, host, allowed):
    """DNS rebinding: a page at evil.test that resolves to us gets nothing."""
    port = studio.url.rsplit(":", 1)[1]
    status = request(studio, "/v1/models", None, f"Host: {host.replace('PORT', port)}", method="GET")[0]
    assert (status == 200) is allowed
    assert status in {200, 421}


@pytest.mark.parametrize(
    "header", ["Origin: https://evil.test", "Origin: null", "Sec-Fetch-Site: cross-site"]
)
def test_web_pages_elsewhere_are_refused(studio, header):
    """A page could post text that is JSON to a server on loopback, and spend its owner's money."""
    assert request(studio, COMPATIBLE, compatible(), header, "Content-Type: text/plain")[0] == 421


def test_two_hosts_are_refused(studio):
    assert request(studio, "/v1/models", None, "Host: localhost", "Host: evil.test", method="GET")[0] == 421


def test_further_names():
    with running(Studio(FakeCaptioner(), StudioOptions(port=0, names=("Studio.Example",)))) as server:
        assert request(server, "/v1/models", None, "Host: studio.example", method="GET")[0] == 200
    assert HostCheck(["A"])


@pytest.mark.parametrize("path", [COMPATIBLE, NATIVE, VLLM])
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer sk-right", 200),
        ("bearer sk-right", 200),
        ("Bearer sk-wrong", 401),
        ("Basic sk-right", 401),
        ("", 401),
    ],
)
def test_keys(path, header, status):
    with running(Studio(FakeCaptioner(), StudioOptions(port=0, key=Secret("sk-right")))) as server:
        bare = {"type": "audio_url", "audio_url": {"url": DATA_URL}}
        value = native() if path == NATIVE else compatible(bare if path == VLLM else None)
        got, _, body = request(server, path, value, f"Authorization: {header}", "Host: any.name")
    assert got == status
    assert b"sk-right" not in body


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "studio.example"])  # noqa: S104 - refused
def test_other_machines_need_a_key(host):
    with pytest.raises(errors.ConfigError, match="without a key") as raised:
        Studio(FakeCaptioner(), StudioOptions(host=host))
    assert "--key" in raised.value.hint


def test_a_port_that_is_taken(studio):
    port = int(studio.url.rsplit(":", 1)[1])
    with (
        pytest.raises(
            errors.ConfigError, match=f"Cannot serve on 127.0.0.1, port {port}: address already in use"
        ),
        running(Studio(FakeCaptioner(), StudioOptions(port=port))),
    ):
        pass


# -- hostile connections ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad name: x\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\na", 400),
        (
            b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", 408),
        (b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 400),
    ],
)
def test_what_is_no_request(studio, data, status):
    """Refused with a status and a closed connection, in bounded time."""
    got = send(studio, data)
    assert got.startswith(b"HTTP/1.1 %d " % status), got[:100]
    assert b"connection: close" in got


def test_a_body_that_stalls_ends(studio):
    assert send(studio, b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc") == b""


def test_a_body_over_the_limit_is_refused_by_name(studio):
    """The client is still sending 20 MB; it gets the answer, not a reset."""
    status, _, body = request(studio, COMPATIBLE, body=b"x" * 20_000_000)
    assert (status, json.loads(body)["error"]["message"]) == (400, "The request is too large.")


def test_a_body_without_end_is_refused(studio):
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    status, _, _ = request(studio, COMPATIBLE, None, "Transfer-Encoding: chunked", body=chunk * 18)
    assert status == 400


def test_connections_are_limited(studio):
    host, port = studio.url.removeprefix("http://").split(":")
    open_ones = [socket.create_connection((host, int(port)), timeout=5) for _ in range(8)]
    try:
        time.sleep(0.05)
        assert send(studio, b"").startswith(b"HTTP/1.1 503 ")
    finally:
        for connection in open_ones:
            connection.close()


def test_one_connection_carries_many_requests(studio):
    """Keep-alive, pipelined, with a chunked body in between; then HTTP/1.0, which closes."""
    body = json.dumps(compatible()).encode()
    head = f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\n".encode()
    plain = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (
        len(body),
        body,
    )
    old = b"GET /v1/models HTTP/1.0\r\nHost: localhost\r\n\r\n"
    got = send(studio, plain + chunked + plain + old)
    assert got.count(b"HTTP/1.1 200 OK") == 4


def test_expect_continue(studio):
    """What curl sends before a large body."""
    body = json.dumps(compatible()).encode()
    got = send(
        studio,
        f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body,
    )
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_head_has_no_body(studio):
    got = send(studio, b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 405")
    assert got.endswith(b"\r\n\r\n")


def test_too_many_wait():
    """One is served, one waits, the third is told to slow down."""
    with running(Studio(Slow(), StudioOptions(port=0, waiting=1))) as server, ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(lambda _: request(server, COMPATIBLE, compatible())[0], range(6)))
    assert found[0] == 200
    assert found[-1] == 429


class Slow(EmulatedCaptioner):
    async def describe(self, clip, context):
        await asyncio.sleep(0.3)
        return await super().describe(clip, context)


def test_too_slow_a_captioner():
    with running(Studio(Slow(), StudioOptions(port=0, describe_seconds=0.05))) as server:
        status, _, body = request(server, NATIVE, native())
    assert (status, json.loads(body)["code"]) == (500, "RequestTimeOut")


def test_a_client_that_hangs_up_frees_its_place():
    """The captioner takes one at a time and would be busy for an hour; the next client is served at once."""
    gone = []
    begun = threading.Event()

    class Endless(FakeCaptioner):
        async def describe(self, clip, context):
            if not begun.is_set():
                begun.set()
                try:
                    await asyncio.sleep(3600)
                finally:
                    gone.append("cancelled")
            return await super().describe(clip, context)

    with running(Studio(Endless(), StudioOptions(port=0))) as server:
        body = json.dumps(compatible()).encode()
        head = (
            f"POST {COMPATIBLE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head + body)
            assert begun.wait(10)
        assert request(server, COMPATIBLE, compatible())[0] == 200
    assert gone == ["cancelled"]


def test_serving_for_ever_ends_when_cancelled():
    captioner = FakeCaptioner()

    async def run():
        ready = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve_forever(captioner, StudioOptions(port=0), ready=ready.set_result))
        assert (await ready).startswith("http://127.0.0.1:")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert captioner.closed


def test_a_broken_captioner_ends_nothing(caplog):
    """A bug in it is a 500 without details; the next request is served."""

    def broken(clip, context):
        raise RuntimeError("sk-inner-secret in the middle")

    with running(Studio(FakeCaptioner(broken, "A dog."), StudioOptions(port=0))) as server:
        status, _, body = request(server, COMPATIBLE, compatible())
        assert status == 500
        assert b"secret" not in body
        assert request(server, COMPATIBLE, compatible())[0] == 200
    assert "Failed answering POST" in caplog.text


def test_a_client_that_comes_as_the_server_goes_leaves_no_socket_open():
    for _ in range(20):  # the warning of an open socket is an error here
        with running(Studio(FakeCaptioner("A dog."), StudioOptions(port=0))) as server:
            host, port = server.url.removeprefix("http://").split(":")
            client = socket.create_connection((host, int(port)), 10)
        client.close()
        gc.collect()
