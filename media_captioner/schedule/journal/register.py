"""The register of assets: how each stands, of what it consists, what was written for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from media_captioner.schedule.journal.owners import stamp
from media_captioner.schedule.journal.tables import Connection, Sharers, Tables, spelled
from media_captioner.schedule.states import Ending
from media_captioner.system.clock import Clock
from media_captioner.system.secrets import redact

_REMEMBERED: Final = 100
"""Endings of one asset that are kept: a file that waits for years would fill the journal."""


@dataclass(frozen=True, slots=True)
class Before:
    """How an asset stood before the work that now begins.

    Attributes:
        state: As the journal has it, or None where it does not know the asset.
        reason: Why.
        failures: Dangerous failures in a row.
        holder: Another process that works on it now, in a few words; then the work does not begin here.

    """

    state: str | None
    reason: str | None
    failures: int
    holder: str | None = None


class Register:
    """The assets of a journal. An asset is known by its absolute path, or by the name that a fleet has for it.

    Nothing here has to outlast a power failure: the sidecar beside the media is what tells whether an asset is
    done.

    Args:
        database: The tables.
        owners: Who shares them.
        clock: Where the time of day comes from.
        named: Gives an asset's name for its path.

    """

    def __init__(
        self,
        database: Tables,
        owners: Sharers,
        clock: Clock,
        *,
        named: Callable[[Path], str] = spelled,
    ) -> None:
        self._named = named
        self._database = database
        self._owners = owners
        self._clock = clock

    async def begin(self, source: Path) -> Before:
        """Take note that work on an asset begins, unless another process is at it; return how it stood before."""
        name, now = self._named(source), stamp(self._clock.now())

        def work(connection: Connection) -> Before:
            row = connection.execute(
                "SELECT state, reason, failures, owner FROM asset WHERE source = ?", (name,)
            ).fetchone()
            owner = None if row is None else row[3]
            if owner is not None and owner != self._owners.me and self._owners.lives(connection, owner):
                state, reason, failures, _ = row
                return Before(state, reason, failures, holder=self._owners.describe(connection, owner))
            connection.execute(
                "INSERT INTO asset (source, state, owner, changed) VALUES (?1, 'working', ?2, ?3)"
                " ON CONFLICT (source) DO UPDATE SET state = 'working', owner = ?2, changed = ?3",
                (name, self._owners.me, now),
            )
            return Before(None, None, 0) if row is None else Before(*row[:3])

        return await self._database.write(work, durable=False)

    async def is_suspect(self, source: Path) -> bool:
        """Return whether an asset may have brought the program down, and has to be worked on alone."""
        return await self._standing("suspect", source) == 1

    async def identify(self, source: Path, content: str) -> int:
        """Take note of what an asset's bytes are; return the dangerous failures of those bytes so far."""
        name = self._named(source)

        def work(connection: Connection) -> int:
            connection.execute(
                "UPDATE asset SET failures = CASE WHEN content IS NULL OR content = ?2 THEN failures ELSE 0 END,"
                " content = ?2 WHERE source = ?1",
                (name, content),
            )
            row = connection.execute("SELECT failures FROM asset WHERE source = ?", (name,)).fetchone()
            return 0 if row is None else int(row[0])

        return await self._database.write(work, durable=False)

    async def end(self, source: Path, ending: Ending) -> None:
        """Take note of how the work on an asset ended."""
        await self._database.write(lambda connection: self._end(connection, source, ending), durable=False)

    def _end(self, connection: Connection, source: Path, ending: Ending) -> None:
        name, now = self._named(source), stamp(self._clock.now())
        values: dict[str, Any] = {
            "source": name,
            "state": ending.state,
            "reason": None if ending.reason is None else redact(ending.reason),
            "until": None if ending.until is None else stamp(ending.until),
            "error": ending.error,
            "now": now,
        }
        before = connection.execute("SELECT id, owner FROM asset WHERE source = ?", (name,)).fetchone()
        if before is None or before[1] not in {None, self._owners.me}:
            return  # the journal was made to forget it meanwhile, or it was taken over while this process froze
        failures = "failures + 1" if ending.dangerous else "failures"
        if ending.state in {"done", "done with gaps", "up to date"}:
            failures = "0"
        connection.execute(
            f"UPDATE asset SET state = :state, reason = :reason, until = :until, error = :error, owner = NULL, suspect = 0,"  # noqa: S608 - one of three texts of ours
            f" failures = {failures}, changed = :now WHERE source = :source",
            values,
        )
        asset = before[0]
        connection.execute(
            "INSERT INTO event (asset, at, state, reason) VALUES (?, ?, ?, ?)",
            (asset, now, ending.state, values["reason"]),
        )
        connection.execute(
            "DELETE FROM event WHERE asset = ?1 AND id <="
            " (SELECT id FROM event WHERE asset = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (asset, _REMEMBERED),
        )
        if ending.parts is not None:
            connection.execute("DELETE FROM part WHERE asset = ?", (asset,))
            connection.executemany(
                "INSERT INTO part (asset, track, number, begins, ends, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        asset,
                        part.track,
                        part.number,
                        round(part.start * 1_000_000),
                        round(part.end * 1_000_000),
                        part.state,
                        part.reason and redact(part.reason),
                    )
                    for part in ending.parts
                ],
            )
        if ending.outputs is not None:
            connection.execute("DELETE FROM output WHERE asset = ?", (asset,))
            connection.executemany(
                "INSERT INTO output (asset, track, format, path, sha256, written) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (asset, output.track, output.format, spelled(Path(output.path)), output.sha256, now)
                    for output in ending.outputs
                ],
            )

    async def interrupt(self, source: Path) -> None:
        """Take note that the work on an asset was stopped by a person, and will go on another time."""

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE asset SET state = 'interrupted', reason = 'stopped by request', owner = NULL, changed = ?"
                " WHERE source = ? AND owner = ?",
                (stamp(self._clock.now()), self._named(source), self._owners.me),
            )

        await self._database.write(work, durable=False)

    def _name(self, source: Path | str) -> str:
        """Return an asset's name for its path; a name is one already."""
        return source if isinstance(source, str) else self._named(source)

    async def content_of(self, source: Path | str) -> str | None:
        """Return what the bytes of an asset were when it was last worked on, or None where nobody knows."""
        return cast("str | None", await self._standing("content", source))

    async def state_of(self, source: Path | str) -> str | None:
        """Return how an asset stands, or None where nobody knows it."""
        return cast("str | None", await self._standing("state", source))

    async def _standing(self, what: Literal["content", "state", "suspect"], source: Path | str) -> object:
        """Return one thing that is on record of an asset, or None where nobody knows it."""

        def work(connection: Connection) -> object:
            row = connection.execute(
                f"SELECT {what} FROM asset WHERE source = ?",  # noqa: S608 - one of three names of ours
                (self._name(source),),
            ).fetchone()
            return None if row is None else row[0]

        return await self._database.read(work)

    async def retry(self, source: Path | str) -> bool:
        """Let an asset be tried again: out of quarantine, and what was refused may be asked again.

        Returns whether the journal knows it.
        """
        name, now = self._name(source), stamp(self._clock.now())

        def work(connection: Connection) -> bool:
            changed = connection.execute(
                "UPDATE asset SET failures = 0, suspect = 0, state = 'interrupted', reason = 'to be tried again', until = NULL,"
                " error = NULL, changed = ? WHERE source = ? AND owner IS NULL",
                (now, name),
            ).rowcount
            connection.execute(
                "UPDATE question SET refusal = NULL WHERE content = (SELECT content FROM asset WHERE source = ?)",
                (name,),
            )
            return changed > 0

        return await self._database.write(work)

    async def forget(self, source: Path | str) -> bool:
        """Forget an asset and how it stood; its files stay. Returns whether the journal knew it."""

        def work(connection: Connection) -> bool:
            found = connection.execute(
                "DELETE FROM asset WHERE source = ? AND owner IS NULL", (self._name(source),)
            )
            return found.rowcount > 0

        return await self._database.write(work)
