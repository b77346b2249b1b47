"""What every captioner must do, as a class of tests that yours can inherit."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from fractions import Fraction

from media_captioner.errors import CaptionerError
from media_captioner.model import Description
from media_captioner.protocols import Captioner, Context, Price
from media_captioner.testing.sounds import clip, tone


class CaptionerContract:
    """Tests for any captioner; pytest runs them where a class inherits this one.

    ::

        class TestMine(CaptionerContract):
            def captioner(self):
                return MyCaptioner()
    """

    @abstractmethod
    def captioner(self) -> Captioner:
        """Return a captioner that works. Each test asks for a new one."""

    def _described(self, seconds: float = 1.0) -> tuple[Captioner, Description]:
        captioner = self.captioner()

        async def run() -> Description:
            try:
                return await captioner.describe(clip(tone(seconds)), Context())
            finally:
                await captioner.close()

        return captioner, asyncio.run(run())

    def test_it_is_a_captioner(self) -> None:
        """It has all that the protocol names."""
        assert isinstance(self.captioner(), Captioner)  # noqa: S101 - a test

    def test_it_says_who_it_is(self) -> None:
        """A description carries the captioner's own name and identity."""
        captioner, found = self._described()
        assert (found.captioner, found.model) == (captioner.name, captioner.model)  # noqa: S101 - a test
        assert captioner.name.strip()  # noqa: S101 - a test
        assert captioner.model.strip()  # noqa: S101 - a test

    def test_it_describes(self) -> None:
        """Prose comes back, fit for a file, and the books know how much sound it was."""
        _, found = self._described()
        assert found.prose.strip()  # noqa: S101 - a test
        found.prose.encode()
        assert found.usage.audio_seconds in {0, Fraction(1)}  # noqa: S101 - a test
        assert found.usage.input_tokens >= found.usage.audio_tokens >= 0  # noqa: S101 - a test

    def test_its_limits_make_sense(self) -> None:
        """The limits it names allow a clip of the length it prefers, as WAV; a price has a source."""
        service = self.captioner().service
        assert "wav" in service.formats  # noqa: S101 - a test
        assert service.concurrency >= 1  # noqa: S101 - a test
        assert service.max_seconds is None or 0 < service.target_seconds <= service.max_seconds  # noqa: S101 - a test
        price: Price | None = service.price
        assert price is None or (price.source and price.date)  # noqa: S101 - a test

    def test_it_refuses_emptiness_by_name(self) -> None:
        """A clip without sound is an error of the tree, not a crash."""
        captioner = self.captioner()

        async def run() -> None:
            try:
                await captioner.describe(clip(tone(0.0), data=b""), Context())
            except CaptionerError:
                return
            finally:
                await captioner.close()

        asyncio.run(run())

    def test_it_can_be_closed_twice(self) -> None:
        """Closing is harmless, also before anything was described."""
        captioner = self.captioner()

        async def run() -> None:
            await captioner.close()
            await captioner.close()

        asyncio.run(run())
