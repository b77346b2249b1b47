"""Our own clients against our own server: every protocol, streamed or not, every input way, every format."""

from __future__ import annotations

import asyncio
import re

import pytest

from media_captioner import errors
from media_captioner.captioners import Options, create
from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.captioners.services import self_hosted
from media_captioner.media.encode import ENCODERS, encode
from media_captioner.protocols import Context
from media_captioner.serve import Studio, StudioOptions
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.sounds import clip, segment, tone

KEY = Secret("sk-canary-contract-5")
WAYS = [
    ("qwen", "data-url"),
    ("qwen", "upload"),
    ("qwen-dashscope", "data-url"),
    ("qwen-dashscope", "upload"),
    ("openai-compatible", "data-url"),
]
STREAMS = [(False, True), (True, True), (True, False)]


@pytest.fixture(scope="module")
def studio():
    with running(Studio(EmulatedCaptioner(), StudioOptions(port=0, key=KEY))) as server:
        yield server


def describe(server, name, made, **options):
    async def run():
        captioner = create(name, Options(**({"api_key": KEY, "base_url": server.url} | options)))
        try:
            return await captioner.describe(made, Context())
        finally:
            await captioner.close()

    return asyncio.run(run())


@pytest.mark.parametrize(("name", "way"), WAYS)
@pytest.mark.parametrize(("stream", "incremental"), STREAMS)
def test_every_way_in(studio, name, way, stream, incremental):
    """The description tells length, pitch and hash of what was sent, whichever way it went."""
    made = clip(tone(1.5, 750.0))
    heard = []
    found = describe(
        studio,
        name,
        made,
        way=way,
        stream=stream,
        incremental=incremental,
        on_text=lambda of, words: heard.append((of, words)),
    )
    assert f"SHA-256 {made.sha256[:16]}" in found.prose
    assert "1.500 seconds" in found.prose
    assert "750 Hz" in found.prose
    assert "".join(words for _, words in heard) == found.prose
    assert {of for of, _ in heard} == {made}
    assert len(heard) == 1 or stream
    assert (found.captioner, found.truncated, found.usage.requests) == (name, False, 1)
    assert re.fullmatch(r"(chatcmpl-)?[0-9a-f-]{36}", found.request_id)
    assert found.usage.output_tokens == len(found.prose.split())


@pytest.mark.parametrize("name", ["qwen", "qwen-dashscope"])
@pytest.mark.parametrize("way", ["data-url", "upload"])
@pytest.mark.parametrize("format_name", sorted(ENCODERS))
def test_every_documented_format(studio, name, way, format_name):
    made = encode(segment(tone(1.0, 440.0)), format_name)
    found = describe(studio, name, made, way=way)
    assert (
        f"arrived as {format_name} in {len(made.data)} bytes with the SHA-256 {made.sha256[:16]}"
        in found.prose
    )
    pitch = int(re.search(r"strongest frequency is (\d+) Hz", found.prose)[1])
    assert abs(pitch - 440) <= 3


@pytest.mark.parametrize("format_name", ["wav", "mp3"])
def test_formats_for_a_server_of_ones_own(studio, format_name):
    made = encode(segment(tone(1.0)), format_name)
    assert f"arrived as {format_name}" in describe(studio, "openai-compatible", made).prose


def test_usage_is_booked_as_the_service_counts(studio):
    """Six seconds are 152 audio tokens, as the live service reported, and cost what they cost in the region."""
    made = clip(tone(6.0))
    found = describe(studio, "qwen", made, region="beijing")
    assert (found.usage.input_tokens, found.usage.audio_tokens) == (160, 152)
    spent = 160 * 2.265 + found.usage.output_tokens * 1.821
    assert float(found.usage.dollars) == pytest.approx(spent / 1e6)
    own = describe(studio, "openai-compatible", made)
    assert (own.usage.input_tokens, own.usage.audio_tokens, own.usage.dollars) == (88, 0, None)


