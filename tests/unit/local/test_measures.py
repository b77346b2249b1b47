from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from media_captioner.captioners.local.levels import measure
from media_captioner.captioners.local.spectrum import (
    as_float,
    envelope,
    musicnn_mel,
    yamnet_mel,
)
from media_captioner.captioners.local.tempo import tempo
from media_captioner.model import Measurements

RATE = 16_000


def tone(hertz, seconds, level=0.3):
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def clicks(bpm, seconds=14):
    signal = np.random.default_rng(0).normal(0, 0.001, seconds * RATE)
    for beat in range(int(seconds * bpm / 60)):
        at = int(beat * 60 / bpm * RATE)
        length = min(800, len(signal) - at)
        signal[at : at + length] += np.sin(np.arange(length) * 0.4) * np.exp(-np.arange(length) / 150)
    return signal.astype(np.float32)


@pytest.mark.parametrize("bpm", [60, 72, 90, 104, 120, 128, 140, 160, 180])
def test_a_metronome_is_measured(bpm):
    found = tempo(clicks(bpm))
    assert found is not None
    assert found.sure
    assert found.bpm == pytest.approx(bpm, rel=0.02)


def test_noise_has_no_sure_pulse():
    found = tempo(np.random.default_rng(0).normal(0, 0.1, 15 * RATE).astype(np.float32))
    assert found is None or not found.sure


def test_a_short_piece_and_silence_have_no_tempo():
    assert tempo(clicks(120, seconds=4)) is None
    assert tempo(np.zeros(10 * RATE, np.float32)) is None


def test_spectra_have_the_shape_that_the_networks_expect():
    signal = tone(1000, 3)
    assert yamnet_mel(signal).shape == (298, 64)
    assert musicnn_mel(signal).shape[1] == 96
    assert yamnet_mel(signal).dtype == np.float32


def test_a_tone_is_loudest_in_its_own_band():
    bands = [int(yamnet_mel(tone(hertz, 1)).mean(axis=0).argmax()) for hertz in (200, 500, 1000, 3000, 6000)]
    assert bands == sorted(set(bands))


def test_levels_are_decibels_of_full_scale():
    assert envelope(np.ones(1600, np.float32), 160) == pytest.approx(np.zeros(10), abs=1e-4)
    assert envelope(np.zeros(150, np.float32), 160) == pytest.approx([-120.0])


def levels_of(signal, measured=None):
    pcm = (np.clip(signal, -1, 1) * 32767).astype(np.int16)
    return measure(pcm, as_float(pcm), measured)


def test_digital_silence_is_silent():
    assert levels_of(np.zeros(RATE, np.float32)).silent
    assert levels_of(np.zeros(0, np.float32)).silent
    assert not levels_of(tone(440, 1, 0.01)).silent


def test_silences_are_found_where_they_are():
    signal = np.concatenate([tone(440, 2), np.zeros(3 * RATE, np.float32), tone(440, 1)])
    ((start, end),) = levels_of(signal).silences
    assert (start, end) == (pytest.approx(2, abs=0.1), pytest.approx(5, abs=0.1))


def test_clipping_is_many_runs_at_full_scale():
    assert levels_of(tone(440, 2, 3.0)).clipped
    assert not levels_of(tone(440, 2, 0.99)).clipped


def test_a_telephone_is_narrow_and_noise_is_not():
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    spectrum = np.fft.rfft(noise)
    spectrum[int(len(spectrum) * 3400 / 8000) :] = 0
    telephone = np.fft.irfft(spectrum, len(noise)).astype(np.float32)
    assert levels_of(telephone).narrow
    assert not levels_of(noise.astype(np.float32)).narrow


def test_the_segments_own_measurements_are_believed():
    measured = Measurements(Fraction(1), -1.5, 0, -23.0, -71.0, "stereo")
    levels = levels_of(tone(440, 1), measured)
    assert (levels.peak, levels.loudness, levels.floor) == (-1.5, -23.0, -71.0)
