"""Headless Chromium: the reader that most people will use for our captions."""

import contextlib
import functools
import http.server
import json
import shutil
import subprocess
import threading
from html import unescape

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--autoplay-policy=no-user-gesture-required", "--hide-scrollbars",
)  # fmt: skip


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # noqa: A002 - the standard library's signature
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on loopback and give its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(url, profile, *arguments, seconds=20):
    """Run Chromium on one page and return its standard output."""
    finished = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", f"--timeout={seconds * 1000}", *arguments, url],
        capture_output=True, timeout=seconds + 60, check=True,
    )  # fmt: skip
    return finished.stdout.decode()


CUES_PAGE = """<!doctype html><meta charset="utf-8"><video id="v"><track id="t" kind="captions" srclang="en"
src="{vtt}" default></video><pre id="out">waiting</pre><script>
const track = document.getElementById("t");
track.track.mode = "showing";
const tell = state => {{
  const cues = track.track.cues ? Array.from(track.track.cues) : [];
  document.getElementById("out").textContent = JSON.stringify({{state, cues: cues.map(
    c => ({{start: c.startTime, end: c.endTime, text: c.getCueAsHTML().textContent}}))}});
}};
track.addEventListener("load", () => tell("loaded"));
track.addEventListener("error", () => tell("error"));
</script>"""


def cues_of(vtt, folder, profile):
    """Return what Chromium's own parser makes of a WebVTT file in ``folder``: (start, end, text) by cue."""
    (folder / "cues.html").write_text(CUES_PAGE.format(vtt=vtt))
    with served(folder) as address:
        dom = run(f"{address}/cues.html", profile, "--virtual-time-budget=8000", "--dump-dom")
    shown = json.loads(unescape(dom.split('<pre id="out">')[1].split("</pre>")[0]))
    assert shown["state"] == "loaded", shown
    return [(cue["start"], cue["end"], cue["text"]) for cue in shown["cues"]]
