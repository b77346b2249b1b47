"""What the assets of one run share: who listens, what is remembered, what may be spent."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from media_captioner.captioners.money import OUTPUT_TOKENS, dollars, estimate
from media_captioner.config import Settings
from media_captioner.errors import AlreadyRunning, ConfigError, OutputError
from media_captioner.finding import Neighbours
from media_captioner.hooks.host import Host
from media_captioner.model import Clip
from media_captioner.protocols import Captioner, Reporter, Service, SilentReporter
from media_captioner.schedule.budget import Allowance, Budget
from media_captioner.schedule.company import Company
from media_captioner.schedule.consulting import Consultant
from media_captioner.schedule.gate import Lane
from media_captioner.schedule.journal import Journal, open_journal
from media_captioner.schedule.journal.ledger import Ledger
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.once import Point, Till, Witness, unwitnessed
from media_captioner.schedule.pace import Patience
from media_captioner.schedule.question import Amount
from media_captioner.schedule.rate import MemoryPaces, PacedLimiter
from media_captioner.schedule.retry import Retry
from media_captioner.schedule.scheduler import Scheduler, Weight, weightless
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.places import default_journal

log: Final = logging.getLogger(__name__)

MOST_OUTPUT: Final = 2_048
"""Tokens of a description that a budget reckons with: four times the longest that was seen (514). The service
takes no limit on them; should one be longer, its purse ends that much above its cap and nothing more is asked."""

LEFTOVER_SECONDS: Final = 3600.0
"""Seconds after which a temporary file is a killed run's, and after which a folder is looked through again."""


def is_free(captioner: Captioner) -> bool:
    """Return whether asking again costs nothing but this machine's time."""
    return getattr(captioner, "address", None) is None and captioner.service.price is None


class Session:
    """A captioner, a journal and everything between them, for the assets of one run.

    Args:
        captioner: Who listens. It is not closed here.
        journal: What is remembered; closed with the session.
        budget: The caps.
        limits: What the service allows; what it states by default.
        run: Whose purse a cap on the run counts for; this process's own by default.
        retry: How often one clip is asked for.
        patience: How long to bear with a service that refuses or fails.
        clock: Where time comes from.
        witness: Told when a request passes certain points.

    Attributes:
        host: Whom to tell of what happens to assets: nobody, until somebody is set.
        company: Who may be at work beside whom.
        neighbours: The media beside files that come one by one.

    """

    def __init__(
        self,
        captioner: Captioner,
        journal: Ledger,
        *,
        budget: Budget | None = None,
        limits: Limits | None = None,
        run: str | None = None,
        retry: Retry | None = None,
        patience: Patience | None = None,
        clock: Clock = SYSTEM_CLOCK,
        witness: Witness = unwitnessed,
    ) -> None:
        service = captioner.service
        address = getattr(captioner, "address", None)
        self.captioner = captioner
        self.journal = journal
        self.clock = clock
        self._swept: dict[Path, float] = {}
        self.budget = budget or Budget()
        self.run = run or str(journal.owner)
        self.host = Host()
        self.company = Company()
        self.neighbours = Neighbours(clock)
        # The limits of a service belong to its account, so every process shares them. Somebody who listens
        # inside this process is nobody else's.
        keeper = MemoryPaces(clock) if address is None else journal.paces
        self.limiter = PacedLimiter(
            service.name if address is None else f"{service.name} at {address}",
            limits or Limits.of(service),
            keeper,
            clock,
            patience=patience,
        )
        self.scheduler = Scheduler(
            captioner,
            Till(journal.store, self.limiter, clock, witness=self._clearing(witness)),
            budget=self.budget,
            run=self.run,
            weigh=weigher(service),
            retry=retry,
            at_once=self.limiter.limits.concurrency,
        )

    def _clearing(self, witness: Witness) -> Witness:
        """Return who tells ``witness``, and clears whoever is alone when an answer was kept."""

        def told(point: Point) -> None:
            if point == "recorded":
                self.company.progressed()
            witness(point)

        return told

    @property
    def lasting(self) -> bool:
        """Whether what is remembered outlasts the process."""
        return self.journal.lasting

    def identity(self, hint: str | None) -> str:
        """Return who is asked, as the journal knows it: equal identities give interchangeable answers.

        Args:
            hint: The language that the captioner is told to expect. One that is reached over a network takes
                the sound alone, so to it the hint makes no difference.

        """
        if hint is None or getattr(self.captioner, "address", None) is not None:
            return self.captioner.model
        return f"{self.captioner.model} expecting {hint}"

    def lane(self, name: str, *, priority: int = 0) -> Lane:
        """Return a line for the segments of one asset."""
        return Lane(name, priority)

    def is_to_be_swept(self, folder: Path) -> bool:
        """Return whether a folder is to be looked through for what killed runs left: True once an hour for each."""
        now = self.clock.monotonic()
        if now - self._swept.get(folder, now - LEFTOVER_SECONDS) < LEFTOVER_SECONDS:
            return False
        self._swept = {each: at for each, at in self._swept.items() if now - at < LEFTOVER_SECONDS}
        self._swept[folder] = now
        return True

    def consultant(self, name: str, root: str | None = None) -> Consultant:
        """Return who puts questions to a model that does not listen, under this session's caps and in its books.

        Args:
            name: Who is asked, as the books name it.
            root: The watched folder that the asset lies below, or None.

        """
        return Consultant(name, self.journal.store, self.budget, run=self.run, clock=self.clock, root=root)

    async def drain(self, grace: float) -> int:
        """Wait for the requests under way, at most ``grace`` seconds; return how many were given up."""
        return await self.scheduler.drain(grace)

    def close(self) -> None:
        """Close the journal. It can be called again."""
        self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_session(
    captioner: Captioner,
    settings: Settings | None = None,
    *,
    reporter: Reporter | None = None,
    clock: Clock = SYSTEM_CLOCK,
    doing: str = "captioning",
    roots: Mapping[str, Allowance] | None = None,
    journal: Ledger | None = None,
) -> Session:
    """Open the journal that ``settings`` name, and a session on it.

    Where it cannot be opened, a captioner that costs nothing works without: then an interrupted run begins
    anew. One that is paid does not, for nobody would know what was paid already.

    Args:
        captioner: Who listens.
        settings: Where the journal is, the caps and the limits.
        reporter: Whom to tell what a person should know.
        clock: Where time comes from.
        doing: What this process does, for others to read.
        roots: Allowances of watched folders, by name.
        journal: An open journal in place of the one that ``settings`` name; it is closed with the session.

    Raises:
        ConfigError: a newer program wrote the journal, it is no journal, or it lies on a network disk.
        OutputError: it cannot be written.
        AlreadyRunning: it is damaged while another process has it open.

    """
    settings = settings or Settings()
    return Session(
        captioner,
        journal or _journal_of(captioner, settings, reporter or SilentReporter(), clock, doing),
        budget=budget_of(settings, roots or {}),
        limits=limits_for(captioner.service, settings),
        clock=clock,
    )


