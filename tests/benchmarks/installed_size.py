"""What an installation takes on disk, by package.

    python -m tests.benchmarks.installed_size              # the package with its extra "local"
    python -m tests.benchmarks.installed_size fleet s3     # with other extras

The package is installed into a fresh virtual environment in a temporary folder, from the user's own package
index, as pip does it: with compiled bytecode. Sizes are bytes of files, not blocks; bytecode is told apart. pip
itself is not counted, and neither are the weights that ship with the package. What is aimed at for "local": at
most 500 MB (of 10^6 bytes).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

AIM = 500
ROOT = Path(__file__).parents[2]
WEIGHTS = "media_captioner/captioners/local/weights/"

LIST = f"""
import importlib.metadata, json, os
sizes = {{}}
for package in importlib.metadata.distributions():
    kinds = {{"files": 0, "bytecode": 0, "weights": 0}}
    for file in package.files or []:
        kind = "bytecode" if file.suffix == ".pyc" else "weights" if str(file).startswith({WEIGHTS!r}) else "files"
        place = file.locate()
        kinds[kind] += os.stat(place).st_size if os.path.exists(place) else 0
    sizes[package.metadata["Name"]] = kinds
print(json.dumps(sizes))
"""


def sizes(extras: list[str]) -> dict[str, dict[str, int]]:
    """Install the package with ``extras`` and return bytes by package: files, bytecode and weights."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        wanted = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--compile", wanted], check=True)
        listed = subprocess.run([python, "-c", LIST], check=True, capture_output=True, text=True).stdout
    return {name: kinds for name, kinds in json.loads(listed).items() if name != "pip"}


def main() -> None:
    """Print a table."""
    found = sizes(sys.argv[1:] or ["local"])
    print(f"{'':28}{'MB':>8}{'bytecode':>10}")
    for name, kinds in sorted(found.items(), key=lambda item: -item[1]["files"] - item[1]["bytecode"]):
        print(f"{name:28}{kinds['files'] / 1e6:8.2f}{kinds['bytecode'] / 1e6:10.2f}")
    files = sum(kinds["files"] for kinds in found.values()) / 1e6
    bytecode = sum(kinds["bytecode"] for kinds in found.values()) / 1e6
    weights = sum(kinds["weights"] for kinds in found.values()) / 1e6
    print(
        f"{len(found)} packages: {files:.0f} MB of files, {bytecode:.0f} MB of bytecode, together {files + bytecode:.0f} MB"
    )
    print(f"(aim for 'local': {AIM} MB without the weights that ship inside, {weights:.1f} MB)")


if __name__ == "__main__":
    main()
