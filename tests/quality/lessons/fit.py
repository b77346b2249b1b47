"""The least change of YAMNet's last layer that gives the clips their names: regularised logistic regression."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

DIMENSIONS = 256  # of the 1024: the directions in which the clips differ most (98 % of their variance)
SMALL = 1e-2  # weight of the change's square
POSITIVE = 3.0  # weight of a clip's own classes: each has hundreds that it is not
SHARE = 0.7  # of what was learnt: all of it says no more right words, and more wrong ones
STEPS = 30


@dataclass(frozen=True)
class Change:
    """What is added to the logits of the taught classes: ``inner @ weights + bias``."""

    weights: Array  # (1024, taught)
    bias: Array  # (taught,)


def learn(logits: Array, inner: Array, truth: npt.NDArray[np.int8], counts: Array) -> Change:
    """Learn from patches.

    Args:
        logits: What YAMNet says of the taught classes, shape ``(patches, taught)``.
        inner: What its last layer takes, shape ``(patches, 1024)``.
        truth: 1 what it is, 0 what it is not, -1 what would not be wrong; shape as ``logits``.
        counts: How much each patch counts, shape ``(patches,)``.

    """
    mean = inner.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((inner - mean).T))
    axes = vectors[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    weights, bias = _regress(logits, ((inner - mean) @ axes).astype(np.float32), truth, counts)
    full = axes @ weights
    return Change(SHARE * full, SHARE * (bias - mean @ full))


def _regress(logits: Array, rows: Array, truth: npt.NDArray[np.int8], counts: Array) -> tuple[Array, Array]:
    is_it = (truth == 1).astype(np.float32)
    matters = counts[:, None] * (truth >= 0) * np.where(truth == 1, POSITIVE, 1.0).astype(np.float32)
    matters = (matters / counts.sum()).astype(np.float32)
    shape = (rows.shape[1], logits.shape[1])
    size = shape[0] * shape[1]

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights, bias = flat[:size].reshape(shape).astype(np.float32), flat[size:].astype(np.float32)
        p = 1 / (1 + np.exp(-np.clip(logits + rows @ weights + bias, -30, 30)))
        surprise = -np.log(np.where(is_it > 0, p, 1 - p) + np.float32(1e-7))
        gradient = matters * (p - is_it)
        slope = np.concatenate(
            [
                (rows.T @ gradient + 2 * SMALL * weights).ravel(),
                gradient.sum(axis=0) + 0.2 * SMALL * bias,
            ]
        )
        cost = float((matters * surprise).sum(dtype=np.float64))
        cost += SMALL * float(np.square(flat[:size]).sum()) + 0.1 * SMALL * float(
            np.square(flat[size:]).sum()
        )
        return cost, slope.astype(np.float64)

    flat = minimum(loss, np.zeros(size + shape[1]), STEPS)
    return flat[:size].reshape(shape).astype(np.float32), flat[size:].astype(np.float32)


def minimum(
    loss: Callable[[npt.NDArray[np.float64]], tuple[float, npt.NDArray[np.float64]]],
    start: npt.NDArray[np.float64],
    steps: int,
) -> npt.NDArray[np.float64]:
    """Go downhill by L-BFGS, which remembers the last eight steps."""
    at = start
    cost, slope = loss(at)
    past: deque[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = deque(maxlen=8)
    for _ in range(steps):
        way = -_curved(slope, past)
        drop = float(way @ slope)
        length = 1.0 if past else min(1.0, 1.0 / float(np.abs(slope).sum()))
        for _ in range(20):
            ahead = at + length * way
            new, new_slope = loss(ahead)
            if new <= cost + 1e-4 * length * drop:
                break
            length /= 2
        else:
            return at
        if (ahead - at) @ (new_slope - slope) > 0:
            past.append((ahead - at, new_slope - slope))
        at, cost, slope = ahead, new, new_slope
    return at


def _curved(slope: npt.NDArray[np.float64], past: deque) -> npt.NDArray[np.float64]:
    way = slope.copy()
    parts = []
    for step, change in reversed(past):
        part = (step @ way) / (step @ change)
        way -= part * change
        parts.append(part)
    if past:
        step, change = past[-1]
        way *= (step @ change) / (change @ change)
    for (step, change), part in zip(past, reversed(parts), strict=True):
        way += step * (part - (change @ way) / (step @ change))
    return way
