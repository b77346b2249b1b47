"""Every error this package raises on purpose, and what to do about each.

::

    MediaCaptionerError                 exit code 1
    ├── ConfigError                     2   settings, options, missing extras
    │   ├── UnknownSetting
    │   ├── SecretMissing
    │   ├── ExtraMissing
    │   ├── JournalMissing
    │   └── FolderMisconfigured             this folder's media only
    ├── MediaError                      3   this file cannot be captioned; the next one is tried
    │   ├── MediaNotFound
    │   ├── UnsupportedMedia
    │   ├── NoAudio
    │   ├── CorruptMedia
    │   ├── MediaLimitExceeded
    │   ├── UnsafeInput
    │   └── MediaChanged                    retryable
    ├── ToolError                       4   a program we were asked to run
    │   ├── ToolMissing
    │   ├── ToolTimeout
    │   └── ToolCrashed
    ├── CaptionerError                  5   whatever turns a clip into a description
    │   ├── ModelUnavailable
    │   ├── RateLimited                     retryable
    │   ├── CaptionerUnavailable            retryable
    │   ├── ResponseTruncated               retryable
    │   ├── ResponseInvalid                 retryable
    │   ├── ClipRejected
    │   ├── ContentRefused
    │   ├── AuthenticationFailed            stops the queue
    │   ├── AccountSuspended                stops the queue
    │   ├── ServiceMisconfigured            stops the queue
    │   ├── BudgetExceeded                  pauses the queue
    │   └── Postponed                       pauses the queue
    ├── OutputError                     6   what we were about to write
    │   ├── DiskFull
    │   ├── OutputConflict
    │   └── OutputNotWritable
    ├── PluginError                     7
    └── AlreadyRunning                  8   another process holds the lock

A class exists only where somebody would do something different about it. The exit code, whether trying
again can help and how far the damage reaches are properties of the class, so no list elsewhere has to
know them. Exit code 130 is Ctrl-C and 0 is success; both need no class.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

Scope = Literal["clip", "asset", "queue"]
"""How far a failure reaches: this clip only, the whole asset, or every asset in the queue."""


def spelled_out(text: str) -> str:
    r"""Return text that can be written anywhere: bytes of a file's name that are no UTF-8 are spelled ``\xNN``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()


def reason_of(error: Exception) -> str:
    """Return why the system, or FFmpeg, failed at something, as the end of a sentence."""
    return (getattr(error, "strerror", None) or str(error)).lower()


class MediaCaptionerError(Exception):
    """Root of every error raised on purpose.

    Args:
        message: What was being done to what, and why it failed. One sentence, no trailing advice.
        hint: What to do next, as an instruction. Shown on its own line.

    """

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    scope: ClassVar[Scope] = "asset"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = spelled_out(message)
        self.hint = None if hint is None else spelled_out(hint)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        """Make subclasses with keyword-only arguments survive pickling between processes."""
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(
    cls: type[MediaCaptionerError], args: tuple[object, ...], state: dict[str, object]
) -> MediaCaptionerError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(MediaCaptionerError):
    """A setting or a command line option cannot be used."""

    exit_code: ClassVar[int] = 2
    scope: ClassVar[Scope] = "queue"


class UnknownSetting(ConfigError):
    """A settings file or the environment names a setting that does not exist."""


class SecretMissing(ConfigError):
    """A captioner needs a key and none is set."""


class ExtraMissing(ConfigError):
    """The work needs an optional part of the package that is not installed."""


class JournalMissing(ConfigError):
    """There is no journal yet, or not where it was said to be."""


class FolderMisconfigured(ConfigError):
    """The settings file beside media cannot be used. It arrived with them, and stops no others."""

    scope: ClassVar[Scope] = "asset"


class MediaError(MediaCaptionerError):
    """This file cannot be captioned. It never stops a batch."""

    exit_code: ClassVar[int] = 3


class MediaNotFound(MediaError):
    """No such file, or a folder without media in it.

    Attributes:
        path: The folder, where it is one that a batch was to search; else None.

    """

    def __init__(self, message: str, *, hint: str | None = None, path: Path | None = None) -> None:
        super().__init__(message, hint=hint)
        self.path = path


class UnsupportedMedia(MediaError):
    """Not a media file, or a container or codec that is not on the allow-list."""


class NoAudio(MediaError):
    """The media has no audio track that could be captioned."""


class CorruptMedia(MediaError):
    """The media cannot be decoded far enough to caption any of it."""


class MediaLimitExceeded(MediaError):
    """A bound on duration, tracks, decode errors or wall time was reached."""


class UnsafeInput(MediaError):
    """Not a regular file, or a disguised playlist that would open other files."""


class MediaChanged(MediaError):
    """The file changed while it was being read."""

    retryable: ClassVar[bool] = True


