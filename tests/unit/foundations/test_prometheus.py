"""Figures as Prometheus reads them: grouped, exact, and with whatever stands in a name."""

import re

from hypothesis import given
from hypothesis import strategies as st

from media_captioner.config import Settings
from media_captioner.config.tables import WatchedRoot
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.watch.daemon import open_daemon
from media_captioner.watch.health import Health
from media_captioner.web.prometheus import Metric, exposition

_SAMPLE = re.compile(r'(media_captioner_\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)')


@given(st.text(), st.integers(0, 10**15) | st.floats(0, 1e9))
def test_a_value_is_read_back_as_it_was_whatever_its_label(text, value):
    *_, line, end = exposition([Metric("tokens", "counter", "Tokens.", [({"root": text}, value)])]).split(
        "\n"
    )
    found = _SAMPLE.fullmatch(line)
    assert (found[1], float(found[3]), end) == ("media_captioner_tokens", value, "")


def test_all_values_of_a_figure_stand_together_below_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    roots = [tmp_path / "one", tmp_path / "two"]
    for root in roots:
        root.mkdir()
    tables = [WatchedRoot(root=root) for root in roots]
    with open_daemon(tables, lambda _folder: Settings(captioner="emulated"), clock=SYSTEM_CLOCK) as daemon:
        lines = Health(daemon).metrics().splitlines()
    names = [line.split()[2] if line.startswith("#") else _SAMPLE.fullmatch(line)[1] for line in lines]
    groups = [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
    assert len(groups) == len(set(groups))
    for group in groups:
        assert [line.split()[:2] for line in lines if f" {group} " in line and line[0] == "#"] == [
            ["#", "HELP"],
            ["#", "TYPE"],
        ]
    assert sum(line.startswith("media_captioner_paused") for line in lines) == 2
