"""The fleet's tables in Postgres, and how those of an older version become those of a newer one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from procrastinate.schema import SchemaManager

from media_captioner.errors import ConfigError

SCHEMA: Final = "media_captioner"
"""The schema that holds everything of ours, the engine's tables included, so that one ``DROP SCHEMA`` removes it."""

_FIRST: Final = """
-- What holds for the whole fleet: one row.
CREATE TABLE fleet (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version INTEGER NOT NULL,
    engine TEXT NOT NULL,                -- the queue's last migration
    silence DOUBLE PRECISION NOT NULL    -- seconds after which a worker that says nothing is taken for dead
);

-- A process that works with the database. It lives as long as its beat is recent, by the database's clock.
CREATE TABLE owner (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL,
    doing TEXT NOT NULL,
    program TEXT NOT NULL,
    began TEXT NOT NULL,
    beat TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    works BOOLEAN NOT NULL DEFAULT FALSE,
    tags TEXT[] NOT NULL DEFAULT '{}',
    per_minute DOUBLE PRECISION,         -- requests that its service allows
    ended INTEGER NOT NULL DEFAULT 0,    -- assets
    leaving BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE answer (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, description TEXT NOT NULL, answered TEXT NOT NULL
);

CREATE TABLE question (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    clip TEXT,
    content TEXT NOT NULL,
    track INTEGER NOT NULL,
    begins BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    encoding TEXT NOT NULL,
    captioner TEXT NOT NULL,
    sample INTEGER NOT NULL,
    answer BIGINT REFERENCES answer (id),
    adopted INTEGER NOT NULL DEFAULT 0,
    refusal TEXT,
    halve INTEGER NOT NULL DEFAULT 0,
    owner BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX question_clip ON question (clip, captioner, sample);
CREATE INDEX question_content ON question (content, track);
CREATE INDEX question_owner ON question (owner) WHERE owner IS NOT NULL;
CREATE INDEX question_answer ON question (answer) WHERE answer IS NOT NULL;

CREATE TABLE attempt (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    question BIGINT REFERENCES question (id) ON DELETE SET NULL,
    content TEXT NOT NULL,
    captioner TEXT NOT NULL,
    owner BIGINT NOT NULL,
    asked TEXT NOT NULL,
    ended TEXT,
    outcome TEXT NOT NULL DEFAULT 'asked',
    detail TEXT,
    request TEXT,
    purses TEXT NOT NULL,
    requests BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    dollars TEXT NOT NULL
);
CREATE INDEX attempt_question ON attempt (question);
CREATE INDEX attempt_asked ON attempt (asked);
CREATE INDEX attempt_open ON attempt (owner) WHERE outcome = 'asked';

-- What was taken, day by day: adding ten million attempts up for every look at the status would take minutes.
CREATE TABLE spent (
    day TEXT PRIMARY KEY, requests NUMERIC NOT NULL, tokens NUMERIC NOT NULL, dollars NUMERIC NOT NULL,
    answers BIGINT NOT NULL
);
CREATE FUNCTION in_dollars(amount TEXT) RETURNS NUMERIC LANGUAGE sql IMMUTABLE AS $$
    SELECT split_part(amount, '/', 1)::numeric / greatest(1, ('0' || split_part(amount, '/', 2))::numeric)
$$;
CREATE FUNCTION add_up() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    -- 1 where the row counts, 0 where nothing left the machine
    now_counts INTEGER := (NEW.outcome <> 'unsent')::integer;
    then_counted INTEGER := 0;
    then_answered INTEGER := 0;
    before attempt := NEW;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := OLD;
        then_counted := (OLD.outcome <> 'unsent')::integer;
        then_answered := (OLD.outcome = 'answered')::integer;
    END IF;
    INSERT INTO spent VALUES (
        left(NEW.asked, 10),
        now_counts * NEW.requests - then_counted * before.requests,
        now_counts * NEW.tokens - then_counted * before.tokens,
        now_counts * in_dollars(NEW.dollars) - then_counted * in_dollars(before.dollars),
        (NEW.outcome = 'answered')::integer - then_answered
    ) ON CONFLICT (day) DO UPDATE SET requests = spent.requests + excluded.requests,
        tokens = spent.tokens + excluded.tokens, dollars = spent.dollars + excluded.dollars,
        answers = spent.answers + excluded.answers;
    RETURN NULL;
END
$$;
CREATE TRIGGER attempt_adds_up AFTER INSERT OR UPDATE ON attempt FOR EACH ROW EXECUTE FUNCTION add_up();

CREATE TABLE purse (
    name TEXT PRIMARY KEY, requests BIGINT NOT NULL, tokens BIGINT NOT NULL, dollars TEXT NOT NULL
);

CREATE TABLE pace (account TEXT PRIMARY KEY, state TEXT NOT NULL, kept DOUBLE PRECISION NOT NULL);

CREATE TABLE asset (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL GENERATED ALWAYS AS (md5(source)) STORED,  -- what the queue locks it by
    content TEXT,
    state TEXT NOT NULL,                 -- as in a journal; besides: queued, cancelled
    reason TEXT,
    until TEXT,
    error TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    owner BIGINT,
    changed TEXT NOT NULL,
    root TEXT NOT NULL DEFAULT '',
    tag TEXT NOT NULL DEFAULT 'any',
    priority INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX asset_state ON asset (state);
CREATE INDEX asset_content ON asset (content);
CREATE INDEX asset_owner ON asset (owner) WHERE owner IS NOT NULL;
CREATE INDEX asset_todo ON asset (tag, priority DESC, id) WHERE state IN ('queued', 'interrupted', 'waiting');

CREATE TABLE event (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset BIGINT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    at TEXT NOT NULL, state TEXT NOT NULL, reason TEXT
);
CREATE INDEX event_asset ON event (asset);
CREATE INDEX event_at ON event (at);

CREATE TABLE part (
    asset BIGINT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    track INTEGER NOT NULL, number INTEGER NOT NULL, begins BIGINT NOT NULL, ends BIGINT NOT NULL,
    state TEXT NOT NULL, reason TEXT,
    PRIMARY KEY (asset, track, number)
);

CREATE TABLE output (
    asset BIGINT NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    track INTEGER NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, written TEXT NOT NULL,
    PRIMARY KEY (asset, path)
);
"""

