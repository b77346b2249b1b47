"""What a person sees while a batch runs and when it is over, on a terminal and elsewhere."""

import os
import pty
import re
import select
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from media_captioner.cli.app import run
from media_captioner.cli.render import caption_view
from media_captioner.errors import BudgetExceeded, CorruptMedia, NoAudio
from media_captioner.outcomes import AssetReport
from media_captioner.protocols import Progress

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WAITS = BudgetExceeded("Stopped before the budget", until=datetime(2026, 3, 19, tzinfo=UTC))
REPORTS = [
    AssetReport(Path("a.mp4"), "done", elapsed=1.0),
    AssetReport(Path("b.mp4"), "failed", error=NoAudio("b.mp4 has no audio track")),
    AssetReport(Path("c.mp4"), "quarantined", error=CorruptMedia("Left c.mp4 alone\nsk-canary-view-123")),
    AssetReport(Path("d\x1b[31m.mp4"), "waiting", error=WAITS),
    AssetReport(Path("e.mp4"), "up to date"),
]


@contextmanager
def terminal(monkeypatch, columns=160):
    """Put a terminal in place of standard error; gives what reads from it."""
    leader, follower = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    with os.fdopen(follower, "w") as file:
        monkeypatch.setattr(sys, "stderr", file)

        def shown():
            file.flush()
            text = b""
            while select.select([leader], [], [], 0.2)[0]:  # a terminal gives little at a time
                text += os.read(leader, 65536)
            return text.decode()

        yield shown
        monkeypatch.undo()
    os.close(leader)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_is_coloured_for_those_who_want_no_colours(monkeypatch, variables):
    for name, value in variables.items():
        with terminal(monkeypatch) as shown:
            monkeypatch.setenv(name, value)
            assert run(["caption", "no such file.mp4"]) == 3
            assert run(["no-such-command"]) == 2
            assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", shown())
            monkeypatch.setenv("TERM", "xterm")
            monkeypatch.setenv("NO_COLOR", "")
            assert run(["caption", "no such file.mp4"]) == 3
            assert "\x1b[31m" in shown()


def test_what_is_shown_of_progress_holds_no_escape_codes_of_others(monkeypatch):
    with terminal(monkeypatch) as shown, caption_view(1, as_json=False) as view:
        view.progress(
            Progress("a\x1b[35mb.mp4", "describe", Fraction(1), Fraction(90), "rain\x1b]0;title\x07", None)
        )
        view.close()
        assert "[35m" in (text := shown())
        assert "\x1b[35m" not in text
        assert "\x1b]0" not in text


def test_a_terminal_shows_how_far_what_is_heard_what_is_left_and_what_it_costs(monkeypatch):
    with terminal(monkeypatch) as shown, caption_view(2, as_json=False) as view:
        view.progress(
            Progress("a.mp4", "describe", Fraction(30), Fraction(90), "rain on a roof", Fraction(1, 8), 754.0)
        )
        view.close()
        text = CODES.sub("", shown())
    for part in ("a.mp4", "0:30/1:30", "12:34 left", "$0.12", "rain on a roof", "0 of 2"):
        assert part in text


def test_a_narrow_terminal_shows_names_and_how_far_on_one_line_each(monkeypatch):
    with terminal(monkeypatch, columns=40) as shown, caption_view(2, as_json=False) as view:
        view.progress(
            Progress("film.mp4", "describe", Fraction(30), Fraction(90), "rain on a roof", None, 754.0)
        )
        view.close()
        lines = CODES.sub("", shown()).replace("\r", "\n").splitlines()
    assert re.search(r"^film\.mp4 +\S+ +0:30/1:30 12:34 left", "\n".join(lines), re.MULTILINE)
    assert re.search(r"^all +\S+ +0 of 2", "\n".join(lines), re.MULTILINE)
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize("as_json", [False, True])
def test_elsewhere_there_is_no_progress_and_no_control_code(capsys, as_json):
    with caption_view(len(REPORTS), as_json=as_json) as view:
        view.progress(Progress("a.mp4", "describe", Fraction(30), Fraction(90), "rain"))
        for report in REPORTS:
            view.tell(report)
        view.summarise(REPORTS, Fraction(5, 4))
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "rain" not in told.out + told.err
    assert len(told.out.splitlines()) == len(REPORTS)


def test_the_summary_counts_and_lists_what_is_not_done(capsys):
    with caption_view(len(REPORTS) + 2, as_json=True) as view:
        view.summarise(REPORTS, Fraction(5, 4))
    first, *rest = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"7 assets in 0:00: 1 done, 1 failed, 1 quarantined, 1 waiting, 1 up to date, 2 not begun; \$1\.25 spent",
        first,
    )
    assert rest == [
        "  failed         b.mp4  b.mp4 has no audio track",
        "  quarantined    c.mp4  Left c.mp4 alone\N{REPLACEMENT CHARACTER}***",
        "  waiting        d\N{REPLACEMENT CHARACTER}[31m.mp4  Stopped before the budget",
    ]


def test_a_long_list_is_cut_short_and_says_where_the_rest_is(capsys):
    failed = [AssetReport(Path(f"{number}.mp4"), "failed", error=NoAudio("none")) for number in range(25)]
    with caption_view(25, as_json=True) as view:
        view.summarise(failed)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 5 more; media-captioner history lists them"
