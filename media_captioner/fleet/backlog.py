"""The assets of an archive: put down once, given to the queue bit by bit.

The register holds every asset and how it stands; it is the truth. The queue holds the next few that are to be done,
so it stays quick however long the list is, and may lose anything: whatever is to be done and is not in the queue
comes back into it at the next look that any worker takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from media_captioner.fleet.dispatch import ANY, TASK
from media_captioner.fleet.journal import PostgresJournal
from media_captioner.schedule.journal.owners import stamp
from media_captioner.schedule.journal.tables import Connection
from media_captioner.system.clock import Clock
from media_captioner.system.secrets import redact

QUEUED: Final = 1000
"""Assets of a tag that lie in the queue at most. Looking for the next one takes longer the more there are."""

_TOGETHER: Final = 5000  # assets put down in one transaction
_PATIENCE: Final = 60  # seconds until an asset that waits for nobody knows how long is tried again

_TODO: Final = "state IN ('queued', 'interrupted', 'waiting')"

_ADD: Final = """
INSERT INTO asset (source, state, changed, root, tag, priority)
SELECT source, 'queued', :now, :root, :tag, :priority FROM unnest(:sources::text[]) AS source
ON CONFLICT (source) DO UPDATE SET state = 'queued', reason = NULL, until = NULL, error = NULL,
    changed = excluded.changed, root = excluded.root, tag = excluded.tag, priority = excluded.priority
