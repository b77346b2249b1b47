"""Where a file that is made of a media file goes: never over anything, and under a name that says what it is."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from media_captioner.errors import OutputConflict, OutputNotWritable, UnsupportedMedia


def target_for(source: Path, out: Path | None, default: str, suffixes: Collection[str], why: str) -> Path:
    """Return where the new file goes, absolute, before any work is done for it.

    Args:
        source: The media file, absolute.
        out: The place that was asked for, or None for one beside the source.
        default: What follows the source's stem in the name there.
        suffixes: What the name may end in.
        why: What speaks against another suffix, as the end of a sentence.

    Raises:
        UnsupportedMedia: the name ends in something else.
        OutputConflict: it is the source.
        OutputNotWritable: its folder is not there.

    """
    target = (out or source.with_name(f"{source.stem}.{default}")).absolute()
    if target.suffix.lower() not in suffixes:
        raise UnsupportedMedia(
            f"Cannot write {target.name}: {why}",
            hint=f"Name the new file with --out; it may end in {', '.join(suffixes)}.",
        )
    if target == source or (target.exists() and target.samefile(source)):
        raise OutputConflict(
            f"Did not write {target}: that is the source", hint="Name another file with --out."
        )
    if not target.parent.is_dir():
        raise OutputNotWritable(
            f"Cannot write {target}: there is no such folder",
            hint="Make it, or name another place with --out.",
        )
    return target
