"""ONNX models on the processor, with small appetites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from media_captioner.errors import ExtraMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

THREADS: Final = 2
"""Threads of one model; the captioner is one of several things that run."""


class Network:
    """One ONNX model with a single output, read once and run in small batches.

    Args:
        path: The model's file.
        batch: Rows of one run. Measured: large batches cost memory and win no time on two cores.
        threads: Threads it may use.

    """

    def __init__(self, path: Path, *, batch: int, threads: int = THREADS) -> None:
        self._session = open_session(path, threads)
        self._input = self._session.get_inputs()[0].name
        self._batch = batch

    def __call__(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the output for ``rows``, whose first axis is the batch."""
        import numpy as np

        parts = [
            self._session.run(None, {self._input: rows[i : i + self._batch]})[0]
            for i in range(0, len(rows), self._batch)
        ]
        return np.concatenate(parts).astype(np.float32, copy=False)


def open_session(path: Path, threads: int = THREADS) -> Any:
    """Open an ONNX model on the processor, without the memory arena (it keeps the largest batch for ever).

    Raises:
        ExtraMissing: onnxruntime is not installed.

    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ExtraMissing(
            "The local captioner needs onnxruntime, which is not installed",
            hint="Install it with: pip install 'media-captioner[local]'",
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    # Idle threads sleep instead of spinning: spinning doubles the CPU time of many short runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
