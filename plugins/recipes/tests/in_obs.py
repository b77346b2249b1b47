"""OBS on a screen that nobody sees: it shows media as a scene of four quarters, and records that."""

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

SECONDS = 60  # that OBS may take until it has recorded enough
ENOUGH = 200_000  # bytes of a recording of a dark scene, some 15 seconds
PROFILE = """[General]
Name=Test
[Video]
BaseCX=640
BaseCY=480
OutputCX=640
OutputCY=480
[Output]
Mode=Simple
[SimpleOutput]
FilePath={}
RecFormat=mkv
RecQuality=Small
"""
SETTINGS = """[General]
FirstRun=true
EnableAutoUpdates=false
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
"""


def media(file):
    return "ffmpeg_source", {"local_file": str(file), "looping": True}


def vlc(file):
    return "vlc_source", {
        "playlist": [{"value": str(file)}], "loop": True, "subtitle_enable": True, "subtitle": 1
    }  # fmt: skip


def recorded(home, sources):
    """Show up to four sources of 320x240 side by side for a while, and return OBS' recording of it."""
    for program in ("obs", "Xvfb", "dbus-run-session"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    settings = home / ".config" / "obs-studio"
    (settings / "basic" / "scenes").mkdir(parents=True)
    (settings / "basic" / "profiles" / "Test").mkdir(parents=True)
    (settings / "global.ini").write_text(SETTINGS)
    (settings / "basic" / "profiles" / "Test" / "basic.ini").write_text(PROFILE.format(home))
    (settings / "basic" / "scenes" / "Test.json").write_text(json.dumps(_scenes(sources)))
    home.chmod(0o700)
    with _running("Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", stdout=subprocess.PIPE) as screen:
        environment = {
            "PATH": os.environ["PATH"],
            "DISPLAY": ":" + screen.stdout.readline().decode().strip(),
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LC_ALL": "C.UTF-8",
        }
        command = ["dbus-run-session", "--", "obs", "--multi", "--startrecording"]
        with (home / "log").open("w") as log, _running(*command, env=environment, stdout=log, stderr=log):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and not any(
                each.stat().st_size > ENOUGH for each in home.glob("*.mkv")
            ):
                time.sleep(1)
    recordings = list(home.glob("*.mkv"))
    assert recordings, (home / "log").read_text()[-2000:]
    return recordings[0]


def _scenes(sources):
    items = [
        {"name": name, "id": number, "visible": True, "pos": {"x": number % 2 * 320, "y": number // 2 * 240}}
        for number, name in enumerate(sources)
    ]
    made = [{"name": name, "id": kind, "settings": settings} for name, (kind, settings) in sources.items()]
    scene = {"name": "Scene", "id": "scene", "settings": {"items": items}}
    return {"name": "Test", "current_scene": "Scene", "sources": [scene, *made]}


@contextmanager
def _running(*command, **options):
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
