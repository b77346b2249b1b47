"""Questions, answers and what they cost, in the journal's tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from media_captioner.errors import DiskFull
from media_captioner.model import Description
from media_captioner.model.codec import from_json, to_json
from media_captioner.schedule import budget
from media_captioner.schedule.budget import Cap
from media_captioner.schedule.journal.owners import stamp
from media_captioner.schedule.journal.tables import Connection, Sharers, Tables, held
from media_captioner.schedule.protocols import Claim, Recorded, amount_of
from media_captioner.schedule.question import NOTHING, REQUEST, Amount, Question
from media_captioner.system.clock import Clock
from media_captioner.system.secrets import redact


class TableStore:
    """The :class:`~media_captioner.schedule.protocols.Store` in the tables of a journal.

    Args:
        database: The tables.
        owners: Who shares them.
        clock: Where the time of day comes from.

    """

    def __init__(self, database: Tables, owners: Sharers, clock: Clock) -> None:
        self._database = database
        self._owners = owners
        self._clock = clock

    async def get(self, question: Question) -> Recorded | None:
        """Return what is known of a question; see the protocol."""
        found = await self._database.read(lambda connection: _known(connection, question))
        if found is None and question.sound is not None:
            found = await self._database.read(lambda connection: _known_elsewhere(connection, question))
            if found is not None:
                await self._database.write(lambda connection: _adopt(connection, question), durable=False)
        return found

    async def claim(self, question: Question, caps: Sequence[Cap] = (), amount: Amount = REQUEST) -> Claim:
        """Claim the right to ask; see the protocol."""
        if not await self.room():
            raise DiskFull(
                f"Nothing was asked: the disk of the journal {self._database.path} is full",
                hint="Free some space; the work goes on by itself, or when it is started again.",
            )
        given: list[Claim] = []

        def work(connection: Connection) -> Claim:
            if given and _is_asked(connection, given[0]):
                return given[0]  # it was committed, and only the word of it was lost
            claim = self._claim(connection, question, caps, amount)
            given[:] = [claim] if claim.standing == "mine" else []
            return claim

        return await self._database.write(work)

    def _claim(
        self, connection: Connection, question: Question, caps: Sequence[Cap], amount: Amount
    ) -> Claim:
        _adopt(connection, question)
        if _known(connection, question) is not None:
            return Claim(question, "known")
        asking = _asking(connection, question)
        if asking is not None and not self._owners.lives(connection, asking):
            self._owners.bury(connection, self._clock.now())
            asking = _asking(connection, question)
        if asking is not None:
            return Claim(question, "busy")
        names = [cap.purse for cap in caps]
        budget.check(caps, {name: held(connection, name) for name in names}, amount)
        for name in names:
            _pay(connection, name, amount)
        row = _row_of(connection, question)
        connection.execute(
            "UPDATE question SET owner = ?, attempts = attempts + 1, refusal = NULL WHERE id = ?",
            (self._owners.me, row),
        )
        (attempt,) = connection.execute(
            "INSERT INTO attempt (question, content, captioner, owner, asked, purses, requests, tokens, dollars)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                row,
                question.content,
                question.captioner,
                self._owners.me,
                stamp(self._clock.now()),
                json.dumps(names),
                amount.requests,
                amount.tokens,
                str(amount.dollars),
            ),
        ).fetchone()
        return Claim(question, "mine", int(attempt), amount)

    async def done(self, claim: Claim, description: Description) -> None:
        """Keep an answer for good; see the protocol."""
        text = json.dumps(to_json(description), separators=(",", ":"), allow_nan=False)
        await self._database.write(lambda connection: self._done(connection, claim, description, text))

    def _done(self, connection: Connection, claim: Claim, description: Description, text: str) -> None:
        now = stamp(self._clock.now())
        row = _row_of(connection, claim.question)
        if connection.execute("SELECT answer FROM question WHERE id = ?", (row,)).fetchone()[0] is None:
            (answer,) = connection.execute(
                "INSERT INTO answer (description, answered) VALUES (?, ?) RETURNING id", (text, now)
            ).fetchone()
            connection.execute("UPDATE question SET answer = ?, refusal = NULL WHERE id = ?", (answer, row))
        connection.execute("UPDATE question SET owner = NULL WHERE id = ?", (row,))
        self._end(
            connection,
            claim,
            "answered",
            amount_of(description.usage),
            request=description.request_id,
        )

    async def release(self, claim: Claim, detail: str, *, spent: Amount | None, sent: bool = True) -> None:
        """Give a claim back without an answer; see the protocol."""
        outcome = "unsent" if not sent else "failed" if spent is not None else "unknown"

        def work(connection: Connection) -> None:
            connection.execute("UPDATE question SET owner = NULL WHERE key = ?", (claim.question.key,))
            self._end(connection, claim, outcome, spent if sent else NOTHING, detail=redact(detail))

        await self._database.write(work)

    def _end(
        self,
        connection: Connection,
        claim: Claim,
        outcome: str,
        spent: Amount | None,
        *,
        detail: str | None = None,
        request: str | None = None,
    ) -> None:
        """Close an attempt in the books, once, and put back into the purses what it did not take."""
        found = connection.execute(
            "SELECT purses, requests, tokens, dollars FROM attempt WHERE id = ? AND outcome IN ('asked', 'unknown')",
            (claim.attempt,),
        ).fetchone()
        if found is None:
            return
        reserved = Amount(found[1], found[2], Fraction(found[3]))
        took = reserved if spent is None else spent
        for name in json.loads(found[0]):
            _pay(connection, name, took - reserved)
        connection.execute(
            "UPDATE attempt SET outcome = ?, ended = ?, detail = ?, request = ?, requests = ?, tokens = ?,"
            " dollars = ? WHERE id = ?",
            (
                outcome,
                stamp(self._clock.now()),
                detail,
                request,
                took.requests,
                took.tokens,
                str(took.dollars),
                claim.attempt,
            ),
        )

    async def refuse(self, question: Question, reason: str, *, halve: bool = False) -> None:
        """Remember that a question will have no answer; see the protocol."""

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE question SET refusal = ?, halve = ? WHERE id = ? AND answer IS NULL",
                (redact(reason), int(halve), _row_of(connection, question)),
            )

        await self._database.write(work)

    async def forget(self, content: str) -> int:
        """Forget every question about a source; see the protocol."""
        return await self._delete("content = ?", (content,))

    async def drop(self, content: str, track: int, captioner: str) -> int:
        """Drop answers that cost nothing to get again; see the protocol."""
        return await self._delete("content = ? AND track = ? AND captioner = ?", (content, track, captioner))

    async def _delete(self, which: str, values: tuple[Any, ...]) -> int:
        def work(connection: Connection) -> int:
            answers = connection.execute(
                f"DELETE FROM question WHERE {which} AND owner IS NULL RETURNING answer",  # noqa: S608 - ours
                values,
            ).fetchall()
            connection.executemany(
                "DELETE FROM answer WHERE id = ?1"
                " AND NOT EXISTS (SELECT 1 FROM question WHERE question.answer = ?1)",
                {answer for answer in answers if answer[0] is not None},
            )
            return len(answers)

        return await self._database.write(work, durable=False)

    async def room(self) -> bool:
        """Return whether there is room to keep the next answers."""
        ballast = self._database.ballast
        return ballast is None or ballast.held or ballast.hold()


def _known(connection: Connection, question: Question) -> Recorded | None:
    row = connection.execute(
        "SELECT description, refusal, halve, adopted, clip FROM question LEFT JOIN answer ON answer.id = question.answer"
        " WHERE key = ? AND (answer IS NOT NULL OR refusal IS NOT NULL)",
        (question.key,),
    ).fetchone()
    if row is None:
        return None
    return Recorded(_description(row[0]), row[1], bool(row[2]), bool(row[3]), row[4])


def _known_elsewhere(connection: Connection, question: Question) -> Recorded | None:
    answer = _answer_elsewhere(connection, question)
    if answer is None:
        return None
    row = connection.execute("SELECT description FROM answer WHERE id = ?", (answer,)).fetchone()
    if row is None:
        return None  # dropped between the two looks, by whoever had finished with it
    return Recorded(_description(row[0]), elsewhere=True, clip=question.clip)


def _description(text: str | None) -> Description | None:
    return None if text is None else from_json(Description, json.loads(text))


def _answer_elsewhere(connection: Connection, question: Question) -> int | None:
    if question.sound is None:
        return None
    row = connection.execute(
        "SELECT answer FROM question WHERE clip = ? AND captioner = ? AND sample = ? AND answer IS NOT NULL",
        question.sound,
    ).fetchone()
    return None if row is None else int(row[0])


def _adopt(connection: Connection, question: Question) -> None:
    """Let a question have the answer that the same sound has elsewhere."""
    answer = _answer_elsewhere(connection, question)
    if answer is not None:
        connection.execute(
            "UPDATE question SET answer = ?, adopted = 1 WHERE id = ? AND answer IS NULL",
            (answer, _row_of(connection, question)),
        )


def _asking(connection: Connection, question: Question) -> int | None:
    """Return who asks this question, or about the same sound, at this moment."""
    row = connection.execute(
        "SELECT owner FROM question WHERE owner IS NOT NULL AND (key = ?"
        " OR (clip = ? AND captioner = ? AND sample = ?))",
        (question.key, *(question.sound or (None, None, None))),
    ).fetchone()
    return None if row is None else int(row[0])


def _is_asked(connection: Connection, claim: Claim) -> bool:
    """Return whether an attempt is in the books as under way."""
    row = connection.execute(
        "SELECT question.key FROM attempt JOIN question ON question.id = attempt.question"
        " WHERE attempt.id = ? AND outcome = 'asked'",
        (claim.attempt,),
    ).fetchone()
    return row is not None and row[0] == claim.question.key


def _row_of(connection: Connection, question: Question) -> int:
    """Return the row of a question, which is made where there is none."""
    begins, ends = question.span
    (row,) = connection.execute(
        "INSERT INTO question (key, clip, content, track, begins, ends, encoding, captioner, sample)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET clip = coalesce(excluded.clip, question.clip) RETURNING id",
        (
            question.key,
            question.clip,
            question.content,
            question.track,
            begins,
            ends,
            question.encoding,
            question.captioner,
            question.sample,
        ),
    ).fetchone()
    return int(row)


def _pay(connection: Connection, name: str, amount: Amount) -> None:
    total = held(connection, name) + amount
    connection.execute(
        "INSERT INTO purse (name, requests, tokens, dollars) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET requests = excluded.requests, tokens = excluded.tokens,"
        " dollars = excluded.dollars",
        (name, total.requests, total.tokens, str(total.dollars)),
    )
