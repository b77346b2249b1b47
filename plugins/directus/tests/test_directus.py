"""The extension's logic in Node; against_directus.py runs it in Directus."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[1]
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_its_logic_holds_in_node():
    done = subprocess.run(
        [NODE, "--test", str(EXTENSION / "tests" / "captions.test.js")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]) >= 8


def test_directus_finds_what_its_package_names():
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    extension = package["directus:extension"]
    assert extension["type"] == "hook"
    assert extension["host"] == ">=10.10.0"  # an older Directus does not load it, and says so
    assert {extension["path"], extension["source"]} <= set(package["files"])
    assert all((EXTENSION / name).is_file() for name in package["files"])
