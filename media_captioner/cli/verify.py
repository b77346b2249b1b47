"""``media-captioner verify``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.options import PATH, json_option

_COLOURS = {"ok": "green", "shared": "green", "orphaned": "yellow", "changed": "yellow"}


@click.command("verify", short_help="Read every written file back, and find what is missing or changed.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@click.option("--quiet", "-q", is_flag=True, help="Only what is wrong.")
@json_option
def command(sources: tuple[Path, ...], *, quiet: bool, as_json: bool) -> int:
    """Read every file back with another reader than its writer, and compare hashes, cues and times.

    Found are files that are missing, changed, stale (the captions changed since), unreadable or orphaned (ours,
    but nothing lists them). Exit code 1 where anything is wrong.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.export.finding import sidecars_at
    from media_captioner.export.verifying import verify_at
    from media_captioner.system.printable import printable

    wrong = checked = 0
    for source in sources:
        for sidecar in sidecars_at(source):
            for finding in verify_at(sidecar):
                checked += 1
                wrong += not finding.good
                if quiet and finding.good:
                    continue
                if as_json:
                    print_json({"path": str(finding.path), "state": finding.state, "detail": finding.detail})
                    continue
                state = click.style(finding.state, fg=_COLOURS.get(finding.state, "red"))
                detail = f" ({printable(finding.detail)})" if finding.detail else ""
                click.echo(f"{printable(str(finding.path))}: {state}{detail}")
    if not as_json:
        click.echo(f"{checked} files, {wrong} wrong", err=True)
    return 1 if wrong else 0
