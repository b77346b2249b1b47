"""The journal's file: opened whatever lies there, whole whatever happens, shared by all processes."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_captioner.errors import AlreadyRunning, ConfigError, DiskFull, OutputError, OutputNotWritable
from media_captioner.model import Description, Usage
from media_captioner.schedule.budget import Allowance, Cap
from media_captioner.schedule.journal import open_journal, vacuum
from media_captioner.schedule.journal import opening as opening_module
from media_captioner.schedule.journal.database import Database
from media_captioner.schedule.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION
from media_captioner.schedule.journal.sqlite import open_read_only
from media_captioner.schedule.journal.upkeep import export, problems
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.states import Ending, Output, Part
from media_captioner.testing.clock import FakeClock

QUESTION = Question("mc1:a", 0, Fraction(0), Fraction(30), "wav@16000", "test/1", clip="c" * 64)
ANSWER = Description("Rain falls.", "test", "test/1", Usage(input_tokens=10, output_tokens=5, requests=1))
CAPS = [Cap("run:1", "for this run", Allowance(tokens=1000))]


async def _answer(journal, number=0, caps=(), amount=None):
    question = replace(QUESTION, track=number, clip=f"clip {number}")
    claim = await journal.store.claim(question, caps, amount or Amount(1, 100))
    assert claim.standing == "mine"
    await journal.store.done(claim, ANSWER)


def _problems(path):
    with sqlite3.connect(path) as connection:
        found = problems(connection)
    connection.close()
    return found


def _answers(path):
    connection = open_read_only(path)
    try:
        return {row[0] for row in connection.execute("SELECT track FROM question WHERE answer IS NOT NULL")}
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.db"


def test_a_new_journal_is_private_and_leaves_nothing_of_its_locks(path):
    with open_journal(path) as journal:
        assert journal.path == path
        assert path.stat().st_mode & 0o777 == 0o600
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert not list(path.parent.glob("*.owner-*"))
    assert _problems(path) == []


def test_every_commit_that_matters_is_synced_and_no_other(path):
    path.parent.mkdir()
    database, modes = Database(path), []
    database.start(lambda _: None, lambda connection: connection.execute("CREATE TABLE t (a)") and None)

    def note(connection):
        modes.append(connection.execute("PRAGMA synchronous").fetchone()[0])

    database.submit(note).result()
    database.submit(note, durable=False).result()
    database.submit(note).result()
    database.close()
    assert modes == [2, 1, 2]  # FULL, NORMAL, FULL


def test_work_that_fails_undoes_itself_alone(path):
    path.parent.mkdir()
    database = Database(path)
    database.start(
        lambda _: None, lambda connection: connection.execute("CREATE TABLE t (a UNIQUE)") and None
    )

    def insert(value):
        def work(connection):
            connection.execute("INSERT INTO t VALUES (?)", (value,))
            if value == 2:
                raise ValueError("no twos")
            connection.execute("INSERT INTO t VALUES (?)", (value + 100,))

        return work

    results = [database.submit(insert(value)) for value in (1, 2, 1, 3)]
    outcomes = [result.exception() for result in results]
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        ValueError,
        sqlite3.IntegrityError,
        type(None),
    ]
    rows = database.submit(lambda connection: connection.execute("SELECT a FROM t ORDER BY a").fetchall())
    assert rows.result() == [(1,), (3,), (101,), (103,)]
    database.close()
    with pytest.raises(RuntimeError):
        database.submit(insert(9))


def test_a_journal_in_memory_is_one_too():
    async def story():
        with open_journal(None) as journal:
            await _answer(journal)
            assert (await journal.store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


# --- K7: whatever lies there ---------------------------------------------------------------------------------


def _fill(path, count=3):
    async def story():
        with open_journal(path) as journal:
            for number in range(count):
                await _answer(journal, number)

    asyncio.run(story())


def _damage_header(path):
    path.write_bytes(b"not a database" * 1000)


def _damage_truncate(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _damage_schema(path):
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 500)


@pytest.mark.parametrize("damage", [_damage_header, _damage_truncate, _damage_schema])
def test_k7_a_damaged_journal_is_set_aside(path, damage):
    _fill(path)
    damage(path)
    broken = path.read_bytes()
    with open_journal(path, clock=FakeClock()) as journal:
        assert journal.set_aside == path.with_name("journal.damaged-20260318T120000.db")
        assert journal.set_aside.read_bytes() == broken
        assert asyncio.run(journal.store.get(QUESTION)) is None
    assert _problems(path) == []


def test_k7_damage_found_after_a_crash_is_set_aside(path):
    _fill(path)
    journal = open_journal(path)
    _kill(journal)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'question'").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096 + 8)
        file.write(b"\x00\x07" * 8)
    with open_journal(path) as journal:
        assert journal.set_aside is not None


def test_k7_a_damaged_journal_that_is_in_use_is_left_alone(path):
    journal = open_journal(path)
    journal._database.exclusively("PRAGMA wal_checkpoint(TRUNCATE)")
    _damage_header(path)
    with pytest.raises(AlreadyRunning, match="damaged"):
        open_journal(path)
    _kill(journal)


def test_k7_a_newer_journal_is_refused_and_left_alone(path):
    _fill(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=f"version {VERSION + 1}") as caught:
        open_journal(path)
    assert str(path) in caught.value.message
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir() if "owner" in entry.name] == []


def test_k7_another_program_s_database_is_refused_and_left_alone(path):
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        open_journal(path)
    assert path.read_bytes() == before


def test_k7_an_older_journal_is_brought_up_to_date(path, monkeypatch):
    _fill(path)
    later = (*MIGRATIONS, "CREATE TABLE note (text TEXT);\nALTER TABLE answer ADD COLUMN remark TEXT;\n")
    for module in ("schema",):
        target = f"media_captioner.schedule.journal.{module}"
        monkeypatch.setattr(f"{target}.MIGRATIONS", later)
        monkeypatch.setattr(f"{target}.VERSION", len(later))
    with open_journal(path) as journal:
        assert (asyncio.run(journal.store.get(replace(QUESTION, track=0)))).description == ANSWER
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    assert connection.execute("SELECT remark FROM answer").fetchall() == [(None,)] * 3
    connection.close()


def test_k7_a_migration_that_fails_changes_nothing(path, monkeypatch):
    _fill(path)
    later = (*MIGRATIONS, "CREATE TABLE note (text TEXT);\nALTER TABLE nothing ADD COLUMN remark TEXT;\n")
    monkeypatch.setattr("media_captioner.schedule.journal.schema.MIGRATIONS", later)
    monkeypatch.setattr("media_captioner.schedule.journal.schema.VERSION", len(later))
    with pytest.raises(OutputError, match="nothing"):
        open_journal(path)
    monkeypatch.undo()
    with open_journal(path):
        assert _answers(path) == {0, 1, 2}
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'note'").fetchone() == (0,)
    connection.close()


def test_k7_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match="file"):
        open_journal(tmp_path / "file" / "journal.db")


def test_a_network_disk_is_refused(path, monkeypatch):
    monkeypatch.setattr(opening_module, "is_over_a_network", lambda path: True)
    with pytest.raises(ConfigError, match="network disk"):
        open_journal(path)
    assert not path.exists()


# --- kills ---------------------------------------------------------------------------------------------------


def _kill(journal):
    """Take away what a killed process loses; its thread stays behind, idle."""
    journal._owners._lock.close()
    journal._owners._lock = None


def _snapshot(path, to):
    """Copy what a crash at this moment leaves on the disk."""
    to.mkdir()
    for suffix in ("", "-wal"):
        if path.with_name(path.name + suffix).exists():
            shutil.copy(path.with_name(path.name + suffix), to / (path.name + suffix))
    return to / path.name


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
        snapshot = _snapshot(self.path, self.folder / str(self.kills))
        _kill(self.journal)
        self.journal.close()
        self.path, self.claims = snapshot, {}
        self.journal = open_journal(snapshot)


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
    assert _problems(books.path) == []
    assert _answers(books.path) == books.answered
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
                await _answer(journal, number)
            return _snapshot(folder / "journal.db", folder / "copy")

    return asyncio.run(story())


@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_k5_a_log_that_was_cut_off_anywhere_holds_a_prefix_of_the_answers(tmp_path_factory, logged, share):
    path = _snapshot(logged, tmp_path_factory.mktemp("cut") / "copy")
    log = path.with_name(path.name + "-wal")
    with log.open("r+b") as file:
        file.truncate(round(log.stat().st_size * share))
    with open_journal(path) as journal:
        assert journal.set_aside is None
        found = _answers(path)
    assert found == set(range(len(found)))
    assert len(found) == 8 or share < 1
    assert _problems(path) == []


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
    assert _problems(path) == []
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM answer").fetchone() == (100,)
    assert connection.execute("SELECT count(*) FROM owner").fetchone() == (0,)
    connection.close()


# --- upkeep --------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_found(path):
    _fill(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("INSERT INTO answer (description, answered) VALUES ('{}', '')")
    connection.execute("UPDATE question SET owner = 99 WHERE track = 1")
    connection.execute("UPDATE attempt SET outcome = 'asked' WHERE id = 1")
    connection.execute("INSERT INTO purse VALUES ('run:9', 5, 0, '0')")
    connection.close()
    assert len(_problems(path)) == 4


def test_an_export_holds_every_row_once(path):
    _fill(path)
    connection = open_read_only(path)
    rows = list(export(connection))
    connection.close()
    tables = [row["table"] for row in rows]
    assert (tables.count("question"), tables.count("answer"), tables.count("attempt")) == (3, 3, 3)
    assert all(row["description"] for row in rows if row["table"] == "answer")


def test_vacuum_makes_a_journal_small(path):
    _fill(path, 60)

    async def forget():
        with open_journal(path) as journal:
            await journal.store.forget("mc1:a")

    asyncio.run(forget())
    assert vacuum(path) > 0
    assert _problems(path) == []


def test_answers_from_elsewhere_are_taken_in_and_nothing_is_overwritten(path):
    other = replace(ANSWER, prose="From a sidecar.")
    questions = [replace(QUESTION, track=number, clip=f"clip {number}") for number in range(5)]

    async def story():
        with open_journal(path) as journal:
            await _answer(journal, 0)
            await journal.store.refuse(questions[1], "no")
            assert await journal.restore([(question, other) for question in questions]) == 4
            assert (await journal.store.get(questions[0])).description == ANSWER
            assert (await journal.store.get(questions[1])).description == other
            assert await journal.restore([(question, other) for question in questions]) == 0

    asyncio.run(story())
    assert _problems(path) == []


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
    assert _problems(path) == []


def test_k1_a_file_at_which_the_program_dies_without_getting_anywhere_counts_as_failing(path):
    source = Path("/films/a.mp4")

    async def story():
        for died in range(3):
            journal = open_journal(path)
            before = await journal.register.begin(source)
            assert before.failures == died
            assert before.state == (None if died == 0 else "interrupted")
            await journal.register.identify(source, "mc1:a")
            _kill(journal)
        journal = open_journal(path)
        assert (await journal.register.begin(source)).failures == 3
        # Once it gets somewhere, a kill is nobody's fault but the machine's.
        await journal.register.identify(source, "mc1:a")
        await _answer(journal)
        _kill(journal)
        with open_journal(path) as journal:
            assert (await journal.register.begin(source)).failures == 3
            await journal.register.interrupt(source)

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
