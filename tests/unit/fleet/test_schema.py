"""Versions: what is older is brought up to date when nobody uses it, what is newer is left alone."""

import asyncio

import psycopg
import pytest

from media_captioner.errors import ConfigError, OutputError
from media_captioner.fleet import schema
from media_captioner.fleet.journal import initialise, open_journal, reading
from media_captioner.fleet.owners import Card
from media_captioner.system.secrets import Secret
from tests import postgres

CARD = Card("here/1", "testing")
SECOND = "ALTER TABLE asset ADD COLUMN note TEXT NOT NULL DEFAULT 'kept';"


def _do(dsn, *statements):
    with psycopg.connect(
        dsn.reveal(), autocommit=True, options="-c search_path=media_captioner"
    ) as connection:
        for statement in statements:
            connection.execute(statement)


def _one(dsn, sql):
    with psycopg.connect(dsn.reveal(), options="-c search_path=media_captioner") as connection:
        return connection.execute(sql).fetchone()[0]


@pytest.fixture
def empty():
    try:
        with postgres.database() as dsn:
            yield dsn
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))


def test_an_empty_database_is_no_fleet_until_it_is_made_one(empty):
    with pytest.raises(ConfigError, match="holds no fleet yet") as caught:
        open_journal(empty, CARD)
    assert "fleet init" in caught.value.hint
    assert initialise(empty) == (0, schema.VERSION)
    assert initialise(empty) == (schema.VERSION, schema.VERSION)
    open_journal(empty, CARD).close()


def test_a_filled_database_is_brought_up_to_date_and_keeps_what_it_holds(dsn, monkeypatch):
    _do(dsn, "INSERT INTO asset (source, state, changed) VALUES ('/a', 'done', '')")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, SECOND))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    now = schema.VERSION
    with pytest.raises(
        ConfigError, match=f"have version {now - 1}, and this program works with version {now}"
    ):
        open_journal(dsn, CARD)
    assert initialise(dsn) == (now - 1, now)
    assert _one(dsn, "SELECT note FROM asset WHERE source = '/a'") == "kept"


def test_tables_are_not_changed_under_the_hands_of_older_programs(dsn, monkeypatch):
    with open_journal(dsn, Card("tape-room/7", "captioning", works=True)):
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, SECOND))
        monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
        with pytest.raises(ConfigError, match="tape-room/7"):
            initialise(dsn)
        monkeypatch.undo()


def test_an_older_program_is_refused_at_its_start_and_at_its_next_write(dsn):
    journal = open_journal(dsn, CARD)
    _do(dsn, "UPDATE fleet SET version = 99")
    with pytest.raises(ConfigError, match="version 99"):
        asyncio.run(journal.store.forget("mc1:abc"))
    with pytest.raises(ConfigError, match="version 99"):
        asyncio.run(journal.paces.change("account", lambda pace, now: (pace, now)))
    with pytest.raises(ConfigError, match="version 99"):
        open_journal(dsn, CARD)
    with pytest.raises(ConfigError, match="version 99"):
        initialise(dsn)
    _do(dsn, f"UPDATE fleet SET version = {schema.VERSION}")  # noqa: S608 - ours
    journal.close()


def test_reading_changes_nothing_and_refuses_tables_of_another_version(dsn):
    with pytest.raises(OutputError, match="read-only transaction"), reading(dsn) as connection:
        connection.execute("UPDATE fleet SET version = 99")
    _do(dsn, "UPDATE fleet SET version = 99")
    with pytest.raises(ConfigError, match="version 99"), reading(dsn):
        pass


def test_another_version_of_the_queue_is_refused(dsn):
    _do(dsn, "UPDATE fleet SET engine = '99.00.00_01_later'")
    with pytest.raises(ConfigError, match="of a newer procrastinate"):
        open_journal(dsn, CARD)
    _do(dsn, "UPDATE fleet SET engine = '02.00.00_01_earlier'")
    with pytest.raises(ConfigError, match="of an older procrastinate"):
        open_journal(dsn, CARD)


def test_a_database_that_is_not_there_or_no_address_is_said(empty):
    for address in (empty.reveal() + "_gone", "postgresql://nobody@127.0.0.1:9/none"):
        with pytest.raises(
            ConfigError, match="Cannot reach the fleet's database: connection to .* failed: [^?]*$"
        ):
            open_journal(Secret(address), CARD)
    with pytest.raises(ConfigError, match="no Postgres DSN"):
        open_journal(Secret("not an address"), CARD)
