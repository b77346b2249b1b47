"""Each command of the page, run by the real program."""

import re
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

PAGE = (Path(__file__).parents[1] / "README.md").read_text()
RECIPES = dict(re.findall(r"<!-- run: ([\w-]+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))
SRT = "1\n00:00:01,000 --> 00:00:03,000\n[dog barking]\n"


@pytest.fixture
def folder(tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    (tmp_path / "film.en.sdh.srt").write_text(SRT)
    shell("ffmpeg -nostdin -v error -i film.en.sdh.srt film.en.ass", tmp_path)
    picture = "-f lavfi -i color=black:s=320x240:r=25:d=4 -f lavfi -i sine=d=4"
    shell(f"ffmpeg -nostdin -v error {picture} -pix_fmt yuv420p -shortest film.mp4", tmp_path)
    return tmp_path


def shell(command, folder):
    done = subprocess.run(
        ["sh", "-euc", command], check=False, cwd=folder, capture_output=True, text=True, timeout=120
    )
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
    assert sorted(RECIPES) == ["burn-ass", "burn-srt", "extract", "melt", "mux"]


def test_a_muxed_track_is_there_and_comes_out_again(folder):
    shell(RECIPES["mux"], folder)
    with av.open(str(folder / "film.muxed.mp4")) as media:
        assert [stream.type for stream in media.streams] == ["video", "audio", "subtitle"]
        assert media.streams[2].language == "eng"
    shell(RECIPES["extract"], folder)
    assert (folder / "film.extracted.srt").read_text().strip() == SRT.strip()


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
