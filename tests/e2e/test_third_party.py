"""Plugins of others, as wheels, in an environment that has our wheel and nothing of this repository."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import platformdirs
import pytest

from tests.e2e.user import make_clip

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(400)]

HERE = Path(__file__).parent
PROJECTS = HERE / "third_party"


def pip(*arguments):
    words = [sys.executable, "-m", "pip", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=380, check=False)
    if done.returncode:
        pytest.skip(f"pip cannot do it here: {done.stderr.strip().splitlines()[-1:]}")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the ``media-captioner`` of an environment with our wheel, those of the plugins, and what ours needs.

    What ours needs is fetched once, and kept in the user's cache folder.
    """
    folder = tmp_path_factory.mktemp("wheels")
    projects = shutil.copytree(PROJECTS, folder / "projects")  # they are built where they lie
    sources = [HERE.parents[1], *sorted(projects.iterdir())]
    pip("wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "built", *sources)
    needs = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text())["project"]["dependencies"]
    name = hashlib.sha256(repr((sys.version_info[:2], needs)).encode()).hexdigest()[:12]
    environment = Path(platformdirs.user_cache_dir("media-captioner-tests")) / f"third-party-{name}"
    python, done = environment / "bin" / "python", environment / "installed"
    if not done.exists():
        venv.create(environment, with_pip=False, clear=True)
        pip("--python", python, "install", "--quiet", *needs)
        done.touch()
    wheels = sorted((folder / "built").glob("*.whl"))
    pip("--python", python, "install", "--quiet", "--no-deps", "--force-reinstall", *wheels)
    return python.with_name("media-captioner")


@pytest.fixture
def command(installed, tmp_path):
    """Run the command line of the clean environment, far from the repository."""
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUTF8": "1"}

    def call(*arguments, plugins=None):
        named = {} if plugins is None else {"MEDIA_CAPTIONER_PLUGINS": plugins}
        return subprocess.run(
            [installed, *map(str, arguments)],
            env=plain | named,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


def test_a_plugin_of_others_brings_a_captioner_a_format_a_command_and_an_ear(command, tmp_path):
    clip = make_clip(tmp_path / "media" / "clip.mp4")
    done = command("caption", "--captioner", "parrot", "--formats", "vtt,tags", clip, plugins="soundtags")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    vtt, tags = clip.with_name("clip.en.vtt").read_text(), clip.with_suffix(".tags.txt")
    assert "[soundtags was here]" in vtt
    assert "dog bark" in vtt
    assert "[soundtags was here]" in tags.read_text()
    assert clip.with_suffix(".heard.txt").read_text().startswith("done: ")
    sidecar = json.loads(clip.with_suffix(".media_captioner.json").read_text())
    assert "parrot" in json.dumps(sidecar["captioner"])
    assert command("tag-count", tags, plugins="soundtags").stdout.strip() == str(
        len(tags.read_text().splitlines()) - 1
    )
    assert "tag-count" in command("--help", plugins="soundtags").stdout
    assert "tags" in command("formats", plugins="soundtags").stdout
    # Without it nothing of it is there.
    assert command("caption", "--captioner", "parrot", clip, plugins="").returncode == 2
    assert command("tag-count", tags, plugins="").returncode == 2


def test_plugins_that_misbehave_harm_nobody(command, tmp_path):
    clip = make_clip(tmp_path / "media" / "clip.mp4")
    settings = tmp_path / ".config" / "media-captioner" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("plugin_seconds = 1\n")
    done = command("caption", "--captioner", "parrot", clip)
    assert done.returncode == 0, done.stderr
    assert "done" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "[soundtags was here]" in clip.with_name("clip.en.vtt").read_text()
    assert clip.with_suffix(".heard.txt").exists()
    for name, said in (
        ("at-import", "RuntimeError: not today"),
        ("exits-at-import", "SystemExit: enough"),
        ("wrong-arguments", "it has asset_done(event, path), and the hook is asset_done(event"),
        ("misspelt", "there is no hook 'asset_finished'; did you mean asset_f"),
        ("takes-our-names", "there is a captioner 'local' already"),
        ("raises", "asset_found: ValueError: no"),
        ("raises", "cues_ready: RecursionError"),
        ("stops", "plan_made: SystemExit"),
        ("stops", "sidecars_written: KeyboardInterrupt"),
        ("waits-for-ever", "did not return within 1 s"),
        ("returns-junk", "dict was returned, not Captions"),
        ("returns-junk", "it returned int, and nothing is to be returned"),
        ("wanders", "it changed the working folder, the environment, the standard streams"),
    ):
        assert any(name in line and said in line for line in done.stderr.splitlines()), (name, done.stderr)
    listed = [json.loads(line) for line in command("hooks", "list", "--json").stdout.splitlines()]
    assert {entry["name"] for entry in listed if "error" in entry} == {
        "at-import",
        "exits-at-import",
        "misspelt",
        "takes-our-names",
        "wrong-arguments",
    }
    assert command("hooks", "doctor").returncode == 1
    assert command("hooks", "test").returncode == 7
    assert (
        command("hooks", "test", plugins="soundtags").returncode == 7
    )  # it writes beside a file that is not there
