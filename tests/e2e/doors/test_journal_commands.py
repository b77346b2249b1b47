"""The commands that tell what the journal knows, and those that change it."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from media_captioner.cli.app import run
from media_captioner.cli.options import journal_path
from media_captioner.model import Description, Usage
from media_captioner.schedule.budget import Budget
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.states import Ending, Part
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.places import default_journal, user_file
from tests.e2e.doors import sessions

GOOD, BAD = Path("/films/good.mp4"), Path("/films/bad\nname.mp4")
QUESTION = Question("mc1:a", 0, Fraction(0), Fraction(30), "wav@16000", "test/1", clip="c" * 64)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A journal of two assets: one answer, one request whose end nobody knows, one refusal."""
    path = tmp_path_factory.mktemp("filled") / "journal.db"

    async def story():
        with open_journal(path) as journal:
            caps = Budget().caps(SYSTEM_CLOCK.now(), "")
            await journal.register.begin(GOOD)
            await journal.register.identify(GOOD, "mc1:a")
            claim = await journal.store.claim(QUESTION, caps, Amount(1, 600))
            usage = Usage(input_tokens=100, output_tokens=50, dollars=Fraction(1, 8), requests=1)
            await journal.store.done(claim, Description("Rain.", "test", "test/1", usage))
            lost = await journal.store.claim(replace(QUESTION, track=1, clip="1"), caps, Amount(1, 600))
            await journal.store.release(lost, "CaptionerUnavailable: reset", spent=None)
            await journal.store.refuse(replace(QUESTION, track=2, clip="2"), "the service refuses it")
            parts = (
                Part(0, 0, Fraction(0), Fraction(30), "described"),
                Part(0, 1, Fraction(30), Fraction(75), "gap", "reset"),
            )
            await journal.register.end(GOOD, Ending("done with gaps", "1 of 2 segments", parts=parts))
            await journal.register.begin(BAD)
            await journal.register.end(
                BAD, Ending("quarantined", "it crashed", error="ToolCrashed", dangerous=True)
            )

    asyncio.run(story())
    return path


@pytest.fixture
def journal(filled, tmp_path):
    return Path(shutil.copy(filled, tmp_path / "journal.db"))


def told(capsys, *arguments, code=0):
    assert run([str(argument) for argument in arguments]) == code
    return capsys.readouterr().out


def test_status(journal, capsys):
    out = told(capsys, "status", "--journal", journal)
    assert "1 done with gaps" in out
    assert "1 quarantined" in out
    assert "1 answer remembered, 0 requests under way." in out
    assert "Today (UTC): 2 requests, $0.1250." in out
    found = json.loads(told(capsys, "status", "--journal", journal, "--json"))
    assert found["assets"] == {"done with gaps": 1, "quarantined": 1}
    assert found["today"] == {"requests": 2, "tokens": 750, "dollars": 0.125}


def test_status_starts_nothing_that_it_does_not_need(journal):
    """It answers at once, however large the journal; with a plugin or without."""
    code = (
        f"import sys; from media_captioner.cli.app import run; run(['status', '--journal', {str(journal)!r}]);"
        "heavy = {'asyncio', 'pydantic', 'numpy', 'httpx', 'media_captioner.model', 'media_captioner.session'};"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_history(journal, capsys):
    last, first = told(capsys, "history", "--journal", journal).splitlines()
    assert last.endswith("/films/bad�name.mp4  quarantined: it crashed")
    assert first.endswith("/films/good.mp4  done with gaps: 1 of 2 segments")
    (only,) = told(capsys, "history", "--journal", journal, "--json", GOOD).splitlines()
    assert json.loads(only)["state"] == "done with gaps"


def test_cost(journal, capsys):
    out = told(capsys, "cost", "--journal", journal, "--by", "captioner")
    assert out.splitlines() == [
        "test/1  2 requests  750 tokens  $0.1250  (1 of them ended unknown and may have cost less)",
        "In all: 2 requests, 750 tokens, $0.1250",
    ]
    (day,) = told(capsys, "cost", "--journal", journal, "--json").splitlines()
    assert json.loads(day) == json.loads(day) | {"requests": 2, "tokens": 750, "unknown": 1}


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "2026-3-1"])
def test_costs_since_what_is_no_day_are_refused(journal, day, capsys):
    assert run(["cost", "--journal", str(journal), "--since", day]) == 2
    assert "write it like 2026-03-18" in capsys.readouterr().err
    assert "In all: 2 requests" in told(capsys, "cost", "--journal", journal, "--since", "2026-01-01")
    assert "In all: 0 requests" in told(capsys, "cost", "--journal", journal, "--since", "2999-01-01")


