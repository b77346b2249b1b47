"""What an installation takes on disk, by package.

    python -m tests.benchmarks.installed_size              # the package with its extra "local"
    python -m tests.benchmarks.installed_size fleet s3     # with other extras

The package is installed into a fresh virtual environment in a temporary folder, from the user's own package
index, as README does it: without bytecode. Then the sample is captioned once, which compiles what is used. Sizes are
bytes of files, not blocks; bytecode is told apart, both that of the first use and, for comparison, what pip would have
compiled. pip itself is not counted, and neither are the weights that ship with the package. What is aimed at for
"local": at most 500 MB (of 10^6 bytes).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

AIM = 500
ROOT = Path(__file__).parents[2]
WEIGHTS = "media_captioner/captioners/local/weights/"

LIST = f"""
import importlib.metadata, importlib.util, json, os
sizes = {{}}
for package in importlib.metadata.distributions():
    kinds = {{"files": 0, "weights": 0, "bytecode": 0}}
    for file in package.files or []:
        place = str(file.locate())
        if file.suffix == ".pyc" or not os.path.exists(place):
            continue
        kinds["weights" if str(file).startswith({WEIGHTS!r}) else "files"] += os.stat(place).st_size
        if file.suffix == ".py":
            compiled = importlib.util.cache_from_source(place)
            kinds["bytecode"] += os.stat(compiled).st_size if os.path.exists(compiled) else 0
    sizes[package.metadata["Name"]] = kinds
print(json.dumps(sizes))
"""

Sizes = dict[str, dict[str, int]]


def sizes(extras: list[str]) -> tuple[Sizes, Sizes]:
    """Install the package with ``extras`` and return bytes by package: after the first use, and wholly compiled."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_DATA_HOME": f"{folder}/data", "XDG_CACHE_HOME": f"{folder}/cache"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        python = str(programs / "python")

        def run(*command: str) -> str:
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            return done.stdout

        wanted = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
        run(python, "-m", "pip", "install", "--quiet", "--no-compile", wanted)
        sample = str(ROOT / "samples" / "street-scene.mp4")
        run(str(programs / "media-captioner"), "caption", sample, "--out", f"{folder}/out")
        used = json.loads(run(python, "-c", LIST))
        run(python, "-m", "compileall", "-q", sysconfig.get_path("purelib", vars={"base": folder}))
        return _told(used), _told(json.loads(run(python, "-c", LIST)))


def _told(found: Sizes) -> Sizes:
    return {name: kinds for name, kinds in found.items() if name != "pip"}


def main() -> None:
    """Print a table."""
    used, whole = sizes(sys.argv[1:] or ["local"])
    print(f"{'':28}{'MB':>8}{'bytecode':>10}{'all of it':>11}")
    for name, kinds in sorted(used.items(), key=lambda item: -item[1]["files"]):
        print(
            f"{name:28}{kinds['files'] / 1e6:8.2f}{kinds['bytecode'] / 1e6:10.2f}{whole[name]['bytecode'] / 1e6:11.2f}"
        )
    files, weights, bytecode = (
        sum(kinds[kind] for kinds in used.values()) / 1e6 for kind in ("files", "weights", "bytecode")
    )
    everything = sum(kinds["bytecode"] for kinds in whole.values()) / 1e6
    print(f"{len(used)} packages: {files:.0f} MB of files, {weights:.1f} MB of weights inside not counted")
    print(
        f"with the bytecode of what was used {files + bytecode:.0f} MB, of everything {files + everything:.0f} MB"
    )
    print(f"(aim for 'local': {AIM} MB)")


if __name__ == "__main__":
    main()
