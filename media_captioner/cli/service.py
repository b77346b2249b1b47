"""``media-captioner service``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from media_captioner.cli.options import PATH, config_option, settings_for


@click.command("service", short_help="Print what the system needs to run media-captioner watch.")
@click.argument("kind", type=click.Choice(["systemd", "launchd"]))
@click.argument("roots", nargs=-1, type=PATH, metavar="[FOLDERS]...")
@click.option("--user", metavar="NAME", help="systemd: a unit of the machine's, run under this account.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Serve /healthz and /metrics on this port of this machine."
)
@config_option
def command(
    kind: str, roots: tuple[Path, ...], user: str | None, port: int | None, config_file: Path | None
) -> None:
    """Print a systemd unit or a launchd property list that runs media-captioner watch on FOLDERS.

    Without FOLDERS those of the settings are watched. Keys never stand in it: name a key_file in the settings. What
    watch would refuse at its start is refused here; the settings of another account (--user) are not looked at.

    \b
    mkdir -p ~/.config/systemd/user
    media-captioner service systemd /media/in > ~/.config/systemd/user/media-captioner.service
    systemctl --user enable --now media-captioner
    loginctl enable-linger                               # it runs while nobody is logged in, too

    \b
    media-captioner service launchd ~/Movies > ~/Library/LaunchAgents/media-captioner.watch.plist
    launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/media-captioner.watch.plist
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from media_captioner.config.tables import WatchedRoot
    from media_captioner.errors import ConfigError, spelled_out
    from media_captioner.system import files
    from media_captioner.system.places import state_folder
    from media_captioner.watch.daemon import placed
    from media_captioner.watch.service import launchd_plist, systemd_unit

    if user is not None and kind == "launchd":
        raise click.UsageError("--user is for systemd; a property list runs for whoever loads it.")
    named = [WatchedRoot(root=root) for root in roots]
    if user is None or config_file is not None:
        _, settings = settings_for({}, config_file)
        named = named or list(settings.watch)
    if named or user is None:
        placed(named)
    words = [str(Path(sys.argv[0]).absolute()), "watch", *(str(root.absolute()) for root in roots)]
    words += [] if port is None else ["--port", str(port)]
    words += [] if config_file is None else ["--config", str(config_file.absolute())]
    if odd := [word for word in words if spelled_out(word) != word]:
        raise ConfigError(
            f"Cannot print what runs watch on {odd[0]}: the name is no UTF-8, as such files have to be",
            hint="Rename the folder, or watch the one that it lies in.",
        )
    if kind == "systemd":
        click.echo(systemd_unit([*words, "--log", "json"], user=user), nl=False)
        return
    folder = state_folder()
    files.make_folder(folder)  # launchd starts nothing where it cannot write what a program prints
    words += ["--log", "json", "--log-file", str(folder / "watch.log")]
    click.echo(launchd_plist(words, folder / "watch.stderr"), nl=False)