def test_what_is_being_captioned_is_neither_retried_nor_forgotten(journal, capsys):
    async def story():
        with open_journal(journal) as opened:
            await opened.register.begin(GOOD)
            for command in ("retry", "forget"):
                # Another process, for one has a journal open once.
                assert (await asyncio.to_thread(run, [command, "--journal", str(journal), str(GOOD)])) == 3
                assert "left alone, for it is being captioned" in capsys.readouterr().err
            assert "1 answer remembered" in told(capsys, "status", "--journal", journal)

    asyncio.run(story())


def test_why(journal, capsys):
    out = told(capsys, "why", "--journal", journal, GOOD)
    assert "segments: 1 described, 1 gap" in out
    assert "gap 0:30 to 1:15: reset" in out
    assert "refused 0:00 to 0:30: the service refuses it" in out
    assert "unknown, 0:00 to 0:30: CaptionerUnavailable: reset" in out
    assert json.loads(told(capsys, "why", "--journal", journal, GOOD, "--json"))["answers"] == 1
    assert "Nothing is known" not in told(capsys, "why", "--journal", journal, "/films/none.mp4", code=3)


def test_retry_and_forget(journal, capsys):
    assert "will be tried again" in told(capsys, "retry", "--journal", journal, "--quarantined")
    assert run(["retry", "--journal", str(journal), "--quarantined"]) == 0
    assert capsys.readouterr().err == "Nothing is in quarantine.\n"
    assert run(["retry", "--journal", str(journal), "/films/none.mp4"]) == 3
    assert capsys.readouterr().err == "/films/none.mp4: nothing is known of it\n"
    assert "1 interrupted" in told(capsys, "status", "--journal", journal)
    assert (
        told(capsys, "forget", "--journal", journal, GOOD)
        == f"{GOOD}: forgotten, with 3 questions about it\n"
    )
    assert told(capsys, "forget", "--journal", journal, BAD).endswith("name.mp4: forgotten\n")
    assert "0 answers remembered" in told(capsys, "status", "--journal", journal)
    assert run(["forget", "--journal", str(journal), str(GOOD)]) == 3
    assert capsys.readouterr().err == f"{GOOD}: nothing is known of it\n"
    # What it cost stays in the books.
    assert "In all: 2 requests" in told(capsys, "cost", "--journal", journal)


def test_journal_verify_vacuum_export(journal, capsys):
    told(capsys, "journal", "verify", "--journal", journal)
    assert "bytes saved" in told(capsys, "journal", "vacuum", "--journal", journal)
    rows = [json.loads(line) for line in told(capsys, "journal", "export", "--journal", journal).splitlines()]
    assert {row["source"] for row in rows if row["table"] == "asset"} >= {str(GOOD)}


def test_no_journal_is_said_in_a_sentence(tmp_path, capsys):
    assert run(["status", "--journal", str(tmp_path / "none.db")]) == 2
    assert "There is no journal at" in capsys.readouterr().err


def test_why_tells_what_the_files_tell_where_the_journal_knows_nothing(tmp_path, capsys):
    film = tmp_path / "film.wav"

    def why(*path, code):
        assert run(["why", *map(str, path)]) == code
        return capsys.readouterr()

    for _ in range(2):  # without a journal, and with one that knows others
        assert "There is no file" in why(tmp_path / "none.wav", code=3).err
        assert "is a folder" in why(tmp_path, code=3).err
        sessions.tape(film, 440, seconds=2)
        assert "no captions of ours" in why(film, code=3).err
        assert json.loads(why(film, "--json", code=3).out)["files"] == []
        sessions.run([film], sessions.paid(), tmp_path / "other.db")
        assert "beside it lies film.media_captioner.json" in why(film, code=0).out
        (told,) = json.loads(why(film, "--json", code=0).out)["files"]
        assert told == str(tmp_path / "film.media_captioner.json")
        for each in tmp_path.glob("film.*"):
            each.unlink()
        open_journal(default_journal()).close()
    assert "There is no journal" in why("--journal", tmp_path / "named.db", film, code=2).err


def test_which_journal_is_meant(tmp_path, monkeypatch):
    """The option, else the environment, else the settings file, else the usual place."""
    assert journal_path(None, None) == default_journal()
    user_file().parent.mkdir(parents=True)
    user_file().write_text('journal = "theirs.db"\n')
    assert journal_path(None, None) == user_file().parent / "theirs.db"
    (tmp_path / "other.toml").write_text('journal = "other.db"\n')
    assert journal_path(None, tmp_path / "other.toml") == tmp_path / "other.db"
    monkeypatch.setenv("MEDIA_CAPTIONER_JOURNAL", str(tmp_path / "named.db"))
    assert journal_path(None, tmp_path / "other.toml") == tmp_path / "named.db"
    assert journal_path(tmp_path / "given.db", tmp_path / "other.toml") == tmp_path / "given.db"
