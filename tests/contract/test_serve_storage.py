"""The server's temporary storage: policies, forms, and who may read what was put there."""

from __future__ import annotations

import json

import pytest

from media_captioner.testing.sounds import tone, wav
from tests.contract.serving import (
    MODEL,
    NATIVE,
    native,
    request,
    studio,
)

__all__ = ["studio"]  # a fixture


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
