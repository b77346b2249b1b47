"""Every captioner that needs no weights keeps the contract of captioners."""

from __future__ import annotations

import pytest

from media_captioner import testing
from media_captioner.captioners import Options, create
from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.serve import Studio, StudioOptions
from media_captioner.system.secrets import Secret
from media_captioner.testing import CaptionerContract, FakeCaptioner, running


class TestEmulated(CaptionerContract):
    def captioner(self):
        return EmulatedCaptioner()


class TestFake(CaptionerContract):
    def captioner(self):
        return FakeCaptioner()


class Remote(CaptionerContract):
    name = ""

    @pytest.fixture(autouse=True)
    def _served(self):
        with running(Studio(EmulatedCaptioner(), StudioOptions(port=0))) as server:
            self.url = server.url
            yield

    def captioner(self):
        return create(self.name, Options(api_key=Secret("sk-canary-contract"), base_url=self.url))


class TestQwen(Remote):
    name = "qwen"


class TestQwenDashScope(Remote):
    name = "qwen-dashscope"


class TestOpenAICompatible(Remote):
    name = "openai-compatible"


def test_what_testing_offers():
    """Everything that is named can be had, and nothing else."""
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = testing.Nothing
