"""Each command of the page, run by the real program."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import in_obs
import numpy as np
import pytest

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer

PROGRAM = Path(sys.executable).with_name("media-captioner")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not PROGRAM.exists(), reason="media-captioner is not installed beside this Python"),
]
PAGE = (Path(__file__).parents[1] / "README.md").read_text()
RECIPES = dict(re.findall(r"<!-- run: ([\w-]+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def captioned(tmp_path_factory):
    """A black film with a tone from 1 to 3 s, its captions, and what the page's first commands leave beside it."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    folder = tmp_path_factory.mktemp("film")
    picture = "-f lavfi -i color=black:s=320x240:r=25:d=4"
    sound = "-f lavfi -i \"aevalsrc='if(between(t,1,3),sin(5000*t)/4,0)':d=4\""
    shell(f"ffmpeg -nostdin -v error {picture} {sound} -pix_fmt yuv420p -shortest film.mp4", folder)
    with running(FaultServer(prose="A dog barks from 1 to 3 seconds.")) as service:
        home = {f"XDG_{name}_HOME": str(folder / "home" / name) for name in ("CONFIG", "STATE", "CACHE")}
        settings = {
            "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
            "MEDIA_CAPTIONER_CAPTIONER": "openai-compatible",
            "MEDIA_CAPTIONER_BASE_URL": f"{service.url}/v1",
            "MEDIA_CAPTIONER_MODEL": "m",
        }
        shell(RECIPES["captions"], folder, home | settings)
    return folder


@pytest.fixture
def folder(captioned, tmp_path):
    for path in captioned.glob("film.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def shell(command, folder, environment=None):
    done = subprocess.run(
        ["sh", "-euc", command], env=os.environ | (environment or {}),
        check=False, cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def brightest(path):
    """The brightest luma of the frames from 1.5 to 2.5 s, and that of the frames before 0.8 s."""
    within, before = 0, 0
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            value = int(np.max(frame.to_ndarray(format="gray")))
            if frame.time < 0.8:
                before = max(before, value)
            elif 1.5 < frame.time < 2.5:
                within = max(within, value)
    return within, before


def test_every_recipe_of_the_page_is_run_here():
    assert sorted(RECIPES) == ["burn-ass", "burn-srt", "captions", "extract", "melt", "mux"]


def test_a_muxed_track_is_there_and_comes_out_again(folder):
    shell(RECIPES["mux"], folder)
    with av.open(str(folder / "film.muxed.mp4")) as media:
        assert [stream.type for stream in media.streams] == ["video", "audio", "subtitle"]
        assert media.streams[2].language == "eng"
    shell(RECIPES["extract"], folder)
    assert _said(folder / "film.extracted.srt") == _said(folder / "film.en.sdh.srt") != []


def _said(path):
    """Times and texts of an SRT file."""
    return re.findall(r"(\S+ --> \S+)\s+(.+)", path.read_text("utf-8-sig"))


@pytest.mark.parametrize(
    ("recipe", "written"),
    [("burn-srt", "film.burnt.mp4"), ("burn-ass", "film.burnt-ass.mp4"), ("melt", "film.melt.mp4")],
)
def test_burnt_captions_are_in_the_picture_while_they_last(folder, recipe, written):
    if recipe == "melt" and shutil.which("melt") is None:
        pytest.skip("melt is not installed")
    shell(RECIPES[recipe], folder)
    within, before = brightest(folder / written)
    assert within > 150
    assert before < 40


@pytest.mark.hosts
def test_obs_draws_burnt_captions_and_those_of_a_vlc_source_only(folder):
    shell(RECIPES["mux"], folder)
    shell(RECIPES["burn-srt"], folder)
    muxed = folder / "film.muxed.mp4"
    sources = {
        "burnt": in_obs.media(folder / "film.burnt.mp4"),
        "vlc": in_obs.vlc(muxed),
        "media": in_obs.media(muxed),
    }
    (folder / "obs").mkdir()
    seen = dict.fromkeys(sources, 0)
    with av.open(str(in_obs.recorded(folder / "obs", sources))) as recording:
        for frame in recording.decode(video=0):
            picture = frame.to_ndarray(format="gray")
            for number, name in enumerate(sources):
                quarter = picture[number // 2 * 240 :, number % 2 * 320 :][8:232, 8:312]
                seen[name] = max(seen[name], int(np.max(quarter)))
    assert min(seen["burnt"], seen["vlc"]) > 150, seen
    assert seen["media"] < 60, seen
