"""What holds for all plugins."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from media_captioner.config.sources import from_environment

PLUGINS = Path(__file__).parents[1]
TEXTS = {".js", ".lua", ".md", ".py"}
FOLDERS = sorted(path.parent.name for path in PLUGINS.glob("*/README.md"))
TYPED = (  # Resolve's and Premiere's are checked against the types of their hosts; Blender has none to install
    "frameio/media_captioner_frameio.py",
    "generic-mam/media_captioner_mam.py",
    "kdenlive/media_captioner_kdenlive.py",
    "moviepy/media_captioner_moviepy",
    "opentimelineio/media_captioner_otio",
)


@pytest.mark.timeout(300)  # without a cache mypy reads the whole core as well
def test_their_types_hold():
    pytest.importorskip("mypy")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *(f"plugins/{each}" for each in TYPED)],
        cwd=PLUGINS.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_neither_the_core_nor_its_tests_know_of_a_plugin():
    modules = {path.stem for path in PLUGINS.glob("*/media_captioner_*")} | {
        "plugins/(" + "|".join(FOLDERS) + ")"
    }
    wanted = re.compile("|".join(sorted(modules)))
    sources = [
        path for room in ("media_captioner", "tests") for path in (PLUGINS.parent / room).rglob("*.py")
    ]
    assert len(sources) > 300
    assert [path for path in sources if wanted.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_program_runs_where_the_variables_of_a_plugin_are_set(folder):
    """It refuses a variable that looks like a setting of its own and is none."""
    sources = [path.read_text("utf-8") for path in (PLUGINS / folder).glob("**/*.*") if path.suffix in TEXTS]
    for name in set(re.findall(r"\bMEDIA_CAPTIONER_[A-Z_]+\b", "".join(sources))):
        from_environment({name: "1"})


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_plugin_knows_of_another(folder):
    others = {
        path.stem
        for path in PLUGINS.glob("*/media_captioner_*")
        if path.suffix in {"", ".py"} and path.parent.name != folder
    }
    wanted = re.compile(rf"\b({'|'.join(sorted(others))})\b")
    sources = [path for path in (PLUGINS / folder).rglob("*.*") if path.suffix in {".py", ".js", ".lua"}]
    assert sources
    assert [path for path in sources if wanted.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("resolve/media_captioner_resolve.py", (3, 8)),
        ("opentimelineio/media_captioner_otio/marking.py", (3, 9)),
    ],
)
def test_what_runs_in_its_hosts_python_is_read_by_the_oldest_it_names(module, version):
    ast.parse((PLUGINS / module).read_text("utf-8"), feature_version=version)


def test_the_table_has_each_plugin_once():
    rows = re.findall(r"^\| \[[^]]+\]\(([\w-]+)/\)", (PLUGINS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_page_says_what_was_proven_and_under_which_licence(folder):
    page = (PLUGINS / folder / "README.md").read_text("utf-8")
    assert "\n## Proven\n" in page
    assert re.search(r"pytest (-m hosts )?plugins/|pytest tests/", page), "no command proves it"
    assert re.search(r"Apache-2\.0|GPL-3\.0-or-later", page)


@pytest.mark.parametrize("folder", ["resolve", "premiere", "frameio"])
def test_what_was_never_in_its_host_says_so(folder):
    page = " ".join((PLUGINS / folder / "README.md").read_text("utf-8").split())
    assert re.search(r"\*\*(It was not run in|Not run against) ", page)
