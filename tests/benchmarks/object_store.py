"""An archive on an S3-compatible store, captioned by a worker. Run with: python -m tests.benchmarks.object_store

It says what became of it, and fails where that is wrong. The suite does without it, for what it needs is large:
pip install s3fs 'moto[s3]' flask flask-cors
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import s3fs
from moto.server import ThreadedMotoServer

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from tests import postgres
from tests.fault.fleets import _COMMAND, Fleet, make_archive

_SECRET = "kept-secret-0123456789abcdef"
_CLIPS = 12
_MOST = 1_100_000  # bytes: five of the clips


def _work(fleet, *options, seconds=900, **settings):
    """Run a worker that logs all that it does until nothing is left; return what it said."""
    command = [sys.executable, "-c", _COMMAND, "--debug", "fleet", "work", "--at-once", "8", *options]
    own = {f"AWS_{name}": text for name, text in settings.items()}
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command, env=fleet._environment | own, capture_output=True, text=True, timeout=seconds, check=True
        )
        return done.stdout + done.stderr
    return ""


@contextlib.contextmanager
def _watched(folder):
    """Give the most bytes that lay in a folder at any moment that was looked at."""
    peak, end = [0], threading.Event()

    def look():
        while not end.wait(0.01):
            with contextlib.suppress(OSError):  # a copy goes away while it is looked at
                peak[0] = max(peak[0], sum(path.stat().st_size for path in folder.rglob("*")))

    thread = threading.Thread(target=look)
    thread.start()
    yield peak
    end.set()
    thread.join()


def _captioned(fleet, store, service, scratch):
    """Have the archive captioned, and again; return all that was said."""
    print(fleet.run("submit", "s3://archive").strip())
    began = time.monotonic()
    with _watched(scratch) as peak:
        said = _work(fleet, "--until-done", "--scratch", scratch, "--scratch-gb", str(_MOST / 1024**3))
    assert dict(fleet.states()) == {"done": _CLIPS}, (fleet.states(), fleet.reasons())
    written = store.find("archive", detail=True)
    assert len(written) == 3 * _CLIPS, sorted(written)
    asked = len(service.requests)
    print(f"captioned in {time.monotonic() - began:.1f} s with {asked} requests: {len(written)} objects")
    print(
        f"copies took at most {peak[0]:,} bytes of {_MOST:,} and their files; left: {list(scratch.iterdir())}"
    )
    fleet.run("submit", "s3://archive")
    said += _work(fleet, "--until-done", "--scratch", scratch)
    assert dict(fleet.states()) == {"up to date": _CLIPS}, fleet.reasons()
    again = store.find("archive", detail=True, refresh=True)
    assert {key: each["LastModified"] for key, each in again.items()} == {
        key: each["LastModified"] for key, each in written.items()
    }
    print(f"submitted again: {len(service.requests) - asked} requests, nothing written")
    return said


def main():
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "key-id",
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    moto = ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    try:
        with (
            tempfile.TemporaryDirectory() as name,
            postgres.fleet() as dsn,
            running(FaultServer()) as service,
        ):
            folder, scratch = Path(name), Path(name, "scratch")
            scratch.mkdir()
            store = s3fs.S3FileSystem(use_listings_cache=False)
            store.mkdir("archive")
            store.put(str(make_archive(folder / "clips", _CLIPS)), "archive/tapes", recursive=True)
            fleet = Fleet(dsn, folder, service.url, REQUESTS_PER_MINUTE=60_000, TOKENS_PER_MINUTE=10**9)
            said = _captioned(fleet, store, service, scratch)
            files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
            assert _SECRET not in said
            assert not any(_SECRET.encode() in each for each in files)
            print(
                f"the secret is in none of {len(said):,} characters of log at its most detailed, nor in any file"
            )
            store.put(str(make_archive(folder / "more", 1, first=99)), "archive/more", recursive=True)
            fleet.run("submit", "s3://archive/more")
            _work(fleet, seconds=90, ENDPOINT_URL="http://127.0.0.1:9", MAX_ATTEMPTS="1")
            print("with the store away:", *fleet.reasons())
    finally:
        moto.stop()
        postgres.end()


if __name__ == "__main__":
    main()
