"""The embedded captioner: hears on this machine, needs no key and, but for its first speech, no network."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

from media_captioner.captioners.local import models
from media_captioner.captioners.local.catalogue import KNOWN
from media_captioner.captioners.local.hearing import Hearing, Wishes
from media_captioner.captioners.local.languages import NAMES
from media_captioner.captioners.local.prose import compose
from media_captioner.captioners.local.record import RULES
from media_captioner.captioners.local.weights import SHA256
from media_captioner.errors import AlreadyRunning, ClipRejected, ModelUnavailable
from media_captioner.model import Clip, Description, Usage
from media_captioner.protocols import Context, Reporter, Service, SilentReporter
from media_captioner.timing import from_samples

_log = logging.getLogger(__name__)

_RATE: Final = 16_000
_POOLED: Final = 4.0  # seconds of speech at which what was heard before weighs as much as what is usual
_HINTED: Final = 0.5  # weight of a language that the track or the user names

# How usual a language is in recordings, relative to the ones not named. Rough on purpose: it only keeps a
# mumbled word from being taken for Yoruba, and one clear sentence outweighs it.
_USUAL: Final = {
    "en": 8.0, "zh": 4.0, "es": 4.0, "fr": 3.0, "de": 3.0, "ru": 3.0, "ja": 3.0, "pt": 2.5, "it": 2.5, "ar": 2.0,
    "hi": 2.0, "ko": 2.0, "tr": 1.5, "pl": 1.5, "nl": 1.5, "uk": 1.0, "sv": 1.0, "vi": 1.0, "id": 1.0, "fa": 1.0,
    "cs": 1.0, "el": 1.0, "ro": 1.0, "hu": 1.0, "da": 1.0, "fi": 1.0, "no": 1.0, "he": 1.0, "th": 1.0, "ca": 0.8,
    "bg": 0.8, "hr": 0.8, "sr": 0.8, "sk": 0.8,
}  # fmt: skip
_RARE: Final = 0.4


class LocalCaptioner:
    """Describes clips with the models on this machine; implements :class:`media_captioner.protocols.Captioner`.

    Args:
        whisper: Name of known weights (``base``), or a folder with others in CTranslate2 form.
        threads: Threads of the speech recogniser.
        transcribe: Whether words are transcribed.
        translate: Whether words that are not English are translated into English.
        models_folder: Folder of models; the user's data folder by default.
        reporter: Who hears of downloads and of what cannot be done.

    """

    def __init__(
        self,
        whisper: str = models.DEFAULT,
        *,
        threads: int = 2,
        transcribe: bool = True,
        translate: bool = True,
        models_folder: Path | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self._whisper = whisper
        self._folder = models_folder
        self._reporter = reporter or SilentReporter()
        label = whisper if whisper in KNOWN else Path(whisper).name
        self._wishes = Wishes(transcribe=transcribe, translate=translate, model=label, threads=threads)
        self._hearing: Hearing | None = Hearing(self._wishes, self._weights)

    @property
    def name(self) -> str:
        """``local``."""
        return "local"

    @property
    def model(self) -> str:
        """Identity of the rules and weights: two captioners with one identity give one answer."""
        small = hashlib.sha256("".join(sorted(SHA256.values())).encode()).hexdigest()[:8]
        words = "no words" if not self._wishes.transcribe else f"whisper {self._wishes.model}"
        if self._wishes.transcribe and self._whisper in KNOWN:
            words += f" {KNOWN[self._whisper].revision[:8]}"
        english = "" if self._wishes.translate or not self._wishes.transcribe else " untranslated"
        return f"local/{RULES} ({words}{english}; sounds {small})"

    @property
    def service(self) -> Service:
        """No limits but the recogniser's window of 30 seconds, and no price."""
        return Service(
            name="local captioner",
            max_seconds=Fraction(30),
            target_seconds=Fraction(30),
            formats=("wav",),
            concurrency=1,
        )

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Describe ``clip``; the work is done in a thread, so the event loop goes on.

        Raises:
            ClipRejected: the segment was not decoded to 16 kHz.
            ExtraMissing: the packages of the extra ``local`` are not installed.

        """
        segment = clip.segment
        if segment.rate != _RATE:
            raise ClipRejected(
                f"Cannot describe a clip of {segment.rate} samples a second: the local captioner hears 16000",
                hint="Decode the track at 16 kHz.",
            )
        if self._hearing is None:
            self._hearing = Hearing(self._wishes, self._weights)
        record = await asyncio.to_thread(
            self._hearing,
            segment.pcm,
            segment.measurements,
            expected_languages(context),
            rate=_is_rating_due(context),
        )
        told = compose(record)
        return Description(
            prose=told.prose,
            captioner=self.name,
            model=self.model,
            usage=Usage(audio_seconds=from_samples(len(segment.pcm), segment.rate), requests=1),
            facts=told.facts,
            evidence=cast("dict[str, Any]", record),
        )

    async def close(self) -> None:
        """Let go of the models."""
        self._hearing = None

    def _weights(self) -> Path | None:
        """Find the recogniser's weights; called once, at the first speech."""
        try:
            return models.ensure(self._whisper, self._reporter, folder=self._folder)
        except (ModelUnavailable, AlreadyRunning) as error:
            _log.info("%s", error)
            hint = f" {error.hint}" if error.hint else ""
            self._reporter.notice(
                "warning",
                f"Words cannot be transcribed: {error.message}.{hint} Sounds, music and voices are captioned all the same.",
            )
            return None


def _is_rating_due(context: Context) -> bool:
    """Return whether the quality of speech is rated: in every second window, for recordings rarely change."""
    previous = context.previous
    return previous is None or not previous.evidence.get("quality")


def expected_languages(context: Context) -> Mapping[str, float]:
    """Return how likely each language is before the clip is heard, adding up to 1.

    What is usual counts little; what was heard in the asset so far counts the more, the more of it there is;
    a hint counts half.
    """
    usual = {tag: _USUAL.get(tag, _RARE) for tag in NAMES}
    total = sum(usual.values())
    expected = {tag: weight / total for tag, weight in usual.items()}
    heard = {tag: max(0.0, seconds) for tag, seconds in context.languages.items()}
    seconds = sum(heard.values())
    if seconds > 0:
        pooled = seconds / (seconds + _POOLED)
        expected = {
            tag: (1 - pooled) * share + pooled * heard.get(tag, 0.0) / seconds
            for tag, share in expected.items()
        }
    hint = (context.language_hint or "").split("-", maxsplit=1)[0].lower()
    if hint in expected:
        expected = {
            tag: (1 - _HINTED) * share + (_HINTED if tag == hint else 0.0) for tag, share in expected.items()
        }
    return expected