_SECOND: Final = """
-- Whether the program died at it and something else at once: it is next worked on alone.
ALTER TABLE asset ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
"""

_THIRD: Final = """
-- What attempts took, added up, as in a journal: dollars are exact, numerators by denominator.
CREATE TABLE tally (
    day TEXT, captioner TEXT, owner BIGINT, denominator NUMERIC, attempts BIGINT NOT NULL, requests NUMERIC NOT NULL,
    tokens NUMERIC NOT NULL, numerator NUMERIC NOT NULL, unknown BIGINT NOT NULL,
    PRIMARY KEY (day, captioner, owner, denominator)
);
CREATE FUNCTION tally_up(one attempt, sign INTEGER) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO tally SELECT left(one.asked, 10), one.captioner, one.owner,
        ('0' || split_part(one.dollars, '/', 2))::numeric, sign, sign * one.requests, sign * one.tokens,
        sign * split_part(one.dollars, '/', 1)::numeric, sign * (one.outcome IN ('unknown', 'asked'))::integer
    WHERE one.outcome <> 'unsent'
    ON CONFLICT (day, captioner, owner, denominator) DO UPDATE SET attempts = tally.attempts + excluded.attempts,
        requests = tally.requests + excluded.requests, tokens = tally.tokens + excluded.tokens,
        numerator = tally.numerator + excluded.numerator, unknown = tally.unknown + excluded.unknown
$$;
INSERT INTO tally SELECT left(asked, 10), captioner, owner, ('0' || split_part(dollars, '/', 2))::numeric, count(*),
    sum(requests), sum(tokens), sum(split_part(dollars, '/', 1)::numeric),
    sum((outcome IN ('unknown', 'asked'))::integer)
FROM attempt WHERE outcome <> 'unsent' GROUP BY 1, 2, 3, 4;
CREATE FUNCTION keep_tally() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM tally_up(OLD, -1);
    END IF;
    PERFORM tally_up(NEW, 1);
    RETURN NULL;
END
$$;
CREATE TRIGGER attempt_is_tallied AFTER INSERT OR UPDATE OF outcome, requests, tokens, dollars ON attempt
    FOR EACH ROW EXECUTE FUNCTION keep_tally();
"""

