"""A folder of labelled sounds."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from media_captioner.model import AudioTrack, Clip, Segment

RATE = 16_000
WINDOW = 30  # seconds of one segment


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled sound."""

    path: Path
    kind: str
    truth: str


def items(folder: Path) -> list[Item]:
    """Read a folder's manifest."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [Item(folder / row["file"], row["kind"], row["truth"]) for row in csv.DictReader(file)]


def decode(path: Path, most: int | None = None) -> npt.NDArray[np.int16]:
    """Decode a file to 16 kHz mono, or its first ``most`` samples."""
    blocks = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            frame.pts = None
            blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            if most is not None and sum(map(len, blocks)) >= most:
                break
        blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(blocks)[:most].astype(np.int16) if blocks else np.zeros(0, np.int16)


def clips(pcm: npt.NDArray[np.int16]) -> Iterator[tuple[float, Clip]]:
    """Cut into windows and yield each with its start in seconds."""
    for index, start in enumerate(range(0, max(1, len(pcm)), WINDOW * RATE)):
        yield start / RATE, clip(pcm[start : start + WINDOW * RATE], index)


def clip(pcm: npt.NDArray[np.int16], index: int = 0) -> Clip:
    """Wrap samples as the clip that the local captioner takes."""
    track = AudioTrack(1, 0, "pcm_s16le", RATE, 1, "mono")
    seconds = Fraction(len(pcm), RATE)
    segment = Segment(index, track, Fraction(0), seconds, pcm, RATE, ((0, Fraction(0)),), "end")
    return Clip(segment, b"", "wav", "audio/wav", Fraction(0), "")
