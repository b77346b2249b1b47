"""What plugins bring: captioners, formats, profiles and commands, each checked, none over one of ours."""

import asyncio
import uuid

import click
import pytest

from media_captioner.captioners.registry import create
from media_captioner.cues.profiles import PROFILES, profile_named
from media_captioner.errors import ConfigError, PluginError, RateLimited
from media_captioner.export import registry
from media_captioner.hooks.captioner import PluginCaptioner
from media_captioner.hooks.loading import load
from media_captioner.hooks.plugged import plug_in
from media_captioner.protocols import Context
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.contracts import CaptionerContract
from media_captioner.testing.sounds import clip

CAPTIONER = """
from media_captioner.testing import FakeCaptioner
@hookimpl
def register_captioners(register):
    register({name!r}, lambda options: FakeCaptioner("A dog barks.", name={name!r}, model="m1"))
"""
EXPORTER = """
class Loud:
    name, suffix, readers, loss = {name!r}, ".loud.txt", "the deaf", "all but the text"
    def write(self, captions, context): return b"LOUD"
    def is_ours(self, data): return data == b"LOUD"
@hookimpl
def register_exporters(register): register(Loud())
"""
PROFILE = """
from media_captioner.cues.profiles import Profile
@hookimpl
def register_profiles(register): register(Profile({name!r}, "a test"{more}))
"""
COMMAND = """
import click
@click.command({name!r})
def hello(): click.echo("hello")
@hookimpl
def register_commands(register): register(hello)
"""


@pytest.fixture
def bring(write_plugin, monkeypatch):
    monkeypatch.setattr(registry, "_added", {})
    monkeypatch.setattr("media_captioner.cues.profiles.PROFILES", dict(PROFILES))

    def make(*sources, seconds=5.0):
        return plug_in(*load({}, points=[write_plugin(source) for source in sources]), seconds=seconds)

    return make


def fresh():
    return f"x{uuid.uuid4().hex[:8]}"


def test_things_are_registered(bring):
    name = fresh()
    found = bring(
        CAPTIONER.format(name=name)
        + EXPORTER.format(name=name)
        + PROFILE.format(name=name, more="")
        + COMMAND.format(name=name)
    )
    assert found.errors == []
    assert create(name, further=found.captioners).name == name
    assert name in registry.names()
    assert registry.exporter_named(name).suffix == ".loud.txt"
    assert profile_named(name).max_chars == 42
    assert found.commands[name].name == name
    [brought] = found.brought.values()
    assert brought == [f"captioner {name}", f"format {name}", f"profile {name}", f"command {name}"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (CAPTIONER.format(name="local"), "a captioner 'local' already"),
        (CAPTIONER.format(name="auto"), "a captioner 'auto' already"),
        (EXPORTER.format(name="vtt"), "that name is taken"),
        (EXPORTER.format(name="y").replace('".loud.txt"', '"../x"'), "no suffix"),
        (EXPORTER.format(name="y").replace("def is_ours", "def is_yours"), "lacks a member"),
        (PROFILE.format(name="bbc", more=""), "that name is taken"),
        (PROFILE.format(name="z", more=", max_cps=0"), "leave no room"),
        (PROFILE.format(name="z", more=", sound='{'"), "ValueError"),
        ("@hookimpl\ndef register_commands(register): register(print)", "click command"),
        ("@hookimpl\ndef register_captioners(register): register('a')", "TypeError"),
        ("@hookimpl\ndef register_profiles(register): 1 / 0", "ZeroDivisionError"),
        ("@hookimpl\ndef register_profiles(register):\n    import sys; sys.exit()", "SystemExit"),
        (
            "import threading\n@hookimpl\ndef register_profiles(register): threading.Event().wait(9)",
            "did not return",
        ),
    ],
)
def test_what_cannot_be_used_is_said_and_harms_nobody_else(bring, source, said):
    good = fresh()
    found = bring(source, CAPTIONER.format(name=good), seconds=1.0 if "wait" in source else 60.0)
    assert said in found.errors[0].message
    assert set(found.captioners) == {good}
    assert len(found.plugins) == 1


def test_the_second_of_two_with_one_name_is_refused(bring):
    name = fresh()
    found = bring(CAPTIONER.format(name=name), CAPTIONER.format(name=name))
    assert len(found.errors) == 1
    assert set(found.captioners) == {name}


class TestPluginCaptioner(CaptionerContract):
    """A good captioner stays one behind the guard."""

    def captioner(self):
        return PluginCaptioner("p", "fake", FakeCaptioner)


def describe(make, **options):
    async def run():
        captioner = PluginCaptioner("p", "fake", make, **options)
        try:
            return await captioner.describe(clip(), Context())
        finally:
            await captioner.close()

    return asyncio.run(run())


def failing(how):
    class Failing(FakeCaptioner):
        async def describe(self, clip, context):
            return how()

    return Failing


def _exit():
    raise SystemExit(1)


def _hang():
    import threading

    threading.Event().wait(2)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (_exit, "SystemExit"),
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: "words", "returned str"),
        (_hang, "within 0.2 s"),
    ],
)
def test_a_captioner_that_misbehaves_fails_by_name_and_ends_nothing(how, said):
    with pytest.raises(PluginError) as failed:
        describe(failing(how), clip_seconds=0.2)
    assert said in failed.value.message
    assert "'p'" in failed.value.message


def test_what_it_says_in_our_words_stays_as_it_is():
    with pytest.raises(RateLimited) as limited:
        describe(lambda: FakeCaptioner(RateLimited("slow down", retry_after=3)))
    assert limited.value.retry_after == 3


@pytest.mark.parametrize("make", [lambda: 1 / 0, object, _exit, lambda: FakeCaptioner(name="another")])
def test_what_is_no_captioner_is_refused_when_it_is_made(make):
    with pytest.raises(PluginError, match="plugin 'p'"):
        PluginCaptioner("p", "fake", make)


def test_it_does_not_pass_for_another():
    assert PluginCaptioner("p", "fake", lambda: FakeCaptioner(model="qwen3-omni")).model == "p:qwen3-omni"


def test_an_unknown_captioner_is_still_unknown(bring):
    with pytest.raises(ConfigError, match="no captioner 'nobody'"):
        create("nobody", further=bring().captioners)


@pytest.mark.parametrize(
    ("body", "error"),
    [("raise ValueError('no')", PluginError), ("raise click.UsageError('no')", click.UsageError)],
)
def test_a_command_that_fails_is_the_plugins_and_its_usage_is_its_own(bring, body, error):
    name = fresh()
    command = bring(COMMAND.format(name=name).replace('click.echo("hello")', body)).commands[name]
    with pytest.raises(error, match="no"):
        command.main([], standalone_mode=False)
