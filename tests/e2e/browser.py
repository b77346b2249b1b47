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
def served(folder, handler=_Quiet):
    """Serve a folder on loopback and give its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
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


# Headless Chromium takes its picture at the load event, so an image that is answered late holds the event back until
# the frame that was sought, and its caption, have been painted. The film comes as one blob: the server knows no ranges.
FILM_PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#000">
<video id="v" width="{width}" muted><track kind="captions" srclang="en" src="{vtt}" default></video>
<img src="shown.png" style="display:none"><script>
const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => fetch("painted")));
const video = document.getElementById("v");
video.textTracks[0].mode = "{mode}";
video.addEventListener("loadeddata", () => {{ video.currentTime = {at}; }}, {{once: true}});
video.addEventListener("seeked", () => setTimeout(painted, 300));
fetch("{film}").then(answer => answer.blob()).then(blob => {{ video.src = URL.createObjectURL(blob); }});
</script>"""


class _Film(_Quiet):
    painted = threading.Event()

    def do_GET(self):
        if self.path == "/shown.png":
            self.painted.wait(30)
        if self.path == "/painted":
            self.painted.set()
        super().do_GET()


def screenshot(film, vtt, at, folder, profile, *, showing=True, size=(1280, 720)):
    """Return the PNG that Chromium paints of a film in ``folder`` at ``at`` seconds, with its captions or without."""
    page = FILM_PAGE.format(film=film, vtt=vtt, at=at, width=size[0], mode="showing" if showing else "hidden")
    (folder / "film.html").write_text(page)
    out = folder / "shown.screenshot.png"
    handler = type("Film", (_Film,), {"painted": threading.Event()})
    with served(folder, handler) as address:
        run(
            f"{address}/film.html",
            profile,
            f"--window-size={size[0]},{size[1]}",
            f"--screenshot={out}",
            seconds=40,
        )
        assert handler.painted.is_set(), "the film was never painted"
    return out.read_bytes()
