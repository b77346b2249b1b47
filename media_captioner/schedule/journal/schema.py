"""The journal's tables, and how an older journal becomes a newer one."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import Final

from media_captioner.errors import ConfigError

APPLICATION_ID: Final = 0x4D434A31
"""Written into the file's header (bytes 68 to 71); ``file`` and the like can tell a journal by it."""

_MAGIC: Final = b"SQLite format 3\0"  # how every database of SQLite begins

_FIRST: Final = """
-- A process that has the journal open. Whether it lives is told by a lock on a file named after its id.
CREATE TABLE owner (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, doing TEXT NOT NULL, began TEXT NOT NULL
);

-- Answers stand apart from questions: the same sound in two places has two questions and one answer.
CREATE TABLE answer (id INTEGER PRIMARY KEY, description TEXT NOT NULL, answered TEXT NOT NULL);

CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    clip TEXT,
    content TEXT NOT NULL,
    track INTEGER NOT NULL,
    begins INTEGER NOT NULL,    -- microseconds
    ends INTEGER NOT NULL,
    encoding TEXT NOT NULL,
    captioner TEXT NOT NULL,
    sample INTEGER NOT NULL,
    answer INTEGER REFERENCES answer (id),
    adopted INTEGER NOT NULL DEFAULT 0,   -- the same sound elsewhere was asked about, not this
    refusal TEXT,
    halve INTEGER NOT NULL DEFAULT 0,
    owner INTEGER,              -- who asks at this moment
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX question_clip ON question (clip, captioner, sample);
CREATE INDEX question_content ON question (content, track);
CREATE INDEX question_owner ON question (owner) WHERE owner IS NOT NULL;
CREATE INDEX question_answer ON question (answer) WHERE answer IS NOT NULL;

-- Every time of asking. What it took is first what was reserved, then what it was.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    question INTEGER REFERENCES question (id) ON DELETE SET NULL,
    content TEXT NOT NULL,
    captioner TEXT NOT NULL,
    owner INTEGER NOT NULL,
    asked TEXT NOT NULL,
    ended TEXT,
    outcome TEXT NOT NULL DEFAULT 'asked',  -- asked, answered, failed, unsent, unknown
    detail TEXT,
    request TEXT,               -- the service's id of the request
    purses TEXT NOT NULL,
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    dollars TEXT NOT NULL       -- exact: a fraction
);
CREATE INDEX attempt_question ON attempt (question);
CREATE INDEX attempt_asked ON attempt (asked);
CREATE INDEX attempt_open ON attempt (owner) WHERE outcome = 'asked';

CREATE TABLE purse (
    name TEXT PRIMARY KEY, requests INTEGER NOT NULL, tokens INTEGER NOT NULL, dollars TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE pace (
    account TEXT PRIMARY KEY, state TEXT NOT NULL, boot TEXT NOT NULL, monotonic REAL NOT NULL, kept REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE asset (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    content TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    until TEXT,
    error TEXT,                 -- class of the error
    failures INTEGER NOT NULL DEFAULT 0,  -- in a row, of the kind that asks for quarantine
    owner INTEGER,              -- who works on it at this moment
    changed TEXT NOT NULL
);
CREATE INDEX asset_state ON asset (state);
CREATE INDEX asset_content ON asset (content);
CREATE INDEX asset_owner ON asset (owner) WHERE owner IS NOT NULL;

CREATE TABLE event (
    id INTEGER PRIMARY KEY, asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    at TEXT NOT NULL, state TEXT NOT NULL, reason TEXT
);
CREATE INDEX event_asset ON event (asset);

CREATE TABLE part (
    asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    track INTEGER NOT NULL, number INTEGER NOT NULL, begins INTEGER NOT NULL, ends INTEGER NOT NULL,
    state TEXT NOT NULL,        -- described, silent, gap
    reason TEXT,
    PRIMARY KEY (asset, track, number)
) WITHOUT ROWID;

CREATE TABLE output (
    asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    track INTEGER NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, written TEXT NOT NULL,
    PRIMARY KEY (asset, path)
) WITHOUT ROWID;
"""

_SECOND: Final = """
-- Whether the program died at it and something else at once: it is next worked on alone.
ALTER TABLE asset ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
"""