def test_usage_as_documented():
    with running(Studio(EmulatedCaptioner(), StudioOptions(port=0, usage="documented"))) as server:
        assert describe(server, "qwen", clip(tone(6.0))).usage.audio_tokens == 75


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("qwen", {"api_key": Secret("sk-wrong-key-1")}, errors.AuthenticationFailed, "the key was refused"),
        (
            "qwen-dashscope",
            {"api_key": Secret("sk-wrong-key-1")},
            errors.AuthenticationFailed,
            "InvalidApiKey",
        ),
        ("openai-compatible", {"api_key": None}, errors.AuthenticationFailed, "the key was refused"),
        ("qwen", {"model": "qwen-turbo"}, errors.ServiceMisconfigured, "no such model"),
        ("qwen-dashscope", {"model": "qwen-turbo"}, errors.ServiceMisconfigured, "ModelNotFound"),
        ("openai-compatible", {"model": "x"}, errors.ServiceMisconfigured, "no such model"),
        ("qwen", {"way": "upload", "model": "x"}, errors.ServiceMisconfigured, "no such model"),
        (
            "qwen",
            {"way": "upload", "api_key": Secret("sk-wrong-key-1")},
            errors.AuthenticationFailed,
            "refused",
        ),
        ("qwen", {"way": "url", "audio_url": "https://h.test/a.wav"}, errors.ClipRejected, "does not fetch"),
        (
            "qwen-dashscope",
            {"way": "url", "audio_url": "https://h.test/a.wav"},
            errors.ClipRejected,
            "InvalidURL",
        ),
        (
            "qwen",
            {"way": "url", "audio_url": "UklGRg=="},
            errors.ClipRejected,
            "URL does not appear to be valid",
        ),
        (
            "qwen",
            {"way": "url", "audio_url": "oss://a/b.wav"},
            errors.ClipRejected,
            "does not appear to be valid",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals(studio, name, options, error, message, stream):
    with pytest.raises(error, match=message) as raised:
        describe(studio, name, clip(), stream=stream, **options)
    assert type(raised.value) is error


@pytest.mark.parametrize("name", ["qwen", "qwen-dashscope", "openai-compatible"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (errors.ContentRefused("no"), errors.ContentRefused),
        (errors.RateLimited("slow"), errors.RateLimited),
        (errors.ClipRejected("too odd"), errors.ClipRejected),
        (errors.CaptionerUnavailable("down"), errors.CaptionerUnavailable),
        (errors.ResponseTruncated("cut"), errors.CaptionerUnavailable),
        (errors.ModelUnavailable("no weights"), errors.CaptionerUnavailable),
        (errors.AuthenticationFailed("key sk-inner-secret"), errors.CaptionerUnavailable),
    ],
)
def test_what_the_served_captioner_raises(name, stream, raised, expected):
    """Its errors cross the wire as what a client can do about them; its secrets do not."""
    if (name, expected) == ("openai-compatible", errors.ContentRefused):
        expected = errors.ClipRejected  # vLLM has no word for it
    with running(Studio(FakeCaptioner(raised), StudioOptions(port=0))) as server:
        with pytest.raises(expected) as arrived:
            describe(server, name, clip(), stream=stream)
        assert type(arrived.value) is expected
        assert "sk-inner-secret" not in str(arrived.value)


def test_a_long_clip_is_cut_for_a_captioner_that_takes_less():
    """A captioner of 30 s behind the server: two minutes go in, its descriptions come back joined."""
    captioner = EmulatedCaptioner(self_hosted())
    with running(Studio(captioner, StudioOptions(port=0))) as server:
        found = describe(server, "qwen", encode(segment(tone(70.0, 300.0)), "mp3"))
    assert found.prose.count("no model listened") == 3
    assert found.usage.audio_tokens in range(1750, 1765)


def test_an_upload_may_be_larger_than_a_data_url(studio):
    """Eight megabytes go by upload and arrive as they were; inside a request they are not even sent."""
    made = clip(tone(250.0, 500.0))
    with pytest.raises(errors.ClipRejected, match="more than the 7,499,979 that fit as a data URL"):
        describe(studio, "qwen", made)
    found = describe(studio, "qwen", made, way="upload")
    assert f"{len(made.data)} bytes with the SHA-256 {made.sha256[:16]}" in found.prose


def test_a_server_that_hears_only_thirty_seconds(caplog):
    """Our own server can play the old vLLM; our own client finds it out."""
    options = StudioOptions(port=0, cut_at_30=True)
    with running(Studio(EmulatedCaptioner(), options)) as server:
        found = describe(server, "openai-compatible", clip(tone(45.0)), max_seconds=60)
    assert "30.000 seconds" in found.prose
    assert found.evidence == {"heard_seconds": 30.0}
    assert "dropped the rest" in caplog.text


def test_many_at_once(studio):
    """Twenty clips over one captioner's connections: each gets its own description."""

    async def run():
        captioner = create("qwen", Options(api_key=KEY, base_url=studio.url))
        clips = [clip(tone(0.2, 300.0 + 50 * number), index=number) for number in range(20)]
        found = await asyncio.gather(*(captioner.describe(made, Context()) for made in clips))
        await captioner.close()
        return clips, found

    clips, found = asyncio.run(run())
    for made, description in zip(clips, found, strict=True):
        assert made.sha256[:16] in description.prose
