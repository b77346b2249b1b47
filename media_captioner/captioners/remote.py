"""A captioner that is reached over a network: proves the limits, asks, counts, books."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, Final

from media_captioner.captioners.answers import Outcome
from media_captioner.captioners.dialects import Dialect, Tokens
from media_captioner.captioners.exchange import Call, exchange
from media_captioner.captioners.http import Connection, Timeouts
from media_captioner.captioners.limits import prove
from media_captioner.captioners.money import TEXT_TOKENS, dollars, heard_seconds, observed_audio_tokens
from media_captioner.captioners.options import Options
from media_captioner.captioners.sound import Sound
from media_captioner.captioners.upload import Uploader
from media_captioner.captioners.verdicts import Asked
from media_captioner.errors import ClipRejected, ConfigError
from media_captioner.model import Clip, Description, Usage
from media_captioner.protocols import Context, Service
from media_captioner.timing import clock_time

log: Final = logging.getLogger(__name__)

_SUFFIXES: Final = {"wav_gsm_ms": "wav"}  # the others are named like their format


def timeouts_of(options: Options) -> Timeouts:
    """Return the time limits that ``options`` set."""
    return Timeouts(
        connect=options.connect_timeout,
        answer=options.answer_timeout,
        progress=options.progress_timeout,
        total=options.total_timeout,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a captioner is and how it is spoken to.

    Attributes:
        connection: To its base URL.
        dialect: Its wire protocol.
        uploader: Its temporary storage, or None where it has none.
        region: Its region, or None.

    """

    connection: Connection
    dialect: Dialect
    uploader: Uploader | None = None
    region: str | None = None


class RemoteCaptioner:
    """A captioner that is reached over a network.

    Args:
        name: Name in settings and messages.
        model: What answers.
        service: Its limits and prices.
        place: Where it is.
        options: What the user chose.

    Raises:
        ConfigError: the choices contradict each other.

    """

    def __init__(self, name: str, model: str, service: Service, place: Place, options: Options) -> None:
        if options.way == "url" and not options.audio_url:
            raise ConfigError(
                "No address of the sound was given",
                hint="Name the published audio file with --audio-url, or leave out --input url.",
            )
        if options.way == "upload" and place.uploader is None:
            raise ConfigError(
                f"{service.name} has no temporary upload",
                hint="Leave out --input upload: the sound is sent inside.",
            )
        self._name, self._model, self._service = name, model, service
        self._place = place
        self._options = options
        self._uploaded: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Name in settings and messages."""
        return self._name

    @property
    def model(self) -> str:
        """Identity of what answers."""
        return self._model

    @property
    def service(self) -> Service:
        """Limits and prices."""
        return self._service

    @property
    def address(self) -> str:
        """Where requests go."""
        return self._place.connection.base_url

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Describe ``clip``. The model takes no prompt, so ``context`` is not used.

        Raises:
            CaptionerError: it could not.

        """
        del context
        prove(clip, self._service, self._options.way)
        segment = clip.segment
        asked = Asked(
            doing=f"describing segment {segment.index + 1}, {clock_time(segment.start)} to {clock_time(segment.end)}",
            service=self._service.name,
            region=self._place.region,
            model=self._model,
            own=self._place.region is None,
        )
        live = self._options.on_text
        outcome = await exchange(
            Call(
                connection=self._place.connection,
                dialect=self._place.dialect,
                sound=await self._sound(clip, asked),
                asked=asked,
                stream=self._options.stream,
                clock=self._options.clock,
                on_words=None if live is None else partial(live, clip),
            )
        )
        return self._described(clip, outcome)

    async def _sound(self, clip: Clip, asked: Asked) -> Sound:
        if self._options.way == "url":
            if clip.segment.index:
                raise ClipRejected(
                    f"Failed {asked.doing}: a published address is one clip, and the track was cut into several",
                    hint="Publish shorter files, or send the sound itself.",
                )
            return Sound(url=self._options.audio_url)
        if self._options.way == "upload" and self._place.uploader is not None:
            # Asked again after a failure, the service still has what it was given.
            url = self._uploaded.get(clip.sha256)
            if url is None:
                suffix = _SUFFIXES.get(clip.format, clip.format)
                url = await self._place.uploader.upload(
                    clip.data, suffix=suffix, media_type=clip.media_type, asked=asked
                )
                self._uploaded[clip.sha256] = url
            return Sound(url=url)
        return Sound(data=clip.data, media_type=clip.media_type)

    def _described(self, clip: Clip, outcome: Outcome) -> Description:
        self._uploaded.pop(clip.sha256, None)
        segment = clip.segment
        seconds = segment.end - segment.start
        evidence: dict[str, Any] = {}
        tokens = outcome.tokens
        if tokens is None:
            # Unknown is not free: whoever keeps a budget is told the most that it can have been.
            sound = observed_audio_tokens(seconds)
            tokens = Tokens(sound + TEXT_TOKENS, sound, ceil(len(outcome.prose) / 3))
            evidence["usage"] = "estimated: the service sent no count"
        heard = heard_seconds(tokens.input, seconds) if self._place.region is None else None
        if heard is not None:
            evidence["heard_seconds"] = float(heard)
            log.warning(
                "The server heard only the first %s s of segment %d and dropped the rest: by its count it was given "
                "%d prompt tokens. Send segments of at most 30 s, or update the server.",
                float(heard),
                segment.index + 1,
                tokens.input,
            )
        usage = Usage(
            audio_seconds=seconds,
            input_tokens=tokens.input,
            audio_tokens=tokens.audio,
            output_tokens=tokens.output,
            dollars=dollars(self._service.price, tokens.input, tokens.output),
            requests=1,
        )
        return Description(
            prose=outcome.prose,
            captioner=self._name,
            model=self._model,
            usage=usage,
            request_id=outcome.request_id,
            truncated=outcome.truncated,
            evidence=evidence,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._place.connection.close()
        if self._place.uploader is not None:
            await self._place.uploader.close()
