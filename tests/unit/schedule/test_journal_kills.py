"""A journal whose processes are killed, cut off, or several."""

import asyncio
import sqlite3
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_captioner.schedule.budget import Allowance, Cap
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.journal.sqlite import open_read_only
from media_captioner.schedule.question import Amount
from media_captioner.schedule.states import Ending, Output, Part
from tests.unit.schedule.journals import (
    ANSWER,
    QUESTION,
    answer,
    answers_of,
    kill,
    path,
    problems_of,
    snapshot,
)

__all__ = ["path"]  # a fixture


class Bookkeeping:
    """Does things to a journal, and keeps its own simple books of what must come of them."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "journal.db"
        self.journal = open_journal(self.path)
        self.claims, self.answered, self.refused = {}, set(), set()
        self.spent, self.kills = Amount(), 0

    async def claim(self, number):
        caps = [Cap("run:1", "", Allowance(requests=10**6))]
        claim = await self.journal.store.claim(_question(number), caps, Amount(1, 50))
        known = number in self.answered | self.refused
        assert claim.standing == ("known" if known else "busy" if number in self.claims else "mine")
        if claim.standing == "mine":
            self.claims[number] = claim
            self.spent += Amount(1, 50)

    async def done(self, number):
        if number in self.claims:
            await self.journal.store.done(self.claims.pop(number), ANSWER)
            self.answered.add(number)
            self.spent += Amount(1, 15) - Amount(1, 50)

    async def lose(self, number):
        if number in self.claims:
            await self.journal.store.release(self.claims.pop(number), "reset", spent=None)

    async def fail(self, number):
        if number in self.claims:
            await self.journal.store.release(self.claims.pop(number), "400", spent=Amount(1))
            self.spent -= Amount(0, 50)

    async def stop(self, number):
        if number in self.claims:
            await self.journal.store.release(self.claims.pop(number), "stopped", spent=None, sent=False)
            self.spent -= Amount(1, 50)

    async def refuse(self, number):
        if number not in self.answered and number not in self.claims:
            await self.journal.store.refuse(_question(number), "no")
            self.refused.add(number)

    async def forget(self, number):
        await self.journal.store.forget(QUESTION.content)  # but for what is being asked
        self.answered.clear()
        self.refused.clear()

    async def begin(self, number):
        await self.journal.register.begin(self.folder / f"{number}.mp4")
        await self.journal.register.identify(self.folder / f"{number}.mp4", QUESTION.content)

    async def end(self, number):
        part = Part(0, 0, Fraction(0), Fraction(30), "described")
        output = Output(0, "vtt", f"{number}.vtt", "0" * 64)
        ending = Ending("done", parts=(part,), outputs=(output,))
        await self.journal.register.end(self.folder / f"{number}.mp4", ending)

    async def kill(self, number):
        self.kills += 1
        left = snapshot(self.path, self.folder / str(self.kills))
        kill(self.journal)
        self.journal.close()
        self.path, self.claims = left, {}
        self.journal = open_journal(left)


def _question(number):
    return replace(QUESTION, track=number, clip=f"clip {number}")


DEEDS = (
    "claim",
    "claim",
    "claim",
    "done",
    "done",
    "lose",
    "fail",
    "stop",
    "refuse",
    "forget",
    "begin",
    "end",
    "kill",
)


@settings(max_examples=15)
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 4)), max_size=25))
def test_k1_any_sequence_of_operations_with_kills_between_leaves_a_sound_journal(tmp_path_factory, deeds):
    async def story():
        books = Bookkeeping(tmp_path_factory.mktemp("kills"))
        for deed, number in deeds:
            await getattr(books, deed)(number)
        books.journal.close()
        return books

    books = asyncio.run(story())
    assert problems_of(books.path) == []
    assert answers_of(books.path) == books.answered
    connection = open_read_only(books.path)
    purse = connection.execute("SELECT requests, tokens FROM purse").fetchone()
    owned = connection.execute("SELECT count(*) FROM asset WHERE owner IS NOT NULL").fetchone()
    connection.close()
    assert (purse or (0, 0)) == (books.spent.requests, books.spent.tokens)
    assert owned == (0,)


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A journal whose eight answers are still in its write-ahead log."""
    folder = tmp_path_factory.mktemp("logged")

    async def story():
        with open_journal(folder / "journal.db") as journal:
            for number in range(8):
                await answer(journal, number)
            return snapshot(folder / "journal.db", folder / "copy")

    return asyncio.run(story())


@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_k5_a_log_that_was_cut_off_anywhere_holds_a_prefix_of_the_answers(tmp_path_factory, logged, share):
    path = snapshot(logged, tmp_path_factory.mktemp("cut") / "copy")
    log = path.with_name(path.name + "-wal")
    with log.open("r+b") as file:
        file.truncate(round(log.stat().st_size * share))
    with open_journal(path) as journal:
        assert journal.set_aside is None
        found = answers_of(path)
    assert found == set(range(len(found)))
    assert len(found) == 8 or share < 1
    assert problems_of(path) == []


# --- several processes ---------------------------------------------------------------------------------------

_WRITER = """
import asyncio, sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from media_captioner.model import Description
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.question import Question

async def main(path, name, count):
    with open_journal(Path(path)) as journal:
        for number in range(count):
            question = Question("mc1:" + name, number, Fraction(0), Fraction(1), "wav", "m", clip=f"{name}{number}")
            claim = await journal.store.claim(question)
            await journal.store.done(claim, Description("x" * 4000, "c", "m"))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def test_p6_two_processes_write_one_journal(path):
    path.parent.mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name, "50"]) for name in ("a", "b")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert problems_of(path) == []
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM answer").fetchone() == (100,)
    assert connection.execute("SELECT count(*) FROM owner").fetchone() == (0,)
    connection.close()
