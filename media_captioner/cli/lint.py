"""``media-captioner lint``."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.cli.options import PATH, config_option, json_option, settings_for

if TYPE_CHECKING:
    from media_captioner.cues.profiles import Profile


@click.command("lint", short_help="Check a WebVTT or SRT file against a style guide.")
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--profile", metavar="NAME", help="The style guide; netflix-en unless settings say otherwise.")
@click.option(
    "--frame-rate", metavar="RATE", help="The video's rate, for the gap rule (25, 30000/1001, 29.97)."
)
@config_option
@json_option
def command(
    files: tuple[Path, ...],
    profile: str | None,
    frame_rate: str | None,
    config_file: Path | None,
    *,
    as_json: bool,
) -> int:
    """Check caption files, by whomever they are, against a style guide. Exit code 1 where a rule is broken."""
    from media_captioner.cli.app import show_error
    from media_captioner.errors import MediaCaptionerError, exit_code_of
    from media_captioner.pipeline import profile_of

    _, settings = settings_for({"profile": profile}, config_file)
    rules, rate = profile_of(settings), _rate(frame_rate)
    broken = 0
    failures: list[MediaCaptionerError] = []
    for file in files:
        try:
            broken += _check(file, rules, rate, as_json=as_json)
        except MediaCaptionerError as error:
            failures.append(error)
            show_error(error)
    return exit_code_of(failures) or (1 if broken else 0)


def _check(file: Path, rules: Profile, rate: Fraction | None, *, as_json: bool) -> int:
    """Print what a file breaks, and return how often it does."""
    from dataclasses import asdict

    from media_captioner.cli.render import counted, print_json
    from media_captioner.cues.lint import lint
    from media_captioner.export.reading import lines_of, read_cues
    from media_captioner.system.printable import printable

    cues, lines = read_cues(file), lines_of(file)
    found = lint(cues, rules, frame_rate=rate)
    if as_json:
        violations = [asdict(each) | {"line": lines[each.cue - 1]} for each in found]
        print_json({"file": str(file), "cues": len(cues), "violations": violations})
        return len(found)
    for violation in found:
        where = f"{printable(str(file))}:{lines[violation.cue - 1]}"
        click.echo(f"{where}: {violation.message} ({violation.rule})")
    verdict = click.style("no violations", fg="green") if not found else counted(len(found), "violation")
    click.echo(f"{printable(str(file))}: {counted(len(cues), 'cue')}, {verdict} of {rules.name}")
    return len(found)


def _rate(text: str | None) -> Fraction | None:
    if text is None:
        return None
    from media_captioner.timing import nearest_frame_rate

    try:
        return nearest_frame_rate(Fraction(text))
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter(f"{text!r} is not a frame rate", param_hint="--frame-rate") from error
