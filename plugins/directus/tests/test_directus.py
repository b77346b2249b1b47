"""The extension's logic in Node; against_directus.py runs it in Directus."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[1]
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_its_logic_holds_in_node():
    tests = sorted(str(path) for path in (EXTENSION / "tests").glob("*.test.js"))
    done = subprocess.run(
        [NODE, "--test", *tests],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]) >= 12


def test_directus_finds_what_its_package_names():
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    extension = package["directus:extension"]
    assert extension["type"] == "hook"
    assert extension["host"] == ">=10.10.0"  # for Directus' marketplace; Directus itself does not look at it
    assert {extension["path"], extension["source"]} <= set(package["files"])
    assert all((EXTENSION / name).is_file() for name in package["files"])


@pytest.mark.hosts
@pytest.mark.timeout(900)
def test_in_directus():
    folder, node = os.environ.get("DIRECTUS_FOLDER"), os.environ.get("DIRECTUS_NODE")
    if not folder:
        pytest.skip("DIRECTUS_FOLDER names no folder in which Directus is installed")
    command = [sys.executable, EXTENSION / "tests" / "against_directus.py", folder]
    done = subprocess.run([*command, *([node] if node else [])], capture_output=True, text=True, check=False)
    assert "all well" in done.stdout, done.stdout[-5000:] + done.stderr[-5000:]
