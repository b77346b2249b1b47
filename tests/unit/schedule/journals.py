"""A journal to be filled, read, killed and copied as a crash leaves it."""

import asyncio
import shutil
import sqlite3
from dataclasses import replace
from fractions import Fraction

import pytest

from media_captioner.model import Description, Usage
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.journal.sqlite import open_read_only
from media_captioner.schedule.journal.upkeep import problems
from media_captioner.schedule.question import Amount, Question

QUESTION = Question("mc1:a", 0, Fraction(0), Fraction(30), "wav@16000", "test/1", clip="c" * 64)
ANSWER = Description("Rain falls.", "test", "test/1", Usage(input_tokens=10, output_tokens=5, requests=1))


async def answer(journal, number=0, caps=(), amount=None):
    question = replace(QUESTION, track=number, clip=f"clip {number}")
    claim = await journal.store.claim(question, caps, amount or Amount(1, 100))
    assert claim.standing == "mine"
    await journal.store.done(claim, ANSWER)


def problems_of(path):
    with sqlite3.connect(path) as connection:
        found = problems(connection)
    connection.close()
    return found


def answers_of(path):
    connection = open_read_only(path)
    try:
        return {row[0] for row in connection.execute("SELECT track FROM question WHERE answer IS NOT NULL")}
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path):
    """Where a journal is to be."""
    return tmp_path / "state" / "journal.db"


def fill(path, count=3):
    async def story():
        with open_journal(path) as journal:
            for number in range(count):
                await answer(journal, number)

    asyncio.run(story())


def kill(journal):
    """Take away what a killed process loses; its thread stays behind, idle."""
    journal._owners._lock.close()
    journal._owners._lock = None


def snapshot(path, to):
    """Copy what a crash at this moment leaves on the disk."""
    to.mkdir()
    for suffix in ("", "-wal"):
        if path.with_name(path.name + suffix).exists():
            shutil.copy(path.with_name(path.name + suffix), to / (path.name + suffix))
    return to / path.name
