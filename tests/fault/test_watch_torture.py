"""Writers of every kind against a real daemon, small; ``python -m tests.fault.torture`` is the large one."""

import asyncio

from tests.fault.torture import FAILURES, Torture


def test_nothing_is_captioned_early_twice_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for part in ("in", "spare"):
        (tmp_path / part).mkdir()
    figures = asyncio.run(Torture(tmp_path / "in", tmp_path / "spare").run(crowd=60, rounds=1))
    assert {name: figures[name] for name in FAILURES} == dict.fromkeys(FAILURES, 0), figures
    assert figures["files"] >= 60 + 7 + 2 + 2 + 1