class ToolError(MediaCaptionerError):
    """A program that we were asked to run failed."""

    exit_code: ClassVar[int] = 4


class ToolMissing(ToolError):
    """The program is not installed."""


class ToolTimeout(ToolError):
    """The program did not finish in time and was stopped."""

    retryable: ClassVar[bool] = True


class ToolCrashed(ToolError):
    """The program ended with an error."""


class CaptionerError(MediaCaptionerError):
    """A captioner could not describe a clip.

    Attributes:
        billed: Whether the service may charge for the request all the same. A captioner that knows better
            sets it on the error it raises: a connection that was refused cost nothing.

    """

    exit_code: ClassVar[int] = 5
    scope: ClassVar[Scope] = "clip"
    billed: bool = False


class ModelUnavailable(CaptionerError):
    """Weights of the local captioner could not be found, fetched or trusted."""


class RateLimited(CaptionerError):
    """The service asks us to slow down.

    Args:
        message: What was being asked for.
        hint: What to do next.
        retry_after: Seconds the service asked us to wait, or None where it did not say.

    """

    retryable: ClassVar[bool] = True
    scope: ClassVar[Scope] = "queue"

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class CaptionerUnavailable(CaptionerError):
    """The service cannot be reached or fails on its own side."""

    retryable: ClassVar[bool] = True
    billed: bool = True


class ResponseTruncated(CaptionerError):
    """The answer stopped before the service said that it was complete."""

    retryable: ClassVar[bool] = True
    billed: bool = True


class ResponseInvalid(CaptionerError):
    """The answer is not what the protocol promises."""

    retryable: ClassVar[bool] = True
    billed: bool = True


class ClipRejected(CaptionerError):
    """The service cannot use this clip: too long, too large, empty, or in the wrong format."""


class ContentRefused(CaptionerError):
    """The service refuses to describe this clip because of its content. It may say so in mid-answer."""

    billed: bool = True


class AuthenticationFailed(CaptionerError):
    """The key is wrong, or belongs to another region or workspace."""

    scope: ClassVar[Scope] = "queue"


class AccountSuspended(CaptionerError):
    """The account may not use the model: unpaid, not activated, or its free quota is used up."""

    scope: ClassVar[Scope] = "queue"


class ServiceMisconfigured(CaptionerError):
    """The address, certificate, region or model in the settings does not lead to a service that we can use.

    Unlike :class:`CaptionerUnavailable`, trying again cannot help: a setting has to change.
    """

    scope: ClassVar[Scope] = "queue"


class BudgetExceeded(CaptionerError):
    """A cap on dollars, tokens or requests that the user set was reached.

    Args:
        message: Which cap, and what was left of it.
        hint: What to do next.
        until: When the cap begins anew, with its zone, or None where it never does.

    """

    scope: ClassVar[Scope] = "queue"

    def __init__(self, message: str, *, hint: str | None = None, until: datetime | None = None) -> None:
        super().__init__(message, hint=hint)
        self.until = until


class Postponed(CaptionerError):
    """The service does not answer for now; what was asked for has to wait, and nothing is lost.

    Args:
        message: What waits, and why.
        hint: What to do next.
        until: When it is worth trying again, with its zone, or None where nobody knows.

    """

    scope: ClassVar[Scope] = "queue"

    def __init__(self, message: str, *, hint: str | None = None, until: datetime | None = None) -> None:
        super().__init__(message, hint=hint)
        self.until = until


class OutputError(MediaCaptionerError):
    """A result could not be written. What stood there before is still there, whole."""

    exit_code: ClassVar[int] = 6


class DiskFull(OutputError):
    """No space is left, or a quota is used up."""

    scope: ClassVar[Scope] = "queue"


class OutputConflict(OutputError):
    """The place is taken by a file that we did not write, or that somebody edited since."""


class OutputNotWritable(OutputError):
    """The folder or the file cannot be written to."""


class PluginError(MediaCaptionerError):
    """A plugin failed.

    Args:
        message: What it was asked to do.
        hint: What to do next.
        plugin: Its name.
        hook: The hook that was being called.

    """

    exit_code: ClassVar[int] = 7

    def __init__(self, message: str, *, hint: str | None = None, plugin: str = "", hook: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin
        self.hook = hook


class AlreadyRunning(MediaCaptionerError):
    """Another process of ours is at work here and holds the lock."""

    exit_code: ClassVar[int] = 8
    scope: ClassVar[Scope] = "queue"


def exit_code_of(failures: Iterable[MediaCaptionerError]) -> int:
    """Return the exit code of a command that failed for some of its files: 0 for none, theirs if alike, else 1."""
    codes = {error.exit_code for error in failures}
    return 0 if not codes else codes.pop() if len(codes) == 1 else 1
