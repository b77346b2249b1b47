"""A user with settings of their own, and the command line in a process of its own."""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

from media_captioner.testing.media import Picture, Sound, beeping, write_media

SECRET = "whsec_" + base64.b64encode(b"c" * 32).decode()
COMMAND = (sys.executable, "-c", "from media_captioner.cli import main; main()")


class Place:
    """A user with a settings file, and the command line in a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "heard.jsonl"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "CAPTIONER" not in name},
            **{
                f"XDG_{name}_HOME": str(folder / name.lower())
                for name in ("CONFIG", "STATE", "DATA", "CACHE")
            },
            "MEDIA_CAPTIONER_PLUGINS": "",
        }
        self.settings = folder / "config" / "media-captioner" / "settings.toml"
        self.settings.parent.mkdir(parents=True)
        self.secret = folder / "secret"
        self.secret.write_text(SECRET)
        self.secret.chmod(0o600)

    def program(self, code, events, *more):
        words = [sys.executable, "-c", code, *more]
        return f"[[hooks]]\ncommand = {json.dumps(words)}\nevents = {json.dumps(events)}\n"

    def webhook(self, url, events=("asset.done", "asset.failed", "budget.reached"), private=True):
        return (
            f"[[webhooks]]\nurl = {json.dumps(url)}\nevents = {json.dumps(list(events))}\n"
            f"secret_files = [{json.dumps(str(self.secret))}]\nprivate = {str(private).lower()}\n"
        )

    def run(self, *arguments):
        words = [*COMMAND, *map(str, arguments)]
        return subprocess.run(
            words, env=self.environment, capture_output=True, text=True, timeout=100, check=False
        )

    @contextlib.contextmanager
    def listening(self, *arguments):
        """Run ``media-captioner listen`` meanwhile, and give its address and its process."""
        words = [*COMMAND, "listen", "--captioner", "emulated", "--port", "0", *map(str, arguments)]
        said = self.folder / "listen.log"
        with (
            said.open("w") as log,
            subprocess.Popen(words, env=self.environment, stdout=log, stderr=log) as process,
        ):
            try:
                while not (found := re.search(r"Listening at (\S+)", said.read_text())):
                    assert process.poll() is None, said.read_text()
                    time.sleep(0.05)
                yield found[1], process
            finally:
                process.send_signal(signal.SIGTERM)

    def caption(self, *arguments):
        return self.run("caption", "--captioner", "emulated", *arguments)

    def heard(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def make_clip(path, seconds=8):
    path.parent.mkdir(exist_ok=True)
    return write_media(path, "mp4", Sound(beeping(seconds, 3)), picture=Picture(seconds))
