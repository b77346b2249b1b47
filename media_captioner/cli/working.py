"""What ``media-captioner fleet work`` and ``fleet status`` do, once their options are read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from media_captioner.assets import check_looks
from media_captioner.batch import Batch
from media_captioner.captioners.options import options_of
from media_captioner.cli.render import STATE_COLOURS, caption_view, counted, dollars, length
from media_captioner.config import Settings
from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ProcrastinateDispatcher
from media_captioner.fleet.journal import open_journal, process_name
from media_captioner.fleet.metrics import metrics_listener
from media_captioner.fleet.owners import Card
from media_captioner.fleet.sources import Sources
from media_captioner.fleet.status import FleetStatus
from media_captioner.fleet.worker import Worker
from media_captioner.hooks import attended, captioner_named
from media_captioner.outcomes import AssetReport
from media_captioner.pipeline import voice_detector
from media_captioner.session import Session, budget_of, limits_for
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.printable import printable
from media_captioner.system.secrets import Secret


@dataclass(frozen=True, slots=True)
class Terms:
    """What a worker was started with.

    Attributes:
        dsn: Where the database is.
        settings: What holds where no file says otherwise.
        settings_for: The settings for a file.
        tags: Which assets it takes.
        at_once: Assets under way at once, or None for what suits the service.
        until_done: Whether to end when nothing is left.
        metrics: Where to serve metrics, or None.
        sources: Brings assets here.
        as_json: Whether to print JSON.

    """

    dsn: Secret
    settings: Settings
    settings_for: Callable[[Path], Settings]
    tags: Sequence[str]
    at_once: int | None
    until_done: bool
    metrics: tuple[str, int] | None
    sources: Sources
    as_json: bool


async def working(terms: Terms) -> None:
    """Work for the fleet until told to stop."""
    settings = terms.settings
    check_looks(settings)
    async with contextlib.AsyncExitStack() as stack:
        view = stack.enter_context(caption_view(1, as_json=terms.as_json))
        captioner = captioner_named(settings.captioner, options_of(settings), view)
        stack.push_async_callback(captioner.close)
        limits = limits_for(captioner.service, settings)
        card = Card(
            process_name(),
            f"captioning with {captioner.name}",
            works=True,
            tags=terms.tags,
            per_minute=limits.requests_per_minute,
        )
        journal = stack.enter_context(open_journal(terms.dsn, card, named=terms.sources.named))
        # One purse for all workers: a cap on the run is one on the whole archive.
        session = Session(captioner, journal, budget=budget_of(settings, {}), limits=limits, run="fleet")
        session.host = await stack.enter_async_context(attended(settings, view))
        backlog = Backlog(journal, SYSTEM_CLOCK)

        async def cancelled(name: str) -> None:
            await backlog.mark(name, "cancelled", "cancelled")

        dispatcher = ProcrastinateDispatcher(
            terms.dsn,
            name=card.name,
            tags=terms.tags,
            at_once=terms.at_once or min(8, limits.concurrency + 1),
            silence=journal.owners.silence,
            cancelled=cancelled,
        )
        await stack.enter_async_context(dispatcher)
        if terms.metrics is not None:
            host, port = terms.metrics
            listener = await stack.enter_async_context(metrics_listener(journal, host=host, port=port))
            view.notice("info", f"Metrics at {listener.url}/metrics")
        batch = Batch(terms.settings_for, captioner, view, voice_detector(), session=session)

        def tell(name: str, report: AssetReport) -> None:
            batch.reports.clear()
            view.tell(report if str(report.source) == name else _renamed(report, name))

        await Worker(
            journal, dispatcher, batch, backlog, terms.sources, terms.tags, tell, until_done=terms.until_done
        ).run()


def _renamed(report: AssetReport, name: str) -> AssetReport:
    """Return a report under the name that the fleet has for the asset."""
    return replace(report, source=Path(name))


def status_lines(found: FleetStatus) -> Iterator[str]:
    """Return how a fleet stands, for a person."""
    for state, count in sorted(found.assets.items()):
        yield f"{count:>10,} {click.style(state, fg=STATE_COLOURS.get(state))}"
    if not found.assets:
        yield "No assets yet: media-captioner fleet submit FOLDER"
    if len(found.roots) > 1:
        for root, states in found.roots.items():
            done = sum(states.get(state, 0) for state in ("done", "done with gaps", "up to date"))
            yield f"{printable(root or '(no root)')}: {done:,} of {sum(states.values()):,} done"
    yield (
        f"{counted(found.answers, 'answer')}, {counted(found.asking, 'request')} under way, "
        f"{counted(found.queue.get('todo', 0), 'asset')} next in the queue."
    )
    yield (
        f"Today (UTC): {counted(found.today.requests, 'request')}, {dollars(found.today.dollars)}."
        f" In all: {dollars(found.taken.dollars)}."
    )
    for account, left in found.paused.items():
        yield f"Paused for {length(left)}: {printable(account)}"
    if found.per_hour:
        yield f"{counted(round(found.per_hour), 'asset')} an hour lately."
    if found.left_at_speed is not None:
        yield f"At this speed all is done in {length(found.left_at_speed)}."
    if found.left_at_limit is not None:
        yield f"The account's limit allows it in {length(found.left_at_limit)}."
    for worker in found.workers:
        leaving = ", ending" if worker.leaving else ""
        at = f", at {printable(', '.join(worker.assets[:3]))}" if worker.assets else ""
        yield (
            f"{printable(worker.name)}: {worker.ended:,} ended{at}; last sign {worker.silent:.0f} s ago{leaving}"
        )
