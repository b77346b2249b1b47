"""``media-captioner completion``."""

from __future__ import annotations

import click


@click.command("completion", short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    r"""Print the completion script for a shell.

    \b
    bash:  media-captioner completion bash > ~/.local/share/bash-completion/completions/media-captioner
    zsh:   media-captioner completion zsh > "${fpath[1]}/_media-captioner"
    fish:  media-captioner completion fish > ~/.config/fish/completions/media-captioner.fish
    """
    from click.shell_completion import get_completion_class

    from media_captioner.cli.app import cli

    complete = get_completion_class(shell)
    assert complete is not None  # noqa: S101 - the three shells click knows
    click.echo(complete(cli, {}, "media-captioner", "_MEDIA_CAPTIONER_COMPLETE").source())
