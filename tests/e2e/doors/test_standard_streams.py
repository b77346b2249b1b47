"""Standard streams that are full or closed: the work is done all the same, or its end is said."""

import os
import subprocess

import pytest

from tests.e2e.user import COMMAND, Place, make_clip


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def run(place, *arguments, **streams):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], env=place.environment, timeout=100, check=False, **streams
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's device that is always full")
@pytest.mark.parametrize("command", [["--help"], ["config"], ["config", "--json"]])
def test_a_full_disk_under_standard_output_is_no_bug(place, command):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        told = run(place, *command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (told.returncode, told.stderr) == (
        6,
        "error: Cannot write to standard output: no space left on device\n",
    )


@pytest.mark.parametrize("closed", [(0, 1, 2), (1,), (2,)])
def test_whoever_starts_us_may_close_the_standard_streams(place, tmp_path, closed):
    clip = make_clip(tmp_path / "media" / "clip.mp4")

    def close():
        for number in closed:
            os.close(number)

    done = run(place, "caption", "--captioner", "emulated", clip, preexec_fn=close)
    assert done.returncode == 0
    assert sorted(path.name for path in clip.parent.iterdir()) == [
        "clip.en.vtt",
        "clip.media_captioner.json",
        "clip.mp4",
        "clip.xmp",
    ]
