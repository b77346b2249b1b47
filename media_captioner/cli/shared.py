"""The journal of a command: a file of this machine, or the one that the machines of a fleet share.

The setting ``database`` decides, unless a person names a file with ``--journal``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from media_captioner.cli.options import file_at_once, settings_for
from media_captioner.errors import ConfigError, ExtraMissing

if TYPE_CHECKING:
    from media_captioner.config import Settings
    from media_captioner.fleet.dispatched import Handing
    from media_captioner.fleet.journal import PostgresJournal
    from media_captioner.schedule.journal.ledger import Ledger
    from media_captioner.schedule.journal.tables import Connection
    from media_captioner.system.secrets import Secret


def database_of(settings: Settings) -> Secret:
    """Return where the fleet's database is.

    Raises:
        ConfigError: the settings do not say.
        ExtraMissing: what speaks to it is not installed.

    """
    missing = [name for name in ("procrastinate", "psycopg", "fsspec") if find_spec(name) is None]
    if missing:
        raise ExtraMissing(
            f"A fleet needs packages that are not installed: {', '.join(missing)}",
            hint="pip install 'media-captioner[fleet]'",
        )
    if settings.database is None:
        raise ConfigError(
            "No database is named, and several machines cannot share a journal in a file",
            hint="Set MEDIA_CAPTIONER_DATABASE=postgresql://user@host/name on every machine of the fleet.",
        )
    return settings.database


def shared_journal(settings: Settings, doing: str) -> Ledger | None:
    """Open the journal that machines share, where the settings name one.

    Args:
        settings: They say where it is.
        doing: What this process does, for others to read.

    """
    return None if settings.database is None else _fleet_journal(settings, doing)


def _fleet_journal(settings: Settings, doing: str) -> PostgresJournal:
    from media_captioner.fleet.journal import open_journal, process_name
    from media_captioner.fleet.owners import Card

    journal = open_journal(database_of(settings), Card(process_name(), doing))
    journal.owners.begin_beating()
    return journal


@contextmanager
def handing(settings: Settings, maps: Sequence[str], doing: str) -> Iterator[Handing]:
    """Give what hands files to the fleet, for the length of the block.

    Args:
        settings: They say where its database is.
        maps: Where folders of the fleet lie here.
        doing: What this process does, for others to read.

    """
    from media_captioner.fleet.backlog import Backlog
    from media_captioner.fleet.dispatched import Handing
    from media_captioner.fleet.sources import Mapping
    from media_captioner.system.clock import SYSTEM_CLOCK

    mapping = Mapping.parsed(maps)
    with _fleet_journal(settings, doing) as journal:
        yield Handing(Backlog(journal, SYSTEM_CLOCK), mapping)


@contextmanager
def writing(
    journal: Path | None, config_file: Path | None, doing: str
) -> Iterator[tuple[Ledger, Path | None]]:
    """Open the journal that the options, or else the settings, name, for the length of the block.

    Gives the journal, and the file where it is one.
    """
    from media_captioner.schedule.journal import open_journal
    from media_captioner.system.places import default_journal

    _, settings = settings_for({"journal": journal}, config_file)
    ledger, file = shared_journal(settings, doing), None
    if ledger is None:
        file = settings.journal or default_journal()
        ledger = open_journal(file, doing=doing)
    try:
        yield ledger, file
    finally:
        ledger.close()


@contextmanager
def reading(journal: Path | None, config_file: Path | None) -> Iterator[tuple[Connection, Path | None]]:
    """Open the journal that the options, or else the settings, name, for reading only.

    Gives the connection, and the file where it is one.
    """
    from media_captioner.schedule.journal import reports
    from media_captioner.system.places import default_journal

    path = file_at_once(journal, config_file)
    if path is None:
        _, settings = settings_for({"journal": journal}, config_file)
        if settings.database is not None:
            from media_captioner.fleet import journal as fleet

            with fleet.reading(database_of(settings)) as shared:
                yield shared, None
            return
        path = settings.journal or default_journal()
    with reports.reading(path) as connection:
        yield connection, path


def nothing_done(state: str | None) -> str:
    """Say why a command left an asset alone that stands so in the journal; None where it does not stand there."""
    return "nothing is known of it" if state is None else "left alone, for it is being captioned"


def named(source: str, maps: tuple[str, ...], file: Path | None) -> str | Path:
    """Return what a journal knows an asset by that a person named on this machine.

    Args:
        source: A path, or an address on an object store.
        maps: Where folders of the fleet lie here.
        file: The journal, or None where it is a fleet's.

    """
    if file is not None:
        return Path(source).absolute()
    from media_captioner.fleet.sources import Mapping, name_of

    return name_of(source, Mapping.parsed(maps))
