"""Captions for Frame.io (API v4): a custom action that captions a file and writes timed comments on it.

``serve`` answers the custom action: it verifies the signature, answers at once, and then fetches the file, captions it
with media-captioner and posts the comments. ``post`` writes the comments of a sidecar that is there already.

Sources: Frame.io developer documentation, "Custom actions" and "Webhooks" (signature v0), and Adobe's own package
``frameio`` 4.0.0 for the requests. Needs httpx.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx

__version__ = "0.1.0"

SCHEMA = "media_captioner/sidecar@1"
API = "https://api.frame.io"
SEAL = "#media_captioner"
"""The last word of each comment of ours: how it is known again. Remove it, and the comment is yours."""
TOLERANCE = 300
"""Seconds by which a request may be old or early (Frame.io's own advice is five minutes)."""
MOST_BYTES = 64 * 1024
LARGEST = 50 * 10**9
TRIES = 5


class Trouble(Exception):
    """What went wrong, and what to do."""


class Target(NamedTuple):
    """A file at Frame.io."""

    account: str
    file: str


class Comment(NamedTuple):
    """A timed comment; times are frames of the file."""

    text: str
    frame: int
    length: int


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """Return whether a request was signed by Frame.io with ``secret``, and not long ago nor ahead."""
    stamp = headers.get("x-frameio-request-timestamp", "")
    given = headers.get("x-frameio-signature", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE:
        return False
    signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={signed}", given)


def target_of(body: bytes) -> Target:
    """Return the file that a custom action was called on.

    Raises:
        Trouble: it was called on something else.

    """
    try:
        document = json.loads(body)
        resource = document["resource"]
        found = Target(str(document["account_id"]), str(resource["id"]))
    except (ValueError, KeyError, TypeError):
        raise Trouble("This is no custom action of Frame.io.") from None
    if resource.get("type") != "file" or not all(part.replace("-", "").isalnum() for part in found):
        raise Trouble("Captions are made of files: call the action on a video or a sound.")
    return found


def comments_of(sidecar: Mapping[str, Any]) -> list[Comment]:
    """Return the comments that a sidecar's cues make.

    Raises:
        Trouble: the sidecar is of a version that is not known.

    """
    if sidecar.get("schema") != SCHEMA:
        raise Trouble(
            f"The sidecar is a {sidecar.get('schema')!r} and {SCHEMA!r} is read: use one version of both."
        )
    video = sidecar["media"].get("video") or {}
    rate = Fraction(str((video.get("frame_rate") or {}).get("rate", 25)))
    made = []
    for cue in sidecar["cues"]:
        start, end = (round(Fraction(str(cue[name])) * rate) for name in ("start", "end"))
        made.append(Comment(f"{' '.join(cue['text'].split())} {SEAL}", start, max(1, end - start)))
    return made


class FrameIo:
    """The calls that are made, each again where it may pass by itself.

    Args:
        token: OAuth access token of an Adobe technical account.
        api: Where Frame.io answers.
        sleep: How to wait.

    """

    def __init__(self, token: str, api: str = API, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = httpx.Client(
            base_url=api, headers={"authorization": f"Bearer {token}"}, timeout=60, follow_redirects=False
        )
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _call(self, method: str, path: str, **more: Any) -> Any:
        said = ""
        for attempt in range(TRIES):
            try:
                answer = self._client.request(method, path, **more)
            except httpx.TransportError as error:
                said = f"{type(error).__name__}: {error}"
                self._sleep(2.0**attempt)
                continue
            if answer.is_success:
                return answer.json() if answer.content else {}
            said = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code not in {429, 500, 502, 503, 504}:
                break
            asked = answer.headers.get("retry-after", "")
            self._sleep(min(60.0, float(asked)) if asked.isdigit() else 2.0**attempt)
        hint = " Is the token still good?" if said.startswith("401") else ""
        raise Trouble(f"Frame.io refused {method} {path.partition('?')[0]}: {said}.{hint}")

    def original(self, target: Target) -> tuple[str, str]:
        """Return the name of a file and the address of its original."""
        path = f"/v4/accounts/{target.account}/files/{target.file}"
        data = self._call("GET", path, params={"include": "media_links.original"})["data"]
        try:
            return str(data["name"]), str(data["media_links"]["original"]["download_url"])
        except (KeyError, TypeError):
            raise Trouble("The file has no original to fetch yet; is it still being uploaded?") from None

    def fetch(self, url: str, to: Path) -> None:
        """Fetch an original; the address is signed, so the token is not sent along."""
        partial = to.with_name(f"{to.name}.part")
        size = 0
        try:
            with (
                httpx.stream("GET", url, timeout=60, follow_redirects=False) as answer,
                partial.open("wb") as file,
            ):
                if not answer.is_success:
                    raise Trouble(f"The original could not be fetched: {answer.status_code}.")
                for block in answer.iter_bytes(1 << 20):
                    size += len(block)
                    if size > LARGEST:
                        raise Trouble(f"The original is larger than {LARGEST // 10**9} GB.")
                    file.write(block)
            partial.replace(to)
        finally:
            partial.unlink(missing_ok=True)

    def standing(self, target: Target) -> Iterator[Mapping[str, Any]]:
        """Yield the comments on a file, page by page."""
        path: str | None = f"/v4/accounts/{target.account}/files/{target.file}/comments?page_size=100"
        while path:
            page = self._call("GET", path)
            yield from page["data"]
            path = (page.get("links") or {}).get("next")

    def post(self, target: Target, comments: list[Comment]) -> tuple[int, int]:
        """Make ``comments`` our comments on a file; nobody else's are touched.

        Returns:
            How many were written, and how many of ours were taken away.

        """
        missing = {(each.text, str(each.frame)): each for each in comments}
        stale = []
        for found in self.standing(target):
            if not str(found.get("text", "")).rstrip().endswith(SEAL):
                continue
            frame = str(found.get("timestamp"))  # a number or a text, the package says
            if missing.pop((found["text"], frame), None) is None:
                stale.append(found["id"])
        for comment in stale:
            self._call("DELETE", f"/v4/accounts/{target.account}/comments/{comment}")
        path = f"/v4/accounts/{target.account}/files/{target.file}/comments"
        for each in sorted(missing.values(), key=lambda comment: comment.frame):
            data = {"text": each.text, "timestamp": each.frame, "duration": each.length}
            self._call("POST", path, json={"data": data})
        return len(missing), len(stale)


def caption(path: Path) -> Mapping[str, Any]:
    """Caption a file with media-captioner and return its sidecar.

    Raises:
        Trouble: it could not be captioned.

    """
    program = os.environ.get("MEDIA_CAPTIONER_COMMAND") or shutil.which("media-captioner")
    if program is None:
        raise Trouble(
            'The program media-captioner was not found: install it (pipx install ".[local]" in a clone of it), or set the '
            "environment variable MEDIA_CAPTIONER_COMMAND to its path."
        )
    run = subprocess.run(
        [program, "caption", "--json", "--", str(path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        report = json.loads(run.stdout.strip().splitlines()[-1])
        files = [name for track in report["tracks"] for name in track["files"]]
    except (IndexError, KeyError, TypeError, ValueError):
        said = [
            line.removeprefix("error: ") for line in run.stderr.splitlines() if line.startswith("error: ")
        ]
        why = said[0] if said else f"it ended with code {run.returncode}"
        raise Trouble(f"media-captioner failed at {path.name}: {why}") from None
    sidecar = next((name for name in files if name.endswith(".media_captioner.json")), None)
    if sidecar is None:
        raise Trouble(f"{path.name}: {report.get('reason') or report['state']}")
    found: Mapping[str, Any] = json.loads(Path(sidecar).read_text("utf-8"))
    return found


def work_on(target: Target, frameio: FrameIo, folder: Path) -> str:
    """Fetch, caption and comment one file, and return what to tell. What was fetched is deleted again.

    Raises:
        Trouble: something of it did not work.

    """
    name, url = frameio.original(target)
    place = folder / target.file
    place.mkdir(parents=True, exist_ok=True)
    media = place / f"original{Path(name).suffix[:8] if Path(name).suffix[1:].isalnum() else ''}"
    try:
        frameio.fetch(url, media)
        written, gone = frameio.post(target, comments_of(caption(media)))
    finally:
        media.unlink(missing_ok=True)
    return f"{name}: {written} comments written, {gone} taken away"


def serve(secret: str, frameio: FrameIo, folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that answers custom actions; files are worked on one after the other beside it."""
    waiting: queue.Queue[Target] = queue.Queue(maxsize=1000)

    class Action(BaseHTTPRequestHandler):
        timeout = 15

        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if not size.isdigit() or int(size) > MOST_BYTES:
                return self._answer(413, {"error": "too large"})
            body = self.rfile.read(int(size))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_signed(headers, body, secret, time.time()):  # before anything in it is looked at
                return self._answer(401, {"error": "not signed by Frame.io, or too long ago"})
            try:
                waiting.put_nowait(target_of(body))
            except Trouble as trouble:
                return self._answer(200, {"title": "Not captioned", "description": str(trouble)})
            except queue.Full:
                return self._answer(
                    200, {"title": "Not captioned", "description": "Too much is waiting; try later."}
                )
            return self._answer(
                200, {"title": "Captions are on their way", "description": "They appear as comments."}
            )

        def _answer(self, status: int, document: Mapping[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    def work() -> None:
        while True:
            target = waiting.get()
            try:
                print(work_on(target, frameio, folder), flush=True)
            except (Trouble, httpx.HTTPError, OSError) as trouble:
                print(f"{target.file}: {trouble}", file=sys.stderr, flush=True)
            waiting.task_done()

    threading.Thread(target=work, daemon=True).start()
    return ThreadingHTTPServer((host, port), Action)


def main(arguments: list[str]) -> int:
    """Serve, or post once; return the exit code."""
    parser = argparse.ArgumentParser(description="Captions as timed comments at Frame.io.")
    parser.add_argument("--api", default=API, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    door = commands.add_parser("serve", help="answer a custom action")
    door.add_argument("--host", default="127.0.0.1")
    door.add_argument("--port", type=int, default=8903)
    door.add_argument("--folder", type=Path, required=True, help="where originals are fetched to for a while")
    once = commands.add_parser("post", help="write the comments of a sidecar")
    once.add_argument("sidecar", type=Path)
    once.add_argument("--account", required=True)
    once.add_argument("--file", required=True)
    options = parser.parse_args(arguments)
    token, secret = os.environ.get("FRAMEIO_TOKEN", ""), os.environ.get("FRAMEIO_SECRET", "")
    if not token or (options.command == "serve" and not secret):
        print("Set FRAMEIO_TOKEN, and FRAMEIO_SECRET (of the custom action) to serve.", file=sys.stderr)
        return 2
    frameio = FrameIo(token, options.api)
    try:
        if options.command == "post":
            sidecar = json.loads(options.sidecar.read_text("utf-8"))
            written, gone = frameio.post(Target(options.account, options.file), comments_of(sidecar))
            print(f"{written} comments written, {gone} taken away")
            return 0
        with serve(secret, frameio, options.folder, options.host, options.port) as server:
            print(f"Custom actions at http://{options.host}:{server.server_port}/", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        return 130
    except (Trouble, OSError, ValueError) as trouble:
        print(f"media_captioner_frameio: {trouble}", file=sys.stderr)
        return 1
    finally:
        frameio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
