"""Captioners by name, and what ``auto`` means."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction

import pytest

from media_captioner import errors
from media_captioner.captioners import BUILT_IN, Options, choose, create
from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.captioners.options import options_of
from media_captioner.captioners.registry import KEY_VARIABLE
from media_captioner.protocols import Captioner, Context
from media_captioner.system.secrets import Secret
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.sounds import clip, tone

KEY = Secret("sk-canary-registry")


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


class Notes:
    def __init__(self):
        self.notices = []

    def progress(self, progress):
        pass

    def notice(self, level, message):
        self.notices.append((level, message))


@pytest.mark.parametrize(
    ("setting", "environment", "name", "because"),
    [
        ("auto", {}, "local", "no key is set"),
        ("auto", {KEY_VARIABLE: " "}, "local", "no key is set"),
        ("auto", {KEY_VARIABLE: "sk-x"}, "qwen", "DASHSCOPE_API_KEY is set"),
        ("local", {KEY_VARIABLE: "sk-x"}, "local", "the settings say so"),
        ("qwen-dashscope", {}, "qwen-dashscope", "the settings say so"),
    ],
)
def test_auto(setting, environment, name, because):
    """An explicit setting first, then a key, then this machine; one sentence says which and why."""
    choice = choose(setting, environment)
    assert choice.name == name
    assert because in choice.reason
    assert "sk-x" not in choice.reason


@pytest.mark.parametrize("name", ["qwen", "qwen-dashscope", "openai-compatible", "emulated"])
def test_every_captioner_can_be_made(name):
    made = create(name, Options(api_key=KEY, base_url="http://127.0.0.1:1"))
    assert isinstance(made, Captioner)
    assert made.name == name
    assert made.service.formats[0] == "wav"
    asyncio.run(made.close())


def test_the_two_protocols_have_one_identity():
    """Answers of one model are interchangeable, whichever way they came."""
    first, second = (create(name, Options(api_key=KEY)) for name in ("qwen", "qwen-dashscope"))
    assert first.model == second.model == "qwen3-omni-30b-a3b-captioner"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(api_key=KEY), "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        (Options(api_key=KEY, region="beijing"), "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        (
            Options(api_key=KEY, base_url="https://w.cn-beijing.maas.aliyuncs.com/api/v1"),
            "https://w.cn-beijing.maas.aliyuncs.com/compatible-mode/v1",
        ),
    ],
)
def test_where_requests_go(options, expected):
    assert create("qwen", options).address == expected


def test_the_address_tells_the_price():
    """A workspace's host in Beijing costs what Beijing costs, whatever the region setting says."""
    made = create("qwen", Options(api_key=KEY, base_url="https://w.cn-beijing.maas.aliyuncs.com"))
    assert made.service.price.input_per_million == Fraction("2.265")


@pytest.mark.parametrize(
    ("address", "called"),
    [
        (None, "Model Studio (Singapore)"),
        ("https://w.cn-beijing.maas.aliyuncs.com", "Model Studio (Beijing)"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "Model Studio (Singapore)"),
        ("https://gateway.example/compatible-mode/v1", "the server at gateway.example:443"),
        ("http://127.0.0.1:8901", "the server at 127.0.0.1:8901"),
        ("https://aliyuncs.com.example", "the server at aliyuncs.com.example:443"),
    ],
)
@pytest.mark.parametrize("name", ["qwen", "qwen-dashscope"])
def test_messages_name_whoever_is_asked(name, address, called):
    assert create(name, Options(api_key=KEY, base_url=address)).service.name == called


def test_the_key_of_the_environment_is_used(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "sk-from-environment")
    assert create("auto", Options()).name == "qwen"


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("qwen", Options(), errors.SecretMissing, "needs a key"),
        ("qwen", Options(api_key=Secret("")), errors.SecretMissing, "needs a key"),
        ("qwen", Options(api_key=KEY, region="virginia"), errors.ConfigError, "no region 'virginia'"),
        ("qwen", Options(api_key=KEY, base_url="dashscope"), errors.ConfigError, "base URL"),
        ("qwen", Options(api_key=KEY, way="url"), errors.ConfigError, "No address"),
        ("openai-compatible", Options(), errors.ConfigError, "needs the address"),
        (
            "openai-compatible",
            Options(base_url="http://h", way="upload"),
            errors.ConfigError,
            "no temporary upload",
        ),
        ("whisper", Options(), errors.ConfigError, "no captioner 'whisper'"),
    ],
)
def test_what_cannot_be_made_is_said(name, options, error, message):
    with pytest.raises(error, match=message) as raised:
        create(name, options)
    assert raised.value.hint


def test_settings_of_any_shape():
    """Whatever has fields of these names can be the settings; the rest keeps its default."""

    @dataclass
    class Settings:
        region: str = "beijing"
        threads: int = 3
        formats: tuple = ("vtt",)

    made = options_of(Settings(), stream=False)
    assert (made.region, made.threads, made.stream, made.way) == ("beijing", 3, False, "data-url")
    assert options_of(None) == Options()


def test_a_plugin_adds_a_captioner_and_cannot_replace_one():
    mine = FakeCaptioner()
    assert create("mine", further={"mine": lambda options: mine}) is mine
    assert create("emulated", further={"emulated": lambda options: mine}) is not mine


def test_the_reporter_hears_the_choice(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "sk-from-environment")
    notes = Notes()
    create("auto", Options(), notes)
    assert [level for level, _ in notes.notices] == ["info"]
    create("qwen", Options(), notes)
    assert len(notes.notices) == 1, "nobody has to be told what they asked for"


def test_a_name_costs_no_import():
    """Asking for names loads neither the HTTP client nor numpy."""
    code = (
        "import sys, media_captioner.captioners as c; c.choose('auto', {}); "
        "print(sorted(m for m in ('httpx', 'numpy', 'av') if m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert "local" in BUILT_IN


def test_the_emulated_captioner_hears_what_it_was_given():
    """Length, pitch and level come from the sound; and it says that nobody listened."""
    found = asyncio.run(EmulatedCaptioner().describe(clip(tone(2.0, 1000.0, level=-6.0)), Context()))
    assert "emulated: no model listened" in found.prose
    assert "2.000 seconds" in found.prose
    assert "1000 Hz" in found.prose
    assert "-6.0 dBFS" in found.prose
    silence = asyncio.run(EmulatedCaptioner().describe(clip(tone(0.5) * 0), Context()))
    assert "digital silence" in silence.prose
    with pytest.raises(errors.ClipRejected):
        asyncio.run(EmulatedCaptioner().describe(clip(tone(0.0)), Context()))


def test_the_fake_captioner_obeys():
    """Answers in order, then the last one for ever; errors are raised; all is remembered."""
    captioner = FakeCaptioner("A dog.", errors.RateLimited("slow", retry_after=1), "A cat.")
    one = clip()
    assert asyncio.run(captioner.describe(one, Context())).prose == "A dog."
    with pytest.raises(errors.RateLimited):
        asyncio.run(captioner.describe(one, Context()))
    assert asyncio.run(captioner.describe(one, Context())).prose == "A cat."
    assert asyncio.run(captioner.describe(one, Context())).prose == "A cat."
    asyncio.run(captioner.close())
    assert captioner.closed
    assert captioner.clips == [one] * 4
