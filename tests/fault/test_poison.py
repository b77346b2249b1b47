"""A file that brings the program down is found among innocents, and they are captioned all the same."""

import os
import subprocess
import sys

from media_captioner.schedule.journal.reports import in_state, reading
from media_captioner.schedule.states import QUARANTINE_AFTER
from tests.e2e.doors.sessions import tape
from tests.e2e.doors.test_quarantine import CRASHES

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from media_captioner.batch import Batch
from media_captioner.config import Settings
from media_captioner.protocols import SilentReporter
from media_captioner.session import open_session
from media_captioner.testing.captioner import FakeCaptioner

folder, captioner = Path(sys.argv[1]), FakeCaptioner()
settings = Settings(journal=folder / "journal.db", formats=("vtt",))

def settings_for(path):
    if path.name == "poison.wav":
        os._exit(9)
    return settings

async def main():
    with open_session(captioner, settings) as session:
        batch = Batch(settings_for, captioner, SilentReporter(), session=session)
        await batch.run(sorted(folder.glob("*.wav")), lambda report: None)

asyncio.run(main())
"""


def test_k1_a_poison_file_is_quarantined_and_its_neighbours_are_not(tmp_path):
    for number, name in enumerate(("a", "b", "poison", "z")):
        tape(tmp_path / f"{name}.wav", 440 + 20 * number, seconds=2)
    (tmp_path / "sitecustomize.py").write_text(CRASHES)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    runs = 1
    while subprocess.run(command, check=False, timeout=120, env=environment).returncode == 9:
        runs += 1
        assert runs <= QUARANTINE_AFTER + 2, "the poison was never found"
    assert runs > QUARANTINE_AFTER
    with reading(tmp_path / "journal.db") as connection:
        quarantined = in_state(connection, "quarantined")
    assert [name.rpartition("/")[2] for name in quarantined] == ["poison.wav"]
    assert all(list(tmp_path.glob(f"{name}.*vtt")) for name in "abz")
