"""``media-captioner hooks``."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from media_captioner.cli.options import config_option, go_offline, json_option, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from media_captioner.config import Settings


_HELP: Final = """\
List, try and check those who are told what happens: plugins, programs and webhooks.

\b
Plugins are installed packages. Programs and webhooks stand in your settings file:
  [[hooks]]
  command = ["/usr/local/bin/tell-the-mam"]  # JSON on standard input; no shell
  events = ["asset.done", "asset.failed"]
  [[webhooks]]
  url = "https://hooks.example/captions"     # signed as Standard Webhooks, a CloudEvent inside
  secret_files = ["/etc/captions/tell.key"]

Events: asset.found, plan.made, segment.described, cues.ready (a program may print changed cues, summary,
keywords and chapters as JSON), sidecars.written, asset.done, asset.failed, budget.reached.
"""


@click.group("hooks", help=_HELP, short_help="List, try and check plugins, programs and webhooks.")
def command() -> None:
    """List, try and check those who are told what happens: plugins, programs and webhooks."""


@command.command("list")
@config_option
@json_option
def list_hooks(config_file: Path | None, *, as_json: bool) -> None:
    """List plugins, programs and webhooks, and how they fare."""
    from media_captioner.cli.render import print_json
    from media_captioner.system.printable import printable

    _, settings = settings_for({}, config_file)
    entries = list(_entries(settings))
    if not as_json:
        _say_if_nobody(entries)
    for entry in entries:
        if as_json:
            print_json(entry)
            continue
        told = ", ".join(entry.get("events", ()))
        click.echo(f"{click.style(entry['kind'], bold=True)} {printable(entry['name'])}: {told or 'nothing'}")
        if entry.get("detail"):
            click.echo(f"    {printable(entry['detail'])}")


def _say_if_nobody(entries: Iterable[dict[str, Any]]) -> None:
    if next(iter(entries), None) is None:
        click.echo(
            "Nobody is told of anything: no plugins, and no [[hooks]] or [[webhooks]] in the settings."
        )


def _entries(settings: Settings) -> Iterator[dict[str, Any]]:
    from media_captioner.doctor_hooks import fares, receivers
    from media_captioner.hooks.plugged import plugged

    found = plugged()
    events = {listener.name: sorted(listener.events) for listener in found.listeners(seconds=1)}
    for plugin in found.plugins:
        brings = found.brought.get(plugin.name, [])
        detail = "; ".join([plugin.package, *brings])
        told = events.get(plugin.name, [])
        yield {"kind": "plugin", "name": plugin.name, "events": told, "brings": brings, "detail": detail}
    for error in found.errors:
        yield {
            "kind": "plugin",
            "name": error.plugin,
            "events": [],
            "error": error.message,
            "detail": error.message,
        }
    for hook in settings.hooks:
        yield {"kind": "command", "name": " ".join(hook.command), "events": list(hook.events)}
    for url, receiver in receivers(settings).items():
        webhook = next(each for each in settings.webhooks if each.url == url)
        detail = fares(receiver)
        standing = {name: value for name, value in asdict(receiver).items() if name != "url"}
        yield {"kind": "webhook", "name": url, "events": list(webhook.events), "detail": detail, **standing}


@command.command("test", short_help="Tell everybody of made-up events.")
@config_option
@json_option
def test(config_file: Path | None, *, as_json: bool) -> int:
    """Tell everybody of made-up events, about a file that does not exist. Exit code 7 where somebody failed.

    Programs and plugins get one event of each kind that they want; webhooks get a message of the type
    media_captioner.test. One that had answered 410 and receives it is told of everything again.
    """
    _, settings = settings_for({}, config_file)
    go_offline(settings)
    if not as_json:
        _say_if_nobody(_entries(settings))
    return 7 if asyncio.run(_test(settings, as_json=as_json)) else 0


async def _test(settings: Settings, *, as_json: bool) -> int:
    from media_captioner.cli.render import print_json
    from media_captioner.hooks.trials import try_all
    from media_captioner.system.printable import printable

    failures = 0
    async for trial in try_all(settings):
        failures += trial.error is not None
        if as_json:
            print_json(asdict(trial))
            continue
        mark = click.style("ok", fg="green") if trial.error is None else click.style("failed", fg="red")
        click.echo(f"{mark}  {trial.kind} {printable(trial.name)}, {trial.event}")
        if trial.error is not None:
            click.echo(f"    {printable(trial.error)}")
    return failures


@command.command("doctor", short_help="Check that they can be told; nobody is called.")
@config_option
@json_option
def doctor(config_file: Path | None, *, as_json: bool) -> int:
    """Check that they can be told: plugins, programs, secrets, addresses, and what waits. Nobody is called.

    Exit code 1 where something does not work.
    """
    from media_captioner.cli.doctor import show
    from media_captioner.doctor_hooks import examine_hooks

    _, settings = settings_for({}, config_file)
    go_offline(settings)
    if not as_json:
        _say_if_nobody(_entries(settings))
    return show(examine_hooks(settings), as_json=as_json)
