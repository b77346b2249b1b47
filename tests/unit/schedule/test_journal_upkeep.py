"""Looking after a journal, and how assets stand in it."""

import asyncio
import sqlite3
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from media_captioner.errors import DiskFull
from media_captioner.schedule.journal import open_journal, vacuum
from media_captioner.schedule.journal.sqlite import open_read_only
from media_captioner.schedule.journal.upkeep import export
from media_captioner.schedule.question import Amount
from media_captioner.schedule.states import Ending, Part
from tests.unit.schedule.journals import (
    ANSWER,
    QUESTION,
    answer,
    fill,
    kill,
    path,
    problems_of,
)

__all__ = ["path"]  # a fixture


def test_what_is_wrong_is_found(path):
    fill(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("INSERT INTO answer (description, answered) VALUES ('{}', '')")
    connection.execute("UPDATE question SET owner = 99 WHERE track = 1")
    connection.execute("UPDATE attempt SET outcome = 'asked' WHERE id = 1")
    connection.execute("INSERT INTO purse VALUES ('run:9', 5, 0, '0')")
    connection.execute("UPDATE tally SET tokens = tokens + 1")
    connection.close()
    assert len(problems_of(path)) == 5


def test_an_export_holds_every_row_once(path):
    fill(path)
    connection = open_read_only(path)
    rows = list(export(connection))
    connection.close()
    tables = [row["table"] for row in rows]
    assert (tables.count("question"), tables.count("answer"), tables.count("attempt")) == (3, 3, 3)
    assert all(row["description"] for row in rows if row["table"] == "answer")


def test_vacuum_makes_a_journal_small(path):
    fill(path, 60)

    async def forget():
        with open_journal(path) as journal:
            await journal.store.forget("mc1:a")

    asyncio.run(forget())
    assert vacuum(path) > 0
    assert problems_of(path) == []


def test_answers_from_elsewhere_are_taken_in_and_nothing_is_overwritten(path):
    other = replace(ANSWER, prose="From a sidecar.")
    questions = [replace(QUESTION, track=number, clip=f"clip {number}") for number in range(5)]

    async def story():
        with open_journal(path) as journal:
            await answer(journal, 0)
            await journal.store.refuse(questions[1], "no")
            assert await journal.restore([(question, other) for question in questions]) == 4
            assert (await journal.store.get(questions[0])).description == ANSWER
            assert (await journal.store.get(questions[1])).description == other
            assert await journal.restore([(question, other) for question in questions]) == 0

    asyncio.run(story())
    assert problems_of(path) == []


# --- assets --------------------------------------------------------------------------------------------------


def test_an_asset_goes_through_its_states(path):
    source = Path("/films/a\udcff.mp4")

    async def story():
        with open_journal(path) as journal:
            register = journal.register
            assert (await register.begin(source)).state is None
            assert await register.identify(source, "mc1:x") == 0
            await register.end(source, Ending("failed", "it broke", error="ToolCrashed", dangerous=True))
            before = await register.begin(source)
            assert (before.state, before.reason, before.failures) == ("failed", "it broke", 1)
            assert await register.identify(source, "mc1:x") == 1
            # Another file under the same name starts afresh.
            assert await register.identify(source, "mc1:y") == 0
            part = Part(0, 0, Fraction(0), Fraction(30), "gap", "refused")
            await register.end(source, Ending("done with gaps", parts=(part,), outputs=()))
            assert await register.content_of(source) == "mc1:y"
            assert await register.retry(source)
            assert await register.forget(source)
            assert not await register.forget(source)
            await register.end(source, Ending("done"))  # forgotten meanwhile: nothing happens
            assert await register.content_of(source) is None

    asyncio.run(story())
    assert problems_of(path) == []


def test_k1_a_file_at_which_the_program_dies_without_getting_anywhere_counts_as_failing(path):
    source = Path("/films/a.mp4")

    async def story():
        for died in range(3):
            journal = open_journal(path)
            before = await journal.register.begin(source)
            assert before.failures == died
            assert before.state == (None if died == 0 else "interrupted")
            await journal.register.identify(source, "mc1:a")
            kill(journal)
        journal = open_journal(path)
        assert (await journal.register.begin(source)).failures == 3
        # Once it gets somewhere, a kill is nobody's fault but the machine's.
        await journal.register.identify(source, "mc1:a")
        await answer(journal)
        kill(journal)
        with open_journal(path) as journal:
            assert (await journal.register.begin(source)).failures == 3
            await journal.register.interrupt(source)

    asyncio.run(story())


def test_k1_of_several_files_at_which_the_program_dies_none_counts_as_failing_and_each_goes_on_alone(path):
    innocent, poison, heard = (Path(f"/films/{name}.mp4") for name in ("innocent", "poison", "heard"))

    async def begin(*sources):
        journal = open_journal(path)
        for source in sources:
            await journal.register.begin(source)
            await journal.register.identify(source, "mc1:a" if source == heard else f"mc1:{source.stem}")
        return journal

    async def suspects(journal):
        return [source for source in (innocent, poison, heard) if await journal.register.is_suspect(source)]

    async def story():
        for number in range(5):
            journal = await begin(innocent, poison, heard)
            await answer(journal, number)
            kill(journal)
        journal = await begin(innocent)
        assert await suspects(journal) == [innocent, poison]  # not the one that had an answer
        assert (await journal.register.begin(poison)).failures == 0
        await journal.register.interrupt(poison)
        await journal.register.end(innocent, Ending("done"))
        assert await suspects(journal) == [poison]
        for died in range(3):
            assert (await journal.register.begin(poison)).failures == died
            kill(journal)
            journal = open_journal(path)
        before = await journal.register.begin(poison)
        assert (before.failures, before.reason) == (3, "the program ended while it worked on it alone")
        await journal.register.interrupt(poison)
        await journal.register.retry(poison)
        assert await suspects(journal) == []
        journal.close()

    asyncio.run(story())


def test_no_secret_gets_into_the_books(path):
    async def story():
        with open_journal(path) as journal:
            claim = await journal.store.claim(QUESTION)
            await journal.store.release(claim, "key sk-abcdef123456 was refused", spent=Amount(1))
            await journal.store.refuse(QUESTION, "sk-abcdef123456")
            await journal.register.begin(Path("/a.mp4"))
            await journal.register.end(Path("/a.mp4"), Ending("failed", "Bearer sk-abcdef123456 refused"))

    asyncio.run(story())
    assert b"sk-abcdef" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_d1_without_room_nothing_is_asked(path):
    async def story():
        with open_journal(path) as journal:
            journal._database.ballast.let_go()
            journal._database.ballast._size = 10**15  # more than any disk has
            assert not await journal.store.room()
            with pytest.raises(DiskFull, match="Nothing was asked"):
                await journal.store.claim(QUESTION)
            journal._database.ballast._size = 1000
            assert (await journal.store.claim(QUESTION)).standing == "mine"

    asyncio.run(story())