MIGRATIONS: Final = (_FIRST, _SECOND, _THIRD)
"""Script ``n`` makes version ``n + 1`` of version ``n``. What has been released is never changed."""

VERSION: Final = len(MIGRATIONS)
"""The version this program works with."""


def version_of(connection: Any) -> int:
    """Return the version of the fleet's tables in a database; 0 where there are none."""
    if connection.execute("SELECT to_regclass('fleet')").fetchone()[0] is None:
        return 0
    return int(connection.execute("SELECT version FROM fleet").fetchone()[0])


def check_version(version: int) -> None:
    """Make sure that this program can work with tables of ``version``.

    Raises:
        ConfigError: there are none, or they are older or newer than this program.

    """
    if version == 0:
        raise ConfigError(
            "The database holds no fleet yet", hint="Make its tables once: media-captioner fleet init."
        )
    if version < VERSION:
        raise ConfigError(
            f"The fleet's tables have version {version}, and this program works with version {VERSION}",
            hint="When no older worker runs any more: media-captioner fleet init brings them up to date.",
        )
    if version > VERSION:
        raise ConfigError(
            f"The fleet's tables have version {version}, and this program knows versions up to {VERSION}",
            hint="Install the newer program on this machine too; nothing was changed.",
        )


def engine_migrations() -> list[Path]:
    """Return the queue's own migrations that this installation ships, the oldest first."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def check_engine(engine: str) -> None:
    """Make sure that the queue's tables are those of the installed engine.

    Raises:
        ConfigError: they are not.

    """
    shipped = engine_migrations()[-1].stem
    if engine != shipped:
        other = "older" if engine < shipped else "newer"
        raise ConfigError(
            f"The queue's tables are of an {other} procrastinate ({engine}) than the installed one ({shipped})".replace(
                "an newer", "a newer"
            ),
            hint="Install the same version on every machine, then: media-captioner fleet init.",
        )


def migrate(connection: Any, *, silence: float) -> tuple[int, int]:
    """Bring the tables up to date inside the caller's transaction; return the version before and after.

    Args:
        connection: Of the database; its search path begins with :data:`SCHEMA`.
        silence: Seconds after which a worker that says nothing is taken for dead.

    Raises:
        ConfigError: a newer program made the tables, or older workers are at work with them.

    """
    before = version_of(connection)
    if before > VERSION:
        check_version(before)
    shipped = engine_migrations()
    if before == 0:
        connection.execute(SchemaManager.get_schema())
        for script in MIGRATIONS:
            connection.execute(script)
        connection.execute(
            "INSERT INTO fleet (version, engine, silence) VALUES (%s, %s, %s)",
            (VERSION, shipped[-1].stem, silence),
        )
        return before, VERSION
    (engine,) = connection.execute("SELECT engine FROM fleet").fetchone()
    newer = [script for script in shipped if script.stem > engine]
    if before < VERSION or newer:
        _refuse_while_at_work(connection)
    for script in MIGRATIONS[before:]:
        connection.execute(script)
    for path in newer:
        connection.execute(path.read_text("utf-8"))
    connection.execute(
        "UPDATE fleet SET version = %s, engine = greatest(engine, %s), silence = %s",
        (VERSION, shipped[-1].stem, silence),
    )
    return before, VERSION


def _refuse_while_at_work(connection: Any) -> None:
    names = connection.execute(
        "SELECT name FROM owner WHERE beat > clock_timestamp() - make_interval(secs => (SELECT silence FROM fleet))"
    ).fetchall()
    if names:
        raise ConfigError(
            f"The tables cannot be changed while older programs work with them: {', '.join(name for (name,) in names)}",
            hint="Let them finish with media-captioner fleet drain, then try again.",
        )
