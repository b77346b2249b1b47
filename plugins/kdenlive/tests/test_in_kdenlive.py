"""Kdenlive itself opens a project with our guides, shows them in their colours, and keeps them when it saves."""

import json
import os
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from fractions import Fraction

import pytest
from media_captioner_kdenlive import MARK, main

from media_captioner.testing.media import Picture, Sound, beeping, write_media

PROGRAMS = ("kdenlive", "Xvfb", "xdotool", "dbus-run-session", "ffmpeg")
SECONDS = 60  # that Kdenlive may take
YELLOW, BLUE = (0xC9, 0xCE, 0x3B), (0x3D, 0xAE, 0xE9)  # of the categories for effects and speech
CUES = [
    {"start": 2, "end": 3.5, "text": "[dog barking]", "category": "effects"},
    {"start": 6, "end": 7.5, "text": "Hello.", "category": "speech"},
]
OURS = [(75, 4), (175, 1), (300, 4), (350, 1)]  # frames and categories, through the edit of PROJECT
PROJECT = """<mlt LC_NUMERIC="C" producer="main_bin" version="7.12.0" root="{folder}">
 <profile frame_rate_num="25" frame_rate_den="1" width="1280" height="720" display_aspect_num="16"
  display_aspect_den="9" sample_aspect_num="1" sample_aspect_den="1" progressive="1" colorspace="709"/>
 <chain id="film" out="249"><property name="length">250</property><property name="resource">film.mp4</property>
  <property name="mlt_service">avformat-novalidate</property><property name="kdenlive:id">2</property></chain>
 <chain id="shown" out="249"><property name="length">250</property><property name="resource">film.mp4</property>
  <property name="mlt_service">avformat-novalidate</property><property name="kdenlive:id">2</property>
  <property name="set.test_audio">1</property><property name="set.test_image">0</property></chain>
 <producer id="fast" in="0" out="124"><property name="length">125</property>
  <property name="resource">2:{folder}/film.mp4</property><property name="mlt_service">timewarp</property>
  <property name="warp_speed">2</property><property name="warp_resource">{folder}/film.mp4</property>
  <property name="kdenlive:id">2</property>
  <property name="set.test_audio">1</property><property name="set.test_image">0</property></producer>
 <producer id="black"><property name="length">2147483647</property><property name="resource">black</property>
  <property name="mlt_service">color</property></producer>
 <playlist id="main_bin"><property name="kdenlive:docproperties.version">1.04</property>
  <property name="kdenlive:docproperties.kdenliveversion">22.12.3</property>
  <property name="kdenlive:docproperties.profile">atsc_720p_25</property>
  <property name="kdenlive:docproperties.uuid">{{11111111-2222-3333-4444-555555555555}}</property>
  <property name="kdenlive:docproperties.documentid">1700000000000</property>
  <property name="kdenlive:docproperties.guides">[{{"comment": "mine", "pos": 12, "type": 2}}]</property>
  <property name="xml_retain">1</property><entry producer="film" in="0" out="249"/></playlist>
 <playlist id="a"><blank length="50"/>
  <entry producer="shown" in="25" out="249"><property name="kdenlive:id">2</property></entry>
  <entry producer="fast" in="0" out="124"><property name="kdenlive:id">2</property></entry></playlist>
 <playlist id="b"/>
 <tractor id="v" in="0" out="399"><property name="kdenlive:track_name">V1</property>
  <track hide="audio" producer="a"/><track hide="audio" producer="b"/></tractor>
 <tractor id="all" in="0" out="399" global_feed="1"><track producer="black"/><track producer="v"/></tractor>
</mlt>"""


@contextmanager
def running(*command, **options):
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # asked to end, Kdenlive would ask whether to save


def guides(project):
    holders = [each for each in ET.parse(project).iter("property") if each.get("name").endswith(".guides")]
    assert len(holders) == 1
    return sorted(
        (guide["pos"], guide["type"], guide["comment"].startswith(MARK))
        for guide in json.loads(holders[0].text)
    )


@pytest.mark.hosts
@pytest.mark.timeout(3 * SECONDS)
def test_kdenlive_shows_guides_and_keeps_them(tmp_path):
    for program in PROGRAMS:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    from PIL import Image

    film = write_media(
        tmp_path / "film.mp4", "mp4", Sound(beeping(10, 2)), picture=Picture(Fraction(10), size=(640, 360))
    )
    document = {
        "schema": "media_captioner/sidecar@1",
        "media": {"fingerprint": {"size": film.stat().st_size}},
        "cues": CUES,
    }
    (tmp_path / "film.media_captioner.json").write_text(json.dumps(document))
    project = tmp_path / "cut.kdenlive"
    project.write_text(PROJECT.format(folder=tmp_path))
    assert main([str(project)]) == 0
    written = project.read_bytes()
    assert guides(project) == [(12, 2, False), *((at, kind, True) for at, kind in OURS)]

    add_a_guide_in_kdenlive(project)
    assert project.read_bytes() != written
    saved = [(0, 0, False), (12, 2, False), *((at, kind, True) for at, kind in OURS)]
    assert guides(project) == saved
    timeline = Image.open(tmp_path / "screen.png").convert("RGB").crop((0, 450, 1200, 900))
    pixels = list(timeline.getdata())
    assert min(pixels.count(YELLOW), pixels.count(BLUE)) > 500

    assert main([str(project)]) == 0  # the shape that Kdenlive writes
    assert guides(project) == saved


def add_a_guide_in_kdenlive(project):
    """Open a project, take a picture of the screen, put a guide at its beginning, and save."""
    home = project.parent / "home"
    home.mkdir(mode=0o700)
    (home / "tmp").mkdir()
    with running("Xvfb", "-displayfd", "1", "-screen", "0", "1600x900x24", stdout=subprocess.PIPE) as screen:
        display = ":" + screen.stdout.readline().decode().strip()
        environment = {
            "PATH": os.environ["PATH"],
            "DISPLAY": display,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "TMPDIR": str(home / "tmp"),  # where a start that was broken off is remembered, and asked about
            "SDL_AUDIODRIVER": "dummy",
            "LC_ALL": "C.UTF-8",
        }
        end = time.monotonic() + SECONDS

        def hands(*command):
            return subprocess.run(
                ["xdotool", *command], env=environment, capture_output=True, text=True, check=False
            ).stdout

        def window(title):
            while time.monotonic() < end:
                for each in hands("search", "--onlyvisible", "--name", ".").split():
                    name = hands("getwindowname", each)
                    if title in name:
                        return each
                    if "Welcome" in name:  # it misses a package that is not needed here
                        hands("windowfocus", each)
                        hands("key", "Return")
                time.sleep(0.5)
            pytest.fail(f"Kdenlive has no window {title!r}: {(home / 'log').read_text()[-2000:]}")

        with (
            (home / "log").open("w") as log,
            running(
                "dbus-run-session", "--", "kdenlive", str(project), env=environment, stdout=log, stderr=log
            ),
        ):
            main_window = window("cut / ")
            hands("windowsize", main_window, "1600", "900")
            hands("windowfocus", main_window)
            time.sleep(5)  # it draws its timeline after its window
            grab = ["ffmpeg", "-v", "error", "-f", "x11grab", "-video_size", "1600x900", "-i", display]
            subprocess.run([*grab, "-frames:v", "1", project.parent / "screen.png"], check=True)
            hands("key", "g")
            hands("windowfocus", window("Edit Guide"))
            time.sleep(1)
            hands("key", "Return")
            window("cut */ ")  # it changed
            hands("windowfocus", main_window)
            time.sleep(1)
            hands("key", "ctrl+s")
            window("cut / ")
