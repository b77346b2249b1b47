"""Opening a media file: by name, under the policy, with every failure told in our own words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
from av.audio.codeccontext import AudioCodecContext
from av.container import InputContainer
from av.error import FFmpegError

from media_captioner.errors import MediaLimitExceeded, reason_of
from media_captioner.media import policy
from media_captioner.media.channels import ChannelLayout
from media_captioner.media.disguise import explain_failure, refuse_disguise
from media_captioner.model import Fingerprint
from media_captioner.system import identity

_DESCRIPTORS: Final = "/proc/self/fd"  # Linux: names that are no UTF-8 reach FFmpeg through a descriptor


class OpenFile:
    """A media file that is open for reading; a context manager.

    Attributes:
        container: PyAV's container.
        layouts: The channels of each audio stream that can be decoded, by stream index.
        fingerprint: What ``stat`` said of the file just before it was opened.

    """

    def __init__(
        self, container: InputContainer, fingerprint: Fingerprint, release: Callable[[], None]
    ) -> None:
        self.container = container
        self.layouts: dict[int, ChannelLayout] = {}
        for stream in container.streams.audio:
            context: AudioCodecContext | None = stream.codec_context  # None where FFmpeg has no such decoder
            if context is not None:
                self.layouts[stream.index] = ChannelLayout.take_over(context)
        self.fingerprint = fingerprint
        self._release = release

    def close(self) -> None:
        """Close the file. Closing twice is fine."""
        self.container.close()
        release, self._release = self._release, _nothing
        release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_file(
    path: Path, limits: policy.MediaLimits, *, options: Mapping[str, str] | None = None
) -> OpenFile:
    """Open ``path`` under the allow-lists of formats, codecs and protocols.

    ``stat`` comes first (a FIFO would block for ever), then a look at the first bytes, then FFmpeg: by
    ``file:`` and an absolute name, so that no name can be taken for an option, a protocol or a pattern.

    Args:
        path: The file.
        limits: Bounds on opening.
        options: Options of FFmpeg that win over those of the policy.

    Raises:
        MediaNotFound: nothing there, or it may not be read.
        UnsafeInput: not a regular file, or a playlist in disguise.
        UnsupportedMedia: not media of a kind on the allow-list.
        CorruptMedia: empty, cut short or damaged beyond reading.
        MediaLimitExceeded: opening took too long, or there are too many streams.

    """
    fingerprint = identity.check_source(path)
    refuse_disguise(path, fingerprint.size)
    name, release = _name_for_ffmpeg(path)
    try:
        container = av.open(
            name,
            "r",
            container_options=policy.container_options(limits) | dict(options or {}),
            metadata_errors="replace",
            timeout=(limits.open_seconds, limits.read_seconds),
        )
    except FFmpegError as error:
        release()
        if isinstance(error, av.error.ExitError):
            raise MediaLimitExceeded(
                f"Stopped opening {path} after {limits.open_seconds:g} seconds",
                hint="The disk may stall, or the file was made to be slow.",
            ) from error
        raise explain_failure(path, reason_of(error)) from error
    except BaseException:
        release()
        raise
    opened = OpenFile(container, fingerprint, release)
    try:
        _check_streams(path, container, limits)
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever FFmpeg raises in the block into an error of ours about ``path``."""
    try:
        yield
    except FFmpegError as error:
        raise explain_failure(path, reason_of(error)) from error


def _check_streams(path: Path, container: InputContainer, limits: policy.MediaLimits) -> None:
    for kind, count, most in (
        ("streams", len(container.streams), limits.max_streams),
        ("audio tracks", len(container.streams.audio), limits.max_tracks),
    ):
        if count > most:
            raise MediaLimitExceeded(f"Did not read {path}: it has {count} {kind}, and the limit is {most}")


def _name_for_ffmpeg(path: Path) -> tuple[str, Callable[[], None]]:
    absolute = str(path.absolute())
    try:
        absolute.encode("utf-8")
    except UnicodeEncodeError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        return f"file:{_DESCRIPTORS}/{descriptor}", lambda: os.close(descriptor)
    return f"file:{absolute}", _nothing


def _nothing() -> None:
    """Release nothing."""
