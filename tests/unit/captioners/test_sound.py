"""A JSON body around a sound, produced in pieces."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.dialects import Compatible, Native, SelfHosted
from media_captioner.captioners.sound import Sound, json_body


@given(
    data=st.binary(max_size=300),
    repeat=st.sampled_from([1, 500]),
    text=st.text(max_size=20),
    media_type=st.sampled_from(["", "audio/wav"]),
)
def test_the_pieces_are_the_json(data, repeat, text, media_type):
    """Length and bytes are those of the JSON that would have been built in one go, whatever stands around."""
    sound = Sound(data=data * repeat, media_type="audio/wav")
    body = json_body({"before": text, "sound": sound.reference(), text: 1}, sound, media_type=media_type)
    whole = b"".join(body.pieces())
    assert len(whole) == body.length
    value = json.loads(whole)
    assert value["sound"] == f"data:{media_type};base64,{base64.b64encode(sound.data).decode()}"
    assert value["before"] == text
    assert b"".join(body.pieces()) == whole, "a second attempt sends the same"


def test_no_piece_is_large():
    sound = Sound(data=bytes(7_000_000))
    assert max(map(len, json_body({"s": sound.reference()}, sound).pieces())) <= 65_536


def value_of(dialect, sound, *, stream):
    return json.loads(b"".join(dialect.body("m", sound, stream=stream).pieces()))


def test_the_compatible_request_is_the_documented_one():
    """No text part, no format, the documented empty media type, and the usage asked for."""
    sound = Sound(data=b"RIFF", media_type="audio/wav")
    assert value_of(Compatible(), sound, stream=True) == {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "data:;base64,UklGRg=="}}],
            }
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert "stream" not in value_of(Compatible(), sound, stream=False)


def test_the_native_request_is_the_documented_one():
    """The header asks for the stream, never the body."""
    sound = Sound(url="oss://a/b.wav")
    assert value_of(Native(), sound, stream=True) == {
        "model": "m",
        "input": {"messages": [{"role": "user", "content": [{"audio": "oss://a/b.wav"}]}]},
        "parameters": {"incremental_output": True},
    }
    assert value_of(Native(incremental=False), sound, stream=True)["parameters"] == {}
    headers = Native().headers(sound, stream=True)
    assert headers["X-DashScope-SSE"] == "enable"
    assert headers["X-DashScope-OssResourceResolve"] == "enable"
    assert "X-DashScope-SSE" not in Native().headers(sound, stream=False)


def test_a_server_of_ones_own_gets_audio_url():
    sound = Sound(data=b"RIFF", media_type="audio/wav")
    part = value_of(SelfHosted(), sound, stream=False)["messages"][0]["content"][0]
    assert part == {"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,UklGRg=="}}