def _journal_of(
    captioner: Captioner, settings: Settings, reporter: Reporter, clock: Clock, doing: str
) -> Journal:
    try:
        journal = open_journal(settings.journal or default_journal(), doing=doing, clock=clock)
    except (OutputError, ConfigError, AlreadyRunning) as error:
        if not is_free(captioner):
            raise
        reporter.notice("warning", f"{error.message}. Should this run be interrupted, it begins anew.")
        journal = open_journal(None, clock=clock)
    if journal.set_aside is not None:
        reporter.notice(
            "warning",
            f"The journal was damaged and is now {journal.set_aside}. Read its answers back from the sidecars with"
            " media-captioner journal rebuild FOLDERS.",
        )
    return journal


def passing_session(captioner: Captioner, clock: Clock = SYSTEM_CLOCK) -> Session:
    """Return a session that remembers nothing beyond its end, for a single call of the library."""
    return Session(captioner, open_journal(None, clock=clock), clock=clock)


def limits_for(service: Service, settings: Settings) -> Limits:
    """Return what a service allows: what the settings say, else what it states itself.

    An account that may ask more often than the service states needs more requests under way to do so: each takes as long
    as ever. What listens on this machine is asked as it can be, whatever is wished.
    """
    limits = Limits.of(service)
    wished = {
        "requests_per_minute": settings.requests_per_minute,
        "tokens_per_minute": settings.tokens_per_minute,
    }
    if service.max_data_url is not None or service.max_upload is not None:
        often = (settings.requests_per_minute or 0) / (service.requests_per_minute or math.inf)
        wished["concurrency"] = settings.requests_at_once or math.ceil(limits.concurrency * max(1, often))
    return replace(limits, **{name: value for name, value in wished.items() if value is not None})


def budget_of(settings: Settings, roots: Mapping[str, Allowance]) -> Budget:
    """Return the caps that ``settings`` hold."""

    def exact(value: float | None) -> Fraction | None:
        return None if value is None else Fraction(str(value))

    return Budget(
        run=Allowance(exact(settings.max_dollars), settings.max_tokens, settings.max_requests),
        day=Allowance(
            exact(settings.max_dollars_per_day), settings.max_tokens_per_day, settings.max_requests_per_day
        ),
        roots=roots,
    )


def weigher(service: Service) -> Callable[[Clip], Weight]:
    """Return what tells how much a clip takes at ``service``, before it is asked."""
    if service.price is None and service.tokens_per_minute is None:
        return weightless

    def weigh(clip: Clip) -> Weight:
        likely = estimate(service, [clip.segment.end - clip.segment.start]).tokens[1]
        heard = likely - OUTPUT_TOKENS[1]
        cost = dollars(service.price, heard, MOST_OUTPUT) or Fraction(0)
        return Weight(Amount(1, heard + MOST_OUTPUT, cost), likely)

    return weigh
