"""What one listener does reaches no other, whatever it does."""

import asyncio
import contextlib
import locale
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from media_captioner.hooks.events import EVENTS, hook_of
from media_captioner.hooks.host import MOST_FAILURES, Host, PluginListener
from media_captioner.hooks.loading import HOOKS, load_one
from media_captioner.protocols import SilentReporter

TAKES_NOTE = "seen = []\n" + "".join(
    f"@hookimpl\ndef {hook_of(name)}(event): seen.append(event.name)\n" for name in EVENTS
)


class Noted(SilentReporter):
    def __init__(self):
        self.said = []

    def notice(self, level, message):
        self.said.append(message)


@pytest.fixture
def host_of(write_plugin):
    @contextlib.contextmanager
    def make(*sources, seconds=5.0):
        plugins = [load_one(write_plugin(source)) for source in sources]
        reporter = Noted()
        host = Host.of([PluginListener(plugin, seconds=seconds) for plugin in plugins], reporter)
        try:
            yield host, reporter, [sys.modules[plugin.name] for plugin in plugins]
        finally:
            host.close()

    return make


def tell(host, *events):
    async def all_of_them():
        for event in events:
            await host.tell(event)

    asyncio.run(all_of_them())


def test_every_moment_reaches_a_plugin_that_wants_it(host_of, events):
    with host_of(TAKES_NOTE) as (host, reporter, [plugin]):
        tell(host, *events.values())
        assert plugin.seen == list(EVENTS)
        assert not reporter.said


def test_there_is_a_hook_for_each_event_and_an_event_for_each_hook():
    moments = {name for name in HOOKS if not name.startswith("register_")}
    assert moments == {hook_of(name) for name in EVENTS}


MISDEEDS = {
    "raises": "raise ValueError('no')",
    "exits": "import sys; sys.exit()",
    "interrupts": "raise KeyboardInterrupt",
    "recurses": "asset_done(event)",
    "runs out of memory": "raise MemoryError",
    "returns junk": "return 42",
    "stops a generator": "raise GeneratorExit",
}


@pytest.mark.parametrize("misdeed", MISDEEDS.values(), ids=MISDEEDS)
def test_a_failure_reaches_nobody_else_and_the_third_in_a_row_is_the_last(host_of, events, misdeed):
    bad = f"calls = []\n@hookimpl\ndef asset_done(event):\n    calls.append(1)\n    {misdeed}\n"
    with host_of(TAKES_NOTE, bad, TAKES_NOTE) as (host, reporter, [first, culprit, last]):
        tell(host, *[events["asset.done"]] * 5)
        assert len(first.seen) == len(last.seen) == 5
        if misdeed != "asset_done(event)":
            assert len(culprit.calls) == MOST_FAILURES
        assert len(reporter.said) == MOST_FAILURES + 1
        assert culprit.__name__ in reporter.said[0]
        assert "told nothing more" in reporter.said[-1]
        assert not host.places[0].disabled
        assert host.places[1].disabled


def test_failures_that_are_not_in_a_row_disable_nobody(host_of, events):
    source = "n = 0\n@hookimpl\ndef asset_done(event):\n    global n\n    n += 1\n    assert n % 3, n\n"
    with host_of(source) as (host, reporter, _):
        tell(host, *[events["asset.done"]] * 12)
        assert len(reporter.said) == 4
        assert not host.places[0].disabled


@pytest.mark.parametrize("way", ["threading.Event().wait()", "while True: pass"])
def test_one_that_hangs_is_left_behind_at_once_and_its_place_is_shown(host_of, events, caplog, way):
    hangs = (
        "import threading, sys\nstop = False\n@hookimpl\ndef asset_done(event):\n"
        f"    {way.replace('True', 'not stop').replace('Event().wait()', 'Event().wait(9)')}\n"
    )
    with host_of(hangs, TAKES_NOTE, seconds=2.0) as (host, reporter, [culprit, other]):
        tell(host, *[events["asset.done"]] * 3)
        assert len(other.seen) == 3
        assert [("hangs" in said or "did not return" in said) for said in reporter.said] == [True, True]
        assert "in asset_done" in caplog.text
        culprit.stop = True


