"""Does everybody who is to be told stand ready, and can those who may ask be served?"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from media_captioner.captioners.addresses import public_address
from media_captioner.config import Settings
from media_captioner.config.tables import Webhook
from media_captioner.doctor import Check
from media_captioner.errors import MediaCaptionerError, reason_of
from media_captioner.hooks.plugged import plugged
from media_captioner.hooks.webhooks.courier import named
from media_captioner.hooks.webhooks.outbox import Outbox, Receiver, default_outbox
from media_captioner.hooks.webhooks.signing import read_secret
from media_captioner.listen import Places, Secrets
from media_captioner.system import files, processes


def receivers(settings: Settings) -> dict[str, Receiver]:
    """Return how each webhook fares, by its address.

    Raises:
        OutputError: the outbox cannot be opened.

    """
    if not settings.webhooks:
        return {}
    outbox = Outbox(default_outbox())
    try:
        return {hook.url: outbox.receiver(hook.url) for hook in settings.webhooks}
    finally:
        outbox.close()


def examine_hooks(settings: Settings) -> Iterator[Check]:
    """Yield every check as it is made. Nobody is called, and nothing is run."""
    for plugin in plugged().plugins:
        brings = ", ".join([*plugged().brought.get(plugin.name, ()), *_moments(plugin.functions)])
        yield Check(f"plugin {plugin.name}", "fine", f"{plugin.package}: {brings}")
    for error in plugged().errors:
        yield Check(f"plugin {error.plugin}", "problem", error.message, error.hint)
    for hook in settings.hooks:
        yield _command(hook.command[0])
    standing = receivers(settings)
    hosts = Counter(named(webhook.url) for webhook in settings.webhooks)
    for number, webhook in enumerate(settings.webhooks, 1):
        host = named(webhook.url)
        subject = f"webhook {host}" + (f", [[webhooks]] number {number}" if hosts[host] > 1 else "")
        yield _webhook(subject, webhook, standing[webhook.url], offline=settings.offline)
    if settings.listen.roots or settings.listen.urls:
        yield _listen(settings)


def _moments(functions: Iterable[str]) -> list[str]:
    return [name.replace("_", ".", 1) for name in functions if not name.startswith("register_")]


def _command(program: str) -> Check:
    place = processes.find_program(program)
    if place is not None:
        return Check(f"command {program}", "fine", str(place))
    found = "there is no such program, or it may not be run"
    return Check(f"command {program}", "problem", found, "Write its whole path, and make it executable.")


def _webhook(subject: str, webhook: Webhook, receiver: Receiver, *, offline: bool) -> Check:
    try:
        for path in webhook.secret_files:
            read_secret(path)
        if not offline:
            asyncio.run(public_address(webhook.url, doing="post a message", private=webhook.private))
    except MediaCaptionerError as error:
        return Check(subject, "problem", error.message, error.hint)
    except OSError as error:
        return Check(subject, "problem", f"its name cannot be resolved: {reason_of(error)}")
    if receiver.disabled is not None:
        remedy = "media-captioner hooks test asks it again."
        return Check(subject, "problem", fares(receiver), remedy)
    return Check(subject, "note" if receiver.failures else "fine", fares(receiver))


def fares(receiver: Receiver) -> str:
    """Say how a receiver fares."""
    if receiver.disabled is not None:
        return f"it is told nothing any more: {receiver.disabled}"
    counts = (
        f"{receiver.delivered} delivered lately, {receiver.waiting} waiting, {receiver.given_up} given up"
    )
    if not receiver.failures:
        return counts
    often = "once" if receiver.failures == 1 else f"{receiver.failures} times in a row"
    return f"{counts}; it failed {often}: {receiver.said}"


def _listen(settings: Settings) -> Check:
    table = settings.listen
    try:
        secrets = Secrets.of(table)
        Places(table.roots, table.urls)
        if table.downloads is not None:
            files.check_writable(_standing(table.downloads))
    except MediaCaptionerError as error:
        return Check("listen", "problem", error.message, error.hint)
    return Check(
        "listen",
        "fine",
        f"{len(table.roots)} folders, {len(table.urls)} addresses, {len(secrets.standard)} secrets of Standard"
        f" Webhooks, {len(secrets.frameio)} of Frame.io",
    )


def _standing(folder: Path) -> Path:
    """Return the nearest folder above that is there: the rest is made when it is needed."""
    return next(each for each in (folder, *folder.parents) if os.path.isdir(each))  # noqa: PTH112 - never raises
