"""The decoder of server-sent events, cut anywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.sse import Decoder, Event, EventTooLong

NATIVE = (
    b'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"t":"\xe4\xb8\xad\xe6\x96\x87"}\n\n'
    b'id:2\nevent:result\n:HTTP_STATUS/200\ndata:{"t":"na\xc3\xafve \xf0\x9f\x90\x95"}\n\n'
    b'id:3\nevent:error\n:HTTP_STATUS/500\ndata:{"code":"InternalError"}\n\n'
)
COMPATIBLE = b': keep-alive\n\ndata: {"a":1}\n\ndata: {"b":\ndata: 2}\n\n: ping\n\ndata: [DONE]\n\n'
EXPECTED_NATIVE = [
    Event('{"t":"中文"}', "result", "1", 200),
    Event('{"t":"naïve 🐕"}', "result", "2", 200),
    Event('{"code":"InternalError"}', "error", "3", 500),
]
EXPECTED_COMPATIBLE = [Event('{"a":1}'), Event('{"b":\n2}'), Event("[DONE]")]


def decode(*blocks: bytes) -> list[Event]:
    decoder = Decoder()
    return [event for block in blocks for event in decoder.feed(block)]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(NATIVE, EXPECTED_NATIVE), (COMPATIBLE, EXPECTED_COMPATIBLE)],
    ids=["native", "compat"],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_every_cut_point_gives_the_same_events(frames, expected, end, start):
    """Where the network cuts the bytes makes no difference, in one cut or at every byte."""
    data = start + frames.replace(b"\n", end)
    for cut in range(len(data) + 1):
        assert decode(data[:cut], data[cut:]) == expected, cut
    assert decode(*(data[place : place + 1] for place in range(len(data)))) == expected


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_any_bytes_in_any_pieces_decode_alike(data, cuts):
    """The pieces never matter, whatever the bytes, and nothing raises."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert decode(*pieces) == decode(data)


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])), min_size=1, max_size=4
    )
)
def test_data_lines_survive(lines):
    """Whatever text is sent as data comes back, several lines joined by line feeds."""
    block = "".join(f"data: {line}\n" for line in lines).encode() + b"\n"
    assert decode(block) == [Event("\n".join(lines))]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"data:x\n\n", [Event("x")]),
        (b"data:  x\n\n", [Event(" x")]),
        (b"data\n\n", [Event("")]),
        (b"unknown: x\ndata: y\n\n", [Event("y")]),
        (b"retry: 10\n\n", []),
        (b"\n\n\n", []),
        (b"event: error\n\n", [Event("", "error")]),
        (b"event:error\n:HTTP_STATUS/503\n\n", [Event("", "error", None, 503)]),
        (b"status: 500\ndata: x\n\n", [Event("x", status=500)]),
        (b":HTTP_STATUS/abc\ndata: x\n\n", [Event("x")]),
        (b"data: \xff\xfe\n\n", [Event("\ufffd\ufffd")]),
    ],
)
def test_fields(block, expected):
    """Each field as the standard has it, and the two that services add."""
    assert decode(block) == expected


def test_status_does_not_leak_into_the_next_event():
    assert decode(b"data: a\n:HTTP_STATUS/500\n\ndata: b\n\n") == [Event("a", status=500), Event("b")]


def test_an_unfinished_event_is_only_given_when_asked_for():
    decoder = Decoder()
    assert decoder.feed(b"data: whole\n\ndata: half") == [Event("whole")]
    assert decoder.finish() == Event("half")
    assert decoder.finish() is None


@pytest.mark.parametrize("block", [b"data: " + b"x" * 5000, b"data: " + b"x" * 400 + b"\n"])
def test_an_endless_event_is_refused(block):
    """Neither one long line nor many short ones get past the limit."""
    decoder = Decoder(max_event=1000)
    with pytest.raises(EventTooLong, match="more than 1000 bytes"):
        _ = [decoder.feed(block) for _ in range(10)]


def test_endless_comments_cost_nothing():
    decoder = Decoder(max_event=1000)
    for _ in range(1000):
        assert decoder.feed(b": keep-alive\n\n") == []
    assert decoder.feed(b"data: x\n\n") == [Event("x")]
