"""What the add-on does without Blender, and all of it in Blender where there is one."""

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.media import Picture, Sound, beeping, write_media

ADDON = Path(__file__).parents[1] / "media_captioner_blender"
CUES = [
    {"start": 2, "end": 3.5, "text": "[dog barking]", "category": "effects"},
    {"start": 6, "end": 7.5, "text": "MAN: Hello there,\nhow are you?", "category": "speech"},
]
_SPEC = importlib.util.spec_from_file_location(
    "addon_cues", ADDON / "cues.py"
)  # its package would import bpy
cues = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(cues)


@pytest.fixture
def media(tmp_path):
    path = write_media(
        tmp_path / "film.mp4", "mp4", Sound(beeping(10, 2)), picture=Picture(Fraction(10), size=(640, 360))
    )
    sidecar(path)
    return path


def sidecar(path, schema="media_captioner/sidecar@1"):
    document = {
        "schema": schema,
        "media": {"fingerprint": {"size": path.stat().st_size}, "duration": 10},
        "cues": CUES,
    }
    path.with_name("film.media_captioner.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ((1, 251, 1, Fraction(25)), [(51, 88), (151, 188)]),
        ((71, 251, 1, Fraction(25)), [(71, 88), (151, 188)]),  # trimmed at its beginning
        ((1, 161, 1, Fraction(25)), [(51, 88), (151, 161)]),  # trimmed at its end
        ((1, 126, 1, Fraction(25, 2)), [(26, 45), (76, 95)]),  # twice as fast
        ((90, 150, 1, Fraction(25)), []),
    ],
)
def test_cues_fall_on_the_frames_that_show_them(media, shown, expected):
    placed = cues.place(cues.sidecar_of(media), cues.Shown(*shown))
    assert [(cue.start, cue.end) for cue in placed] == expected


def test_each_thing_that_is_wrong_is_said(media, tmp_path):
    with pytest.raises(cues.Trouble, match="caption it first"):
        cues.sidecar_of(tmp_path / "other.mp4")
    sidecar(media, "media_captioner/sidecar@9")
    with pytest.raises(cues.Trouble, match="another version"):
        cues.sidecar_of(media)
    sidecar(media)
    with media.open("ab") as grown:
        grown.write(b"more")
    with pytest.raises(cues.Trouble, match="changed since"):
        cues.sidecar_of(media)


def test_the_manifest_says_what_blender_asks_for():
    manifest = tomllib.loads((ADDON / "blender_manifest.toml").read_text("utf-8"))
    needed = {
        "schema_version",
        "id",
        "version",
        "name",
        "tagline",
        "maintainer",
        "type",
        "blender_version_min",
        "license",
    }
    assert needed <= manifest.keys()
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64
        assert text[-1].isalnum()


@pytest.mark.hosts
@pytest.mark.timeout(240)
def test_in_blender(media, tmp_path):
    python = os.environ.get("BPY_PYTHON")
    if not python:
        pytest.skip("BPY_PYTHON names no Python that has bpy")
    from PIL import Image

    script = Path(__file__).with_name("in_blender.py")
    with running(FaultServer(prose="A dog barks from 1 to 3 seconds.")) as service:
        environment = {
            "MEDIA_CAPTIONER_COMMAND": str(Path(sys.executable).with_name("media-captioner")),
            "MEDIA_CAPTIONER_CAPTIONER": "openai-compatible",
            "MEDIA_CAPTIONER_BASE_URL": f"{service.url}/v1",
            "MEDIA_CAPTIONER_MODEL": "m",
            "TMPDIR": str(tmp_path),  # where it leaves a folder: it is not ended as a person would
            "BLENDER_USER_RESOURCES": str(tmp_path / "blender"),
            **{f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "CACHE")},
        }
        run = subprocess.run(
            [python, script, media, tmp_path],
            env=os.environ | environment,
            check=False, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert "as expected in Blender" in run.stdout, run.stdout + run.stderr
    bright = [  # Blender's view transform darkens white
        sum(Image.open(tmp_path / f"{name}.png").convert("L").crop((0, 240, 640, 360)).histogram()[150:])
        for name in ("with", "without")
    ]
    assert bright[0] > 500 > bright[1]
