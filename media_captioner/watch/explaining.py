"""Why a file below a watched folder stands as it does, for whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from media_captioner.config.tables import WatchedRoot
from media_captioner.system import identity
from media_captioner.watch.memory import Known, Memory, memory_file
from media_captioner.watch.rules import Rules


@dataclass(frozen=True, slots=True)
class Standing:
    """How a file stands with the watched folder that it lies below.

    Attributes:
        root: The folder.
        skipped: Why it is not captioned by its name, kind or place, or None.
        known: What was decided about it, or None.
        changed: Whether it changed since that was decided.

    """

    root: Path
    skipped: str | None
    known: Known | None
    changed: bool

    def says_more_than(self, state: str, reason: str | None) -> bool:
        """Return whether it tells a person more than that the file stands in this state for this reason."""
        known = self.known
        if known is None or self.skipped or self.changed:
            return True
        return (known.state, known.reason) != (state, reason) or known.until is not None or known.tries > 1

    def sentence(self) -> str:
        """Return it in a sentence for a person."""
        if self.skipped:
            return f"Not captioned below {self.root}: {self.skipped}."
        if self.known is None:
            return f"It lies below {self.root}, which has not looked at it yet."
        known, since = self.known, self.known.changed[:19].replace("T", " ")
        text = f"{known.state} since {since} UTC" + (f": {known.reason}" if known.reason else "")
        if known.until:
            text += f"; tried again at {known.until[:19].replace('T', ' ')} UTC"
        if known.tries > 1:
            text += f"; it failed {known.tries} times"
        return f"Below {self.root}: {text}." + (" It changed since then." if self.changed else "")


def standing(path: Path, tables: Sequence[WatchedRoot]) -> Standing | None:
    """Return how a file stands, or None where no folder above it is or was watched.

    Args:
        path: The file.
        tables: Folders that the settings name; without one the patterns of its table are not known.

    """
    path = path.absolute().parent.resolve() / path.name
    named = {table.root.resolve(): table for table in tables}
    for root in path.parents:
        if root not in named and not memory_file(root).exists():
            continue
        table = (named.get(root) or WatchedRoot(root=root)).model_copy(update={"root": root})
        others = [each for each in named if each != root and each.is_relative_to(root)]
        known = _known(root, path)
        seen = identity.standing(path)
        changed = known is not None and seen is not None and not known.is_same(seen)
        skipped = Rules(table, others).explain(path) if seen is not None or known is None else None
        return Standing(root, skipped, known, changed)
    return None


def _known(root: Path, path: Path) -> Known | None:
    file = memory_file(root)
    if not file.exists():
        return None
    with closing(Memory(root, file)) as memory:
        return memory.of(path)


def let_again(path: Path) -> bool:
    """Let the daemon try a file again that it has done with, at its next look; return whether it knew it."""
    path = path.absolute().parent.resolve() / path.name
    for root in path.parents:
        file = memory_file(root)
        if not file.exists():
            continue
        with closing(Memory(root, file)) as memory:
            known = memory.of(path)
            if known is not None:
                memory.note(
                    [replace(known, state="settling", reason="it is to be tried again", until=None, tries=0)]
                )
            return known is not None
    return False
