"""The seams: what a captioner must do, and whom the library tells how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from media_captioner.model import Clip, Description, Pcm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Notice = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Price:
    """Price list of a service in one region.

    Attributes:
        input_per_million: US dollars for a million input tokens.
        output_per_million: US dollars for a million output tokens.
        source: Where the figures were read.
        date: When, ISO 8601.

    """

    input_per_million: Fraction
    output_per_million: Fraction
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Service:
    """A captioner's limits and prices, as data.

    Attributes:
        name: What it is called in messages.
        max_seconds: Longest clip it takes, or None.
        target_seconds: The clip length at which it describes best.
        formats: Clip formats it takes, the best one first.
        max_data_url: Longest data URL it takes, characters after base64, or None where it takes none.
        max_upload: Largest file by temporary upload, bytes, or None where there is no upload.
        context_tokens: Input tokens it can read, or None.
        requests_per_minute: Its rate limit, or None.
        tokens_per_minute: Its limit on input and output together, or None.
        concurrency: Requests that may be under way at once.
        price: What it costs, or None.

    """

    name: str
    max_seconds: Fraction | None
    target_seconds: Fraction
    formats: tuple[str, ...]
    max_data_url: int | None = None
    max_upload: int | None = None
    context_tokens: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int = 1
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the asset before this clip; a captioner may use it or not.

    Attributes:
        languages: Seconds of speech heard so far, by BCP 47 tag.
        language_hint: The language the track or the user names, or None.
        previous: The description of the segment before, or None.

    """

    languages: Mapping[str, float] = field(default_factory=dict)
    language_hint: str | None = None
    previous: Description | None = None


@runtime_checkable
class Captioner(Protocol):
    """Anything that turns a clip into a description."""

    @property
    def name(self) -> str:
        """Name in settings and messages (``local``, ``qwen``)."""
        ...

    @property
    def model(self) -> str:
        """Identity of what answers: two captioners with one identity give interchangeable answers."""
        ...

    @property
    def service(self) -> Service:
        """Limits and prices."""
        ...

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Describe ``clip``.

        Raises:
            CaptionerError: it could not; the class says whether trying again can help.

        """
        ...

    async def close(self) -> None:
        """Let go of connections and models."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one piece of work is.

    Attributes:
        asset: What is being worked on, as a person would name it.
        stage: What is being done: ``probe``, ``fetch``, ``decode``, ``describe``, ``write``, ``done``.
        position: Seconds of the track (or bytes of a fetch) done so far.
        total: Seconds (or bytes) in all, or None where it is not known.
        detail: What is being heard or fetched right now, one short line.
        dollars: What this run has spent so far, US dollars, or None where nothing is paid for.
        seconds_left: The least time that the service's rate leaves for the rest, seconds, or None.

    """

    asset: str
    stage: str
    position: Fraction = Fraction(0)
    total: Fraction | None = None
    detail: str = ""
    dollars: Fraction | None = None
    seconds_left: float | None = None


class Reporter(Protocol):
    """Whom the library tells how far it is. It never prints by itself."""

    def progress(self, progress: Progress) -> None:
        """Take note of how far the work is; called often and from several threads."""
        ...

    def notice(self, level: Notice, message: str) -> None:
        """Take note of something a person should read once."""
        ...


class SilentReporter:
    """Tells nobody."""

    def progress(self, progress: Progress) -> None:
        """Ignore ``progress``."""

    def notice(self, level: Notice, message: str) -> None:
        """Ignore ``message``."""


class VoiceDetector(Protocol):
    """Says where somebody speaks."""

    def probabilities(self, pcm: Pcm) -> npt.NDArray[np.float32]:
        """Return the probability of speech for each window of 512 samples (32 ms).

        Args:
            pcm: ``int16``, shape ``(samples,)``, 16 kHz mono. The last window may be short.

        Returns:
            ``float32``, shape ``(ceil(samples / 512),)``, 0 to 1.

        """
        ...