WHERE asset.owner IS NULL AND asset.state <> 'quarantined'
"""

_REFILL: Final = f"""
WITH room AS (
    SELECT greatest(0, :most - count(*)) AS places FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :tag
), next AS (
    SELECT id, source, key, priority FROM asset
    WHERE tag = :tag AND {_TODO} AND owner IS NULL AND (until IS NULL OR until <= :now)
    AND (state <> 'waiting' OR until IS NOT NULL OR changed <= :patient)
    AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = key)
    AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND lock = key)
    ORDER BY priority DESC, id LIMIT (SELECT places FROM room)
)
SELECT coalesce(cardinality(procrastinate_defer_jobs_v1(array_agg(
    ROW(:tag, '{TASK}', priority, key, key, jsonb_build_object('asset', source), NULL)::procrastinate_job_to_defer_v1
    ORDER BY priority DESC, id
))), 0) FROM next
"""  # noqa: S608 - texts of ours


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is to be done.

    Attributes:
        journal: The fleet's.
        clock: Where the time of day comes from.
        most: Assets of a tag that lie in the queue at most.

    """

    journal: PostgresJournal
    clock: Clock
    most: int = QUEUED

    async def add(self, sources: Iterable[str], *, root: str = "", tag: str = ANY, priority: int = 0) -> int:
        """Put assets down to be done; return how many were taken.

        One that is at work or in quarantine stays as it is; one that was done is looked at again.

        Args:
            sources: Their names; they are read as they come, so there may be any number.
            root: What they are counted under.
            tag: Which workers may take them.
            priority: Higher ones go first.

        """
        taken = 0
        for some in _in_parts(sources):
            values = {
                "sources": some,
                "now": stamp(self.clock.now()),
                "root": root,
                "tag": tag,
                "priority": priority,
            }
            taken += await self.journal.tables.write(partial(_add, values))
        await self.refill([tag])
        return taken

    async def refill(self, tags: Iterable[str]) -> int:
        """Give the queue what comes next, as far as it has room; return how many assets it got."""
        now = self.clock.now()
        values = {"most": self.most, "now": stamp(now), "patient": stamp(now - timedelta(seconds=_PATIENCE))}

        def work(connection: Connection) -> int:
            return sum(
                connection.execute(_REFILL, {**values, "tag": tag}).fetchone()[0]
                for tag in dict.fromkeys(tags)
            )

        return await self.journal.tables.write(work, durable=False)

    async def tidy(self) -> int:
        """Settle what processes left behind that fell silent; return how many there were."""
        owners, now = self.journal.owners, self.clock.now()
        return len(
            await self.journal.tables.write(lambda connection: owners.bury(connection, now), durable=False)
        )

    async def left(self) -> bool:
        """Return whether any asset is still to be done, or being done; of a million it looks at one."""

        def work(connection: Connection) -> bool:
            sql = (
                f"SELECT EXISTS (SELECT FROM asset WHERE {_TODO})"  # noqa: S608 - texts of ours
                " OR EXISTS (SELECT FROM asset WHERE owner IS NOT NULL)"
            )
            return bool(connection.execute(sql).fetchone()[0])

        return await self.journal.tables.read(work)

    async def standing(self, source: str) -> tuple[str, str | None]:
        """Return the state of an asset, and why; ``cancelled`` for one that nobody knows any more."""

        def work(connection: Connection) -> tuple[str, str | None]:
            row = connection.execute("SELECT state, reason FROM asset WHERE source = ?", (source,)).fetchone()
            return ("cancelled", None) if row is None else (row[0], row[1])

        return await self.journal.tables.read(work)

    async def cancel(self, sources: Iterable[str]) -> tuple[int, list[str]]:
        """Let assets be done no more.

        Returns:
            How many will not be begun, and those whose work has to be interrupted besides, for it is under way.

        """
        waiting, under_way = 0, list[str]()
        for some in _in_parts(sources):

            def work(connection: Connection, some: list[str] = some) -> tuple[int, list[str]]:
                values = {"sources": some, "now": stamp(self.clock.now())}
                connection.execute(
                    "DELETE FROM procrastinate_jobs WHERE status = 'todo'"
                    " AND queueing_lock IN (SELECT md5(source) FROM unnest(:sources::text[]) AS source)",
                    values,
                )
                cancelled = connection.execute(
                    f"UPDATE asset SET state = 'cancelled', reason = 'cancelled', until = NULL, changed = :now"  # noqa: S608 - as above
                    f" WHERE source = ANY(:sources::text[]) AND owner IS NULL AND {_TODO}",
                    values,
                )
                rows = connection.execute(
                    "SELECT source FROM asset WHERE source = ANY(:sources::text[]) AND owner IS NOT NULL",
                    values,
                )
                return cancelled.rowcount, [source for (source,) in rows.fetchall()]

            count, busy = await self.journal.tables.write(work)
            waiting += count
            under_way += busy
        return waiting, under_way

    async def mark(self, source: str, state: str, reason: str, *, error: str | None = None) -> None:
        """Say how an asset stands that nobody works on.

        Args:
            source: Its name.
            state: ``cancelled``, ``failed``, ``waiting`` for one that is tried again after a minute, or ``interrupted`` for
                one that is to be done after all.
            reason: Why.
            error: Class of the error, or None.

        """
        values = (state, redact(reason), error, stamp(self.clock.now()), source)
        await self.journal.tables.write(
            lambda connection: connection.execute(
                "UPDATE asset SET state = ?, reason = ?, error = ?, until = NULL, changed = ?"
                " WHERE source = ? AND owner IS NULL",
                values,
            )
        )

    async def retry(self, sources: Iterable[str]) -> int:
        """Let assets be tried again, out of quarantine too, and what was refused be asked again; return how many."""
        known = 0
        for source in sources:
            known += await self.journal.register.retry(source)
        return known

    async def below(self, prefix: str, state: str | None = None) -> list[str]:
        """Return the assets whose names begin with ``prefix``, in a state if one is given."""

        def work(connection: Connection) -> list[str]:
            rows = connection.execute(
                "SELECT source FROM asset WHERE starts_with(source, :prefix)"
                " AND (:state::text IS NULL OR state = :state) ORDER BY id",
                {"prefix": prefix, "state": state},
            )
            return [source for (source,) in rows.fetchall()]

        return await self.journal.tables.read(work)


def _add(values: dict[str, Any], connection: Connection) -> int:
    return connection.execute(_ADD, values).rowcount


def _in_parts(sources: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sources)
    while some := list(islice(rest, _TOGETHER)):
        yield some
