"""A captioner that answers what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from media_captioner.errors import MediaCaptionerError
from media_captioner.model import Clip, Description, Usage
from media_captioner.protocols import Context, Service

Answer: TypeAlias = str | Description | MediaCaptionerError | Callable[[Clip, Context], Description]

PROSE = "The audio clip opens with a dog barking twice. In summary, a dog barks."


class FakeCaptioner:
    """Answers from a list, then with the last answer for ever, and keeps what it was asked.

    ::

        captioner = FakeCaptioner("A dog barks.", RateLimited("slow down", retry_after=2), "A cat purrs.")

    Args:
        answers: Prose, whole descriptions, errors to raise, or functions of clip and context.
        name: Its name.
        model: Its identity.
        service: Its limits; generous ones by default.

    Attributes:
        clips: The clips it was given, in order.
        contexts: What it was told besides, in order.
        closed: Whether it was closed.

    """

    def __init__(
        self,
        *answers: Answer,
        name: str = "fake",
        model: str = "fake-1",
        service: Service | None = None,
    ) -> None:
        self._answers = _then_the_last(answers or (PROSE,))
        self._name, self._model = name, model
        self._service = service or Service(
            name="fake", max_seconds=Fraction(60), target_seconds=Fraction(30), formats=("wav", "mp3")
        )
        self.clips: list[Clip] = []
        self.contexts: list[Context] = []
        self.closed = False

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def model(self) -> str:
        """Its identity."""
        return self._model

    @property
    def service(self) -> Service:
        """Its limits."""
        return self._service

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Give the next answer.

        Raises:
            MediaCaptionerError: the next answer is one.

        """
        self.clips.append(clip)
        self.contexts.append(context)
        answer = next(self._answers)
        if isinstance(answer, MediaCaptionerError):
            raise answer
        if isinstance(answer, Description):
            return answer
        if callable(answer):
            return answer(clip, context)
        seconds = clip.segment.end - clip.segment.start
        usage = Usage(audio_seconds=seconds, requests=1)
        return replace(Description(answer, self._name, self._model), usage=usage)

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def _then_the_last(answers: Iterable[Answer]) -> Iterator[Answer]:
    last: Answer = PROSE
    for last in answers:
        yield last
    while True:
        yield last
