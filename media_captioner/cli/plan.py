"""``media-captioner plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    PATH,
    config_option,
    json_option,
    language_option,
    service_options,
    settings_for,
    track_option,
)

if TYPE_CHECKING:
    from media_captioner.captioners.money import Estimate
    from media_captioner.planning import Plan
    from media_captioner.protocols import Service


@click.command("plan", short_help="Say what captioning would take, before anything is sent.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@click.option("--quick", is_flag=True, help="Read headers only: an upper bound, silence not known.")
@language_option
@track_option
@click.option("--all-tracks", is_flag=True, default=None, help="Every audio track.")
@service_options
@config_option
@json_option
def command(
    sources: tuple[Path, ...], config_file: Path | None, *, quick: bool, as_json: bool, **given: Any
) -> int:
    """Say what captioning would take at a service: requests, tokens, dollars, time. Nothing is sent.

    The sound is decoded and cut as it would be for captioning, so the number of requests is what it will be and
    silence, which is never sent, is left out. Tokens and dollars are a range: what the service documents and what
    it was seen to count differ by two.
    """
    from media_captioner import batch
    from media_captioner.cli.app import show_error
    from media_captioner.cli.render import caption_view, print_json
    from media_captioner.errors import MediaCaptionerError, exit_code_of
    from media_captioner.hooks import service_named
    from media_captioner.pipeline import voice_detector
    from media_captioner.planning import estimate_json, plan

    by_file, settings = settings_for(given, config_file)
    name = "qwen" if settings.captioner == "auto" else settings.captioner
    service = service_named(name, settings)
    voice = None if quick else voice_detector()
    failures: list[MediaCaptionerError] = []
    total: Estimate | None = None
    with caption_view(1, as_json=as_json) as view:
        for item in batch.find_media(sources):
            try:
                if isinstance(item, MediaCaptionerError):
                    raise item
                for each in plan(item, by_file(item), service, quick=quick, voice=voice, reporter=view):
                    total = each.estimate if total is None else total + each.estimate
                    with view.paused():
                        print_json(each.to_json()) if as_json else _show(each)
            except MediaCaptionerError as error:
                failures.append(error)
                with view.paused():
                    show_error(error)
    if total is not None:
        if as_json:
            print_json({"total": estimate_json(total), "service": service.name})
        else:
            unpriced = is_price_unknown(name, service)
            click.echo(f"In all, at {service.name}: {words(total, unpriced=unpriced)}")
            _show_detail(total, service)
    return exit_code_of(failures)


def _show(each: Plan) -> None:
    from media_captioner.cli.render import length
    from media_captioner.system.printable import printable

    silent = f", {length(each.silent_seconds)} of it silent and not sent" if each.silent_seconds else ""
    bound = "" if each.exact else "at most "
    twice = ", what overlaps at cuts counted twice" if each.exact else ""
    click.echo(f"{printable(str(each.source))}: {length(each.seconds)} of sound{twice}{silent}")
    click.echo(click.style(f"  {printable(each.choice.reason)}", dim=True))
    click.echo(f"  {bound}{words(each.estimate)}")
    if each.partial:
        click.echo(click.style(f"  partial: {printable(each.partial)}", fg="yellow"))


def is_price_unknown(name: str, service: Service) -> bool:
    """Return whether a captioner may cost something and does not say what.

    Ours that work on this machine cost nothing; a plugin's, and a server of one's own, may.
    """
    from media_captioner.captioners.registry import FREE

    return service.price is None and name not in FREE


def words(found: Estimate, *, unpriced: bool = False) -> str:
    """Return an estimate in words.

    Args:
        found: The estimate.
        unpriced: Whether to say that the price is unknown.

    """
    from media_captioner.cli.render import counted, length

    low, high = found.tokens
    parts = [counted(found.requests, "request"), f"{low:,} to {high:,} tokens"]
    if found.dollars is not None:
        parts.append(f"${float(found.dollars[0]):.3f} to ${float(found.dollars[1]):.3f}")
    elif unpriced:
        parts.append("price unknown")
    if found.minutes:
        parts.append(f"{length(found.minutes * 60)} at the service's rate limits")
    return ", ".join(parts)


def _show_detail(total: Estimate, service: Any) -> None:
    """Show what other levels of detail would cost for the same sound."""
    from fractions import Fraction

    from media_captioner.captioners.money import DETAIL_SECONDS, estimate

    if service.price is None or not total.seconds:
        return
    for level, seconds in DETAIL_SECONDS.items():
        if service.max_seconds is not None and seconds > service.max_seconds:
            continue
        # Segments end at natural points, on average at about four fifths of the longest.
        length = Fraction(seconds) * 4 / 5
        other = estimate(service, [length] * max(1, round(total.seconds / length)))
        if other.dollars is not None:
            low, high = (float(d) for d in other.dollars)
            click.echo(f"  --detail {level:<6} (segments up to {seconds} s): about ${low:.3f} to ${high:.3f}")