def test_a_real_interrupt_still_ends_the_program(host_of, events):
    source = (
        "import signal, threading\nstop = threading.Event()\n@hookimpl\ndef asset_done(event):\n"
        "    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)\n    stop.wait(9)\n"
    )
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with host_of(source, seconds=1.0) as (host, _, [culprit]):
            with pytest.raises(KeyboardInterrupt):
                asyncio.run(host.tell(events["asset.done"]))
            culprit.stop.set()
    finally:
        signal.signal(signal.SIGINT, usual)


def test_plugins_get_copies(host_of, events):
    vandal = (
        "@hookimpl\ndef cues_ready(event):\n"
        "    object.__setattr__(event.captions, 'summary', 'mine')\n"
        "    event.captions.segments[0].description.evidence['x'] = 1\n"
    )
    with host_of(vandal) as (host, _, _):
        event = events["cues.ready"]
        before = replace(event.captions)
        assert asyncio.run(host.change(event)) == before
        assert event.captions.segments[0].description.evidence == {}


VANDALISM = {
    "the working folder": "import os; os.chdir('/')",
    "the umask": "import os; os.umask(0)",
    "the locale": "import locale; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')",
    "the environment": "import os; os.environ['PATH'] = ''",
    "the logging": "import logging; logging.disable(50); logging.getLogger().handlers.clear()",
    "the standard streams": "import sys; sys.stderr = None",
    "ValueError: signal only works in main thread": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
}


@pytest.mark.parametrize(("what", "misdeed"), VANDALISM.items(), ids=VANDALISM)
def test_what_belongs_to_all_is_put_back_and_said(host_of, events, what, misdeed):
    def picture():
        mask = os.umask(0)
        os.umask(mask)
        root = logging.getLogger()
        return (
            Path.cwd(), mask, locale.setlocale(locale.LC_ALL), dict(os.environ), root.manager.disable,
            list(root.handlers), sys.stderr, signal.getsignal(signal.SIGINT),
        )  # fmt: skip

    with host_of(f"@hookimpl\ndef asset_done(event): {misdeed}\n") as (host, reporter, _):
        # asyncio.run has a handler of its own for SIGINT while it runs, so the picture is taken inside.
        async def run():
            before = picture()
            await host.tell(events["asset.done"])
            assert picture() == before

        asyncio.run(run())
        assert what in reporter.said[0]


def test_captions_can_be_changed_one_after_the_other(host_of, events):
    shout = (
        "from dataclasses import replace\n@hookimpl\ndef cues_ready(event):\n"
        "    c = event.captions\n"
        "    return replace(c, cues=tuple(replace(q, text=q.text.upper()) for q in c.cues), summary=c.summary + '!')\n"
    )
    junk = "@hookimpl\ndef cues_ready(event): return event.captions.cues\n"
    with host_of(shout, junk, shout) as (host, reporter, _):
        found = asyncio.run(host.change(events["cues.ready"]))
        assert [cue.text for cue in found.cues] == ["[DOG BARKING]", "[DOOR CLOSING]"]
        assert found.summary == "A dog barks.!!"
        assert len(reporter.said) == 1
        assert "tuple was returned" in reporter.said[0]


def test_nothing_beside_the_changeable_is_changed(host_of, events):
    source = (
        "from dataclasses import replace\n@hookimpl\ndef cues_ready(event):\n"
        "    return replace(event.captions, model='mine', segments=(), language='xx', keywords=('cat',))\n"
    )
    with host_of(source) as (host, _, _):
        before = events["cues.ready"].captions
        assert asyncio.run(host.change(events["cues.ready"])) == replace(before, keywords=("cat",))


def test_nobody_is_asked_who_does_not_want_to_know(host_of):
    with host_of("@hookimpl\ndef asset_done(event): pass\n") as (host, _, _):
        assert host.wants("asset.done")
        assert not host.wants("cues.ready")


def test_events_about_many_assets_at_once_come_one_by_one(host_of, events):
    source = (
        "import time\nbusy = False\noverlaps = []\n@hookimpl\ndef asset_done(event):\n"
        "    global busy\n    overlaps.append(busy)\n    busy = True\n    time.sleep(0.01)\n    busy = False\n"
    )
    with host_of(source) as (host, _, [plugin]):

        async def run():
            await asyncio.gather(*(host.tell(events["asset.done"]) for _ in range(8)))

        asyncio.run(run())
        assert plugin.overlaps == [False] * 8
