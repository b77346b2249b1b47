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
        inner: Name of a ``float32`` tensor within the model that is given out as well, or empty.

    """

    def __init__(self, path: Path, *, batch: int, threads: int = THREADS, inner: str = "") -> None:
        self._session = open_session(path, threads, inner)
        self._input = self._session.get_inputs()[0].name
        self._batch = batch

    def __call__(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the output for ``rows``, whose first axis is the batch."""
        return self.outputs(rows)[0]

    def outputs(self, rows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        """Return the output for ``rows``, and the inner tensor where one was asked for."""
        import numpy as np

        parts = [
            self._session.run(None, {self._input: rows[i : i + self._batch]})
            for i in range(0, len(rows), self._batch)
        ]
        return tuple(np.concatenate(part).astype(np.float32, copy=False) for part in zip(*parts, strict=True))


def open_session(path: Path, threads: int = THREADS, inner: str = "") -> Any:
    """Open an ONNX model on the processor, without the memory arena (it keeps the largest batch for ever).

    Args:
        path: The model's file.
        threads: Threads it may use.
        inner: Name of a ``float32`` tensor within the model that becomes an output as well, or empty.

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
    model = path.read_bytes() + _output(inner) if inner else str(path)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _output(name: str) -> bytes:
    """Return what makes a tensor an output when it stands behind a model.

    A model is one protocol buffer message, and two that stand behind each other are read as one: what may be
    there many times, as outputs may, is added. Fields by number: 7 graph, 12 output, 1 name, 2 type, 1 tensor,
    1 its kind of numbers (1: ``float32``).
    """
    output = _field(1, name.encode()) + _field(2, _field(1, b"\x08\x01"))
    return _field(7, _field(12, output))


def _field(number: int, content: bytes) -> bytes:
    if len(content) > 127:  # a length of one byte is all that is needed here
        raise ValueError(f"{len(content)} bytes")
    return bytes([number << 3 | 2, len(content)]) + content
