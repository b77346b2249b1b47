"""A bound on memory holds for a program and for what it starts."""

import sys

import pytest

from media_captioner.errors import ToolCrashed
from media_captioner.system import processes

HUNGRY = "b = bytearray(400 * 1024 * 1024); print(len(b))"


def _run(*arguments, **options):
    return processes.run([sys.executable, *arguments], doing="eating memory", timeout=20, **options)


def test_a_program_gets_no_more_memory_than_it_may():
    assert _run("-c", HUNGRY).stdout == b"419430400\n"
    with pytest.raises(ToolCrashed, match="MemoryError"):
        _run("-c", HUNGRY, max_memory=256 * 1024 * 1024)


def test_nor_does_what_it_starts():
    parent = (
        f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {HUNGRY!r}]).returncode)"
    )
    with pytest.raises(ToolCrashed):
        _run("-c", parent, max_memory=256 * 1024 * 1024)
