from __future__ import annotations

import asyncio
import json
import shutil
import subprocess

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the extra 'local' is not installed")
pytest.importorskip("faster_whisper", reason="the extra 'local' is not installed")

from media_captioner.captioners.local import LocalCaptioner, models
from media_captioner.captioners.local.prose import compose
from media_captioner.captioners.local.voice import SileroVoice
from media_captioner.errors import ClipRejected
from media_captioner.protocols import Captioner, Context, VoiceDetector
from media_captioner.system import network
from tests.quality.corpus import RATE, clip, decode
from tests.quality.words import errors


class Listening:
    def __init__(self):
        self.notices = []

    def progress(self, progress):
        pass

    def notice(self, level, message):
        self.notices.append((level, message))


@pytest.fixture
def speech(tmp_path):
    """Five seconds in which a synthetic voice speaks, after a second of nothing."""
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    path = tmp_path / "said.wav"
    text = "The quick brown fox jumps over the lazy dog, and then it runs away."
    subprocess.run(["espeak-ng", "-v", "en-us", "-w", path, text], check=True)
    pcm = decode(path)
    return np.concatenate([np.zeros(RATE, np.int16), pcm])


def described(captioner, pcm, context=None):
    return asyncio.run(captioner.describe(clip(pcm), context or Context()))


def test_it_is_a_captioner_and_says_who_it_is():
    captioner = LocalCaptioner()
    assert isinstance(captioner, Captioner)
    assert captioner.name == "local"
    assert captioner.model == LocalCaptioner().model
    assert captioner.model != LocalCaptioner(transcribe=False).model
    assert captioner.model != LocalCaptioner("small").model
    assert captioner.model != LocalCaptioner(translate=False).model
    assert captioner.service.formats == ("wav",)
    assert captioner.service.price is None


def test_silence_is_described_without_any_model():
    description = described(LocalCaptioner(), np.zeros(3 * RATE, np.int16))
    assert "silent" in description.prose
    assert description.facts is not None
    assert not description.facts.sounds
    assert description.usage.audio_seconds == 3


def test_a_click_of_a_few_samples_is_no_reason_to_fail():
    for length in (0, 1, 100, 3000):
        assert described(LocalCaptioner(), np.full(length, 9000, np.int16)).prose


def test_the_record_is_json_and_tells_the_same_prose_again():
    noise = (np.random.default_rng(0).normal(0, 3000, 2 * RATE)).astype(np.int16)
    description = described(LocalCaptioner(), noise)
    again = compose(json.loads(json.dumps(description.evidence)))
    assert again.prose == description.prose
    assert again.facts == description.facts


def test_noise_is_noise_and_nobody_speaks():
    noise = (np.random.default_rng(0).normal(0, 2000, 6 * RATE)).astype(np.int16)
    facts = described(LocalCaptioner(), noise).facts
    assert facts is not None
    assert not facts.speech
    assert not facts.music
    assert not facts.sounds
    assert "noise" in {quality.term for quality in facts.qualities}


def test_another_rate_is_refused():
    from dataclasses import replace

    made = clip(np.zeros(RATE, np.int16))
    wrong = replace(made, segment=replace(made.segment, rate=48_000))
    with pytest.raises(ClipRejected, match="48000"):
        asyncio.run(LocalCaptioner().describe(wrong, Context()))


def test_without_weights_speech_is_told_without_words_and_said_once(speech, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.HF_HUB_CACHE", str(tmp_path), raising=False)
    listening = Listening()
    captioner = LocalCaptioner(models_folder=tmp_path, reporter=listening)
    network.forbid()
    try:
        first, second = described(captioner, speech), described(captioner, speech)
    finally:
        network.allow()
    assert first.facts is not None
    assert first.facts.speech
    assert first.facts.speech[0].text is None
    assert first.facts.speech[0].span.start == pytest.approx(1, abs=0.4)
    assert "no speech model" in first.prose
    assert second.facts is not None
    assert [level for level, _ in listening.notices] == ["warning"]
    assert "cannot be transcribed" in listening.notices[0][1]


def test_transcription_can_be_switched_off(speech):
    listening = Listening()
    description = described(LocalCaptioner(transcribe=False, reporter=listening), speech)
    assert "were not transcribed" in description.prose
    assert not listening.notices


def test_the_event_loop_lives_while_a_clip_is_heard():
    noise = (np.random.default_rng(0).normal(0, 2000, 4 * RATE)).astype(np.int16)

    async def both():
        ticks = 0
        task = asyncio.create_task(LocalCaptioner(transcribe=False).describe(clip(noise), Context()))
        while not task.done():
            await asyncio.sleep(0)
            ticks += 1
        return ticks

    assert asyncio.run(both()) > 10


@pytest.mark.models
def test_words_are_heard_at_their_times(speech):
    if models.path() is None:
        pytest.skip("the weights of the speech recogniser are not on this machine")
    facts = described(LocalCaptioner(), speech).facts
    assert facts is not None
    said = " ".join(utterance.text or "" for utterance in facts.speech)
    assert (
        errors("the quick brown fox jumps over the lazy dog and then it runs away", said).rate < 0.35
    )  # a synthetic voice mumbles
    assert {utterance.language for utterance in facts.speech} == {"en"}
    times = [float(word.start) for utterance in facts.speech for word in utterance.words]
    assert times == sorted(times)
    assert times[0] == pytest.approx(1.0, abs=0.5)


def test_silero_finds_the_voice_and_not_the_silence(speech):
    detector: VoiceDetector = SileroVoice()
    probabilities = detector.probabilities(speech)
    assert probabilities.shape == (-(-len(speech) // 512),)
    assert probabilities[:25].max() < 0.5
    assert np.median(probabilities[35:100]) > 0.5
    assert detector.probabilities(np.zeros(0, np.int16)).shape == (0,)
