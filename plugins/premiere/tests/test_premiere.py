"""The panel: its logic in Node, its types against Adobe's, its page in a real browser."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import platformdirs
import pytest

PANEL = Path(__file__).parents[1]
NODE, NPM = shutil.which("node"), shutil.which("npm")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def test_its_logic_holds_in_node():
    tests = sorted(str(path) for path in (PANEL / "tests").glob("*.test.js"))
    done = subprocess.run([NODE, "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]) >= 20


def test_an_older_premiere_does_not_load_it():
    host = json.loads((PANEL / "manifest.json").read_text("utf-8"))["host"]
    assert host == {"app": "premierepro", "minVersion": "25.6.0"}  # the first release that runs panels


@pytest.mark.skipif(NPM is None, reason="npm is not installed")
@pytest.mark.timeout(300)
def test_it_keeps_to_adobes_types():
    cache = Path(platformdirs.user_cache_dir("media-captioner-tests")) / "premiere"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copy(PANEL / "package.json", cache)
    if not (cache / "node_modules" / "@adobe" / "premierepro").is_dir():
        made = subprocess.run(
            [NPM, "install", "--silent", "--no-audit"], cwd=cache, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            pytest.skip(f"npm cannot install the types: {made.stderr.strip()[-200:]}")
    for name in ("marks.js", "xmp.js", "host.js", "panel.js", "uxp.d.ts", "tsconfig.json"):
        shutil.copy(PANEL / name, cache)
    compiler = [NODE, str(cache / "node_modules" / "typescript" / "bin" / "tsc"), "-p", str(cache)]
    right = subprocess.run(compiler, capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout
    wrong = (
        (cache / "host.js")
        .read_text("utf-8")
        .replace("createAddMarkerAction(each.name,", "createAddMarkerAction(each.start, 7,")
    )
    (cache / "host.js").write_text(wrong, "utf-8")
    assert subprocess.run(compiler, capture_output=True, text=True, check=False).returncode != 0


# The panel as UXP runs it, with a stand-in for Premiere and for the disk.
PAGE = """
const sources = %(sources)s, files = %(files)s, made = {};
function require(name) {
  if (name === "premierepro") return window.stand.ppro;
  if (name === "fs") return { readFile: async (url) => { if (!(url in files)) throw new Error("no file"); return files[url]; } };
  const key = name.replace("./", "");
  if (!made[key]) {
    const module = { exports: {} };
    new Function("module", "exports", "require", sources[key])(module, module.exports, require);
    made[key] = module.exports;
  }
  return made[key];
}
const { Stand } = require("./premiere.js");
window.stand = new Stand();
stand.clip("street scene.mov", { path: "/films/clip.mov" });
stand.clip("gone.mov", { offline: true });
stand.clip("<b>it's</b> raw.mov", { path: "/films/it's raw.mov" });
new Function("require", sources["panel.js"])(require);
document.getElementById("bring").click();
"""


def _page(folder):
    names = ("marks.js", "xmp.js", "host.js", "panel.js")
    sources = {name: (PANEL / name).read_text("utf-8") for name in names}
    sources["premiere.js"] = (PANEL / "tests" / "premiere.js").read_text("utf-8")
    sidecar = {
        "schema": "media_captioner/sidecar@1", "media": {}, "keywords": ["rain"], "summary": "Rain.",
        "cues": [{"start": 1, "end": 2, "text": "[rain]", "category": "ambience"}],
    }  # fmt: skip
    files = {"file:/films/clip.media_captioner.json": json.dumps(sidecar)}
    script = PAGE % {"sources": json.dumps(sources), "files": json.dumps(files)}
    html = (PANEL / "index.html").read_text("utf-8")
    inline = "<script>" + script.replace("</", "<\\/") + "</script>"
    html = html.replace('<script src="panel.js"></script>', inline)
    (folder / "index.html").write_text(html, "utf-8")
    shutil.copy(PANEL / "panel.css", folder)
    return (folder / "index.html").as_uri()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_its_page_tells_what_became_of_each_clip(tmp_path):
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    flags += [
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=4000",
        "--window-size=300,620",
    ]
    url = _page(tmp_path)
    shown = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", url], capture_output=True, text=True, check=True, timeout=90
    ).stdout
    listed = unescape(shown.split('<ul id="results"')[1].split("</ul>")[0])
    assert "street scene.mov" in listed
    assert "1 marker<" in listed
    assert "relink" in listed
    assert "media-captioner caption --formats vtt,srt,xmp,premiere -- '/films/it'\\''s raw.mov'" in listed
    assert "<b>" not in shown.split('<ul id="results"')[1].split("</ul>")[0]  # a name is text
    if picture := os.environ.get("MEDIA_CAPTIONER_PICTURES"):
        subprocess.run(
            [CHROMIUM, *flags, f"--screenshot={picture}/premiere.png", url],
            capture_output=True,
            check=True,
            timeout=90,
        )
