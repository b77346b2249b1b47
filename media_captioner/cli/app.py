"""The group of all commands. Each is imported when it is called, so that ``--help`` answers at once."""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from media_captioner._version import __version__
from media_captioner.cli import GO_ON, INTERRUPTED
from media_captioner.errors import MediaCaptionerError, MediaNotFound, OutputError, reason_of

# Name, module, and the line that --help shows: a command's module is not imported to list it.
_COMMANDS: Final = {
    "caption": ("caption", "Caption media files and folders."),
    "watch": ("watch", "Caption whatever is put into folders, for as long as it runs."),
    "backfill": ("backfill", "Caption an archive once: the plan first, then within a cap."),
    "service": ("service", "Print what the system needs to run media-captioner watch."),
    "plan": ("plan", "Say what captioning would take, before anything is sent."),
    "probe": ("probe", "Show what is in a media file and which track would be captioned."),
    "segments": ("segments", "Cut a track into clips at natural points, and keep the clips."),
    "compress": ("compress", "Make a small MP3 of any sound or video, under a size."),
    "serve": ("serve", "Serve a captioner to other programs, in the protocols of Model Studio and vLLM."),
    "hooks": ("hooks", "List, try and check plugins, programs and webhooks."),
    "listen": ("listen", "Let other programs ask for captions, with signed requests."),
    "lint": ("lint", "Check a WebVTT or SRT file against a style guide."),
    "export": ("export", "Write other formats from what is known already."),
    "rebuild": ("rebuild", "Make captions anew from the descriptions that are kept."),
    "import": ("import_", "Keep what a person changed in captions, for good."),
    "verify": ("verify", "Read every written file back, and find what is missing or changed."),
    "mux": ("mux", "Put the captions into a copy of the media file, as a soft track."),
    "preview": ("preview", "Burn the captions into a few seconds of the picture, to look at."),
    "picture": ("picture", "Draw frames, waveform and captions on one timeline."),
    "embed": ("embed", "Put description, keywords and markers into a copy of an MP4 or MOV file."),
    "status": ("status", "Show how many assets are done, waiting or failed."),
    "history": ("history", "Show what became of assets lately."),
    "cost": ("cost", "Show what was spent, by day, captioner, asset or run."),
    "why": ("why", "Show everything that is known of one file."),
    "retry": ("retry", "Let files be tried again."),
    "forget": ("forget", "Forget the answers for files."),
    "journal": ("journal", "Look after the journal: verify, vacuum, export, rebuild."),
    "fleet": ("fleet", "Caption an archive on many machines that share a Postgres."),
    "formats": ("formats", "List the files that can be written, and who reads them."),
    "models": ("models", "List, fetch and check the local captioner's models."),
    "config": ("config", "Show every setting, its value and where it comes from."),
    "doctor": ("doctor", "Check this installation."),
    "completion": ("completion", "Print the completion script for a shell."),
}

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What writing fails with where a disk is full or broken."""

_OUT_OF_REACH: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ESTALE}
)
"""What looking at a path fails with that somebody named and that is not ours to reach."""

_WITHOUT_PLUGINS: Final = frozenset({"status", "history", "cost"})
"""Commands that only read the journal: there is nothing that a plugin could add, and looking for them takes longer."""


def _theirs() -> dict[str, click.Command]:
    """Return the commands that plugins bring and that are not called like one of ours; they are all loaded now.

    Without a plugin nothing is imported: that is most of the time that ``--help`` would take.
    """
    from importlib import metadata

    if not metadata.entry_points(group="media_captioner"):
        return {}
    from media_captioner.hooks.plugged import plugged

    return {name: each for name, each in plugged().commands.items() if name not in _COMMANDS}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*_COMMANDS, *_theirs()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return _theirs().get(cmd_name)
        module = importlib.import_module(f"media_captioner.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in _COMMANDS.items()])
        if theirs := _theirs():
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, each.get_short_help_str()) for name, each in theirs.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"No such command: {args[0]}.{hint}", ctx) from error


@click.command(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 several failures, 2 settings or options, 3 media, 4 a program, 5 the captioner, "
    "6 output, 7 a plugin, 8 already running, 130 interrupted, 143 stopped by a signal.",
)
@click.version_option(__version__, "-V", "--version", prog_name="media-captioner")
@click.option("--debug", is_flag=True, help="Log what is done, and show tracebacks.")
@click.pass_context
def cli(ctx: click.Context, *, debug: bool) -> None:
    """Caption the whole soundtrack of videos: speech, music, ambience and sound effects.

    The results lie beside each video: captions (.vtt), everything that was heard (.json), and metadata for
    asset managers (.xmp).
    """
    ctx.obj = {"debug": debug}
    _set_up_logging(debug=debug)
    if ctx.invoked_subcommand not in _WITHOUT_PLUGINS:
        _theirs()  # from here on their captioners, formats and profiles are known too


def _set_up_logging(*, debug: bool) -> None:
    from media_captioner.system.printable import LineFormatter
    from media_captioner.system.secrets import RedactingFilter

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[handler], force=True)
    # HTTP libraries log whole URLs at INFO, and a URL can hold a key; object stores' log how they sign.
    for name in ("httpx", "httpcore", "faster_whisper", "aiobotocore", "botocore", "s3fs"):
        logging.getLogger(name).setLevel(logging.WARNING)


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - one way out for each way to end
    """Run the command line and return its exit code."""
    debug = "--debug" in arguments
    try:
        result: Any = cli.main(
            args=list(arguments), prog_name="media-captioner", standalone_mode=False, color=_coloured()
        )
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and (file := _named_like_an_option(arguments)):
            _say(f"For the file of that name write ./{file}")
        return error.exit_code
    except MediaCaptionerError as error:
        return _show_known(error, error)
    except (KeyboardInterrupt, click.Abort):
        _say(GO_ON)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has had enough (click makes an exit of it; commands of ours never exit). Nothing more
        # may be flushed into the closed pipe.
        with contextlib.suppress(OSError):
            sys.stdout = None
        return 0
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            return _show_nowhere_to_print(error)
        if error.filename is not None and error.errno in _OUT_OF_REACH:
            return _show_out_of_reach(error)
        return _show_bug(error, debug=debug)
    except Exception as error:  # noqa: BLE001 - the last stop: a person gets a sentence, not a stack
        return _show_bug(error, debug=debug)
    return result if isinstance(result, int) else 0


def _show_nowhere_to_print(error: OSError) -> int:
    """Tell that standard output takes nothing more; files of ours fail with a name and an error of their own."""
    with contextlib.suppress(OSError):
        sys.stdout = None  # what is left in it cannot be written at the end either
        _say(f"error: Cannot write to standard output: {reason_of(error)}")
    return OutputError.exit_code


def _show_out_of_reach(error: OSError) -> int:
    """Tell which file or folder could not be reached: that is no bug, wherever it was noticed."""
    told = f"Cannot reach {error.filename}: {reason_of(error)}"
    return _show_known(MediaNotFound(told, hint="Check its name, and who may read it."), error)


def _show_known(error: MediaCaptionerError, cause: Exception) -> int:
    """Tell what failed, with --debug also where, and return its exit code."""
    show_error(error)
    logging.getLogger(__name__).debug("where it happened", exc_info=cause)
    return error.exit_code


def _named_like_an_option(arguments: Sequence[str]) -> str | None:
    return next((each for each in arguments if each.startswith("-") and Path(each).exists()), None)


def _say(message: str) -> None:
    click.echo(message, err=True, color=_coloured())


def _coloured() -> bool | None:
    """Return whether to colour what is printed: never where NO_COLOR is set (no-color.org), else on a terminal."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def show_error(error: MediaCaptionerError) -> None:
    """Tell a person what failed and what to do next, on standard error."""
    from media_captioner.system.printable import printable
    from media_captioner.system.secrets import redact

    _say(click.style("error: ", fg="red", bold=True) + printable(redact(error.message)))
    if error.hint:
        _say(f"       {printable(redact(error.hint))}")


def _show_bug(error: Exception, *, debug: bool) -> int:
    import traceback

    from media_captioner.system.printable import printable, printable_lines
    from media_captioner.system.secrets import redact

    what = printable(redact(f"{type(error).__name__}: {error}"))
    _say(click.style("internal error: ", fg="red", bold=True) + what)
    if debug:
        _say(printable_lines(redact("".join(traceback.format_exception(error)))))
    else:
        _say("       This is a bug. Run the command again with --debug and report what it prints.")
    return 1
