"""The journal's file: opened whatever lies there, and what its transactions are."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from media_captioner.errors import AlreadyRunning, ConfigError, JournalMissing, OutputError, OutputNotWritable
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.journal import opening as opening_module
from media_captioner.schedule.journal.database import Database
from media_captioner.schedule.journal.reports import overview, reading
from media_captioner.schedule.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION
from media_captioner.testing.clock import FakeClock
from tests.unit.schedule.journals import (
    ANSWER,
    QUESTION,
    answer,
    answers_of,
    fill,
    kill,
    path,
    problems_of,
)

__all__ = ["path"]  # a fixture


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
    assert problems_of(path) == []


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
            await answer(journal)
            assert (await journal.store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


# --- K7: whatever lies there ---------------------------------------------------------------------------------


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
    fill(path)
    damage(path)
    broken = path.read_bytes()
    with open_journal(path, clock=FakeClock()) as journal:
        assert journal.set_aside == path.with_name("journal.damaged-20260318T120000.db")
        assert journal.set_aside.read_bytes() == broken
        assert asyncio.run(journal.store.get(QUESTION)) is None
    assert problems_of(path) == []


@pytest.mark.parametrize("name", ["film.mov", "notes", "journal.sqlite"])
def test_k7_a_file_that_is_no_journal_is_not_taken_for_a_damaged_one(path, name):
    path.parent.mkdir()
    file = path.with_name(name)
    file.write_bytes(b"ftypqt  somebody's film" * 100)
    with pytest.raises(ConfigError, match="it is not a database"):
        open_journal(file)
    with pytest.raises(ConfigError, match="it is not a database"), reading(file):
        pass
    assert [each.name for each in file.parent.iterdir()] == [name]
    assert file.read_bytes() == b"ftypqt  somebody's film" * 100


def test_k7_a_folder_and_an_empty_file_are_no_journals_to_read(path):
    path.parent.mkdir()
    with pytest.raises(ConfigError, match="it is a folder"):
        open_journal(path.parent)
    with pytest.raises(ConfigError, match="it is a folder"), reading(path.parent):
        pass
    path.touch()
    with pytest.raises(JournalMissing, match="the file is empty"), reading(path):
        pass
    open_journal(path).close()
    with reading(path) as connection:
        assert overview(connection, "2026-03-18").assets == {}


def test_k7_damage_found_after_a_crash_is_set_aside(path):
    fill(path)
    journal = open_journal(path)
    kill(journal)
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
    kill(journal)


def test_k7_a_newer_journal_is_refused_and_left_alone(path):
    fill(path)
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
    fill(path)
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
    fill(path)
    later = (*MIGRATIONS, "CREATE TABLE note (text TEXT);\nALTER TABLE nothing ADD COLUMN remark TEXT;\n")
    monkeypatch.setattr("media_captioner.schedule.journal.schema.MIGRATIONS", later)
    monkeypatch.setattr("media_captioner.schedule.journal.schema.VERSION", len(later))
    with pytest.raises(OutputError, match="nothing"):
        open_journal(path)
    monkeypatch.undo()
    with open_journal(path):
        assert answers_of(path) == {0, 1, 2}
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