_THIRD: Final = """
-- What attempts took, added up: millions of them would have to be read for every look at the costs. Dollars are exact:
-- for each denominator the sum of the numerators. Triggers keep it, so that a program of an older version, which had
-- the journal open when the table was made, is counted too.
CREATE TABLE tally (
    day TEXT NOT NULL, captioner TEXT NOT NULL, owner INTEGER NOT NULL, denominator INTEGER NOT NULL,
    attempts INTEGER NOT NULL, requests INTEGER NOT NULL, tokens INTEGER NOT NULL, numerator INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    PRIMARY KEY (day, captioner, owner, denominator)
) WITHOUT ROWID;
CREATE VIEW counted AS SELECT id, substr(asked, 1, 10) AS day, captioner, owner,
    CAST(substr(dollars, instr(dollars || '/', '/') + 1) AS INTEGER) AS denominator, requests, tokens,
    CAST(dollars AS INTEGER) AS numerator, outcome IN ('unknown', 'asked') AS unknown
    FROM attempt WHERE outcome <> 'unsent';
INSERT INTO tally SELECT day, captioner, owner, denominator, count(*), sum(requests), sum(tokens), sum(numerator),
    sum(unknown) FROM counted GROUP BY day, captioner, owner, denominator;
CREATE TRIGGER attempt_comes AFTER INSERT ON attempt BEGIN
    INSERT INTO tally SELECT day, captioner, owner, denominator, 1, requests, tokens, numerator, unknown
    FROM counted WHERE id = NEW.id
    ON CONFLICT DO UPDATE SET attempts = attempts + 1, requests = requests + excluded.requests,
    tokens = tokens + excluded.tokens, numerator = numerator + excluded.numerator, unknown = unknown + excluded.unknown;
END;
CREATE TRIGGER attempt_changes BEFORE UPDATE OF outcome, requests, tokens, dollars ON attempt BEGIN
    INSERT INTO tally SELECT day, captioner, owner, denominator, -1, -requests, -tokens, -numerator, -unknown
    FROM counted WHERE id = OLD.id
    ON CONFLICT DO UPDATE SET attempts = attempts - 1, requests = requests + excluded.requests,
    tokens = tokens + excluded.tokens, numerator = numerator + excluded.numerator, unknown = unknown + excluded.unknown;
END;
CREATE TRIGGER attempt_changed AFTER UPDATE OF outcome, requests, tokens, dollars ON attempt BEGIN
    INSERT INTO tally SELECT day, captioner, owner, denominator, 1, requests, tokens, numerator, unknown
    FROM counted WHERE id = NEW.id
    ON CONFLICT DO UPDATE SET attempts = attempts + 1, requests = requests + excluded.requests,
    tokens = tokens + excluded.tokens, numerator = numerator + excluded.numerator, unknown = unknown + excluded.unknown;
END;
"""

MIGRATIONS: Final = (_FIRST, _SECOND, _THIRD)
"""Statement ``n`` makes version ``n + 1`` of version ``n``. What has been released is never changed."""

VERSION: Final = len(MIGRATIONS)
"""The version this program writes."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of an open journal; 0 for a new file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def refuse_foreign(path: Path) -> None:
    """Make sure, before it is touched, that a file can be a journal: nobody's film is taken for a damaged one.

    One that ends in ``.db``, as ours do, may be damaged to its first byte; any other begins as databases do.

    Raises:
        ConfigError: it is something else.

    """
    try:
        mode = path.stat().st_mode
        head = b""
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                head = file.read(len(_MAGIC))
    except OSError:
        return  # it is not there, or what is wrong is said when it is opened
    if stat.S_ISDIR(mode):
        why = "it is a folder"
    elif not stat.S_ISREG(mode):
        why = "it is no ordinary file"
    elif head and head != _MAGIC and path.suffix != ".db":
        why = "it is not a database"
    else:
        return
    raise ConfigError(f"Cannot use {path} as a journal: {why}", hint="Name another file with --journal.")


def check_version(connection: sqlite3.Connection, path: Path | None) -> None:
    """Make sure that an open file is a journal that this program can use, or empty.

    Raises:
        ConfigError: a newer program wrote it, or the file is somebody else's database.

    """
    version = version_of(connection)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (tables or application):
        raise ConfigError(
            f"{path} is a database of another program, not a journal",
            hint="Name another file with --journal.",
        )
    if version > VERSION:
        raise ConfigError(
            f"The journal {path} has version {version}, and this program knows versions up to {VERSION}",
            hint="Use the newer program that wrote it, or name another file with --journal.",
        )


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring an open journal from ``version`` to :data:`VERSION`, inside the caller's transaction."""
    for script in MIGRATIONS[version:]:
        for statement in _statements(script):
            connection.execute(statement)
    if version < VERSION:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> list[str]:
    # executescript() would commit first, and a migration has to be undone as a whole.
    found, statement = [], ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found
