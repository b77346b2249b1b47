"""Records outlast the process, damage is set aside, and a newer program's are left alone."""

import sqlite3
import threading

import pytest

from media_captioner.errors import ConfigError, OutputError
from media_captioner.system.records import Records

SCHEMA = "CREATE TABLE IF NOT EXISTS thing (name TEXT PRIMARY KEY)"


def _add(records, name):
    with records.transaction() as connection:
        connection.execute("INSERT INTO thing VALUES (?)", (name,))


def _names(records):
    with records.transaction() as connection:
        return [name for (name,) in connection.execute("SELECT name FROM thing ORDER BY name")]


def test_what_was_written_is_there_again(tmp_path):
    path = tmp_path / "state" / "things.db"
    for name in ("a", "b"):
        records = Records(path, SCHEMA)
        _add(records, name)
        records.close()
    assert _names(Records(path, SCHEMA)) == ["a", "b"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    records = Records(tmp_path / "things.db", SCHEMA)
    with pytest.raises(RuntimeError), records.transaction() as connection:
        connection.execute("INSERT INTO thing VALUES ('a')")
        raise RuntimeError
    with pytest.raises(OutputError), records.transaction() as connection:
        connection.execute("INSERT INTO nothing VALUES ('a')")
    _add(records, "b")
    assert _names(records) == ["b"]


@pytest.mark.parametrize("damage", [b"not a database at all" * 400, None])
def test_damage_is_set_aside(tmp_path, damage):
    path = tmp_path / "things.db"
    records = Records(path, SCHEMA)
    for number in range(3000):
        _add(records, f"{number:0200}") if number % 1000 == 0 else None
    records.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    path.write_bytes(damage or bytes(data))
    again = Records(path, SCHEMA)
    _add(again, "a")
    assert _names(again) == ["a"]
    assert path.with_name("things.db.damaged").exists()


def test_a_newer_file_is_left_alone(tmp_path):
    path = tmp_path / "things.db"
    Records(path, SCHEMA, version=2).close()
    with pytest.raises(ConfigError, match="newer"):
        Records(path, SCHEMA, version=1)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_threads_take_turns(tmp_path):
    records = Records(tmp_path / "things.db", SCHEMA, durable=False)
    threads = [threading.Thread(target=_add, args=(records, str(number))) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_names(records)) == 20
