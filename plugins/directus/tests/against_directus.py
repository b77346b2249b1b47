"""The whole way against real Directus on SQLite: python against_directus.py FOLDER_WITH_NODE_MODULES [NODE].

FOLDER has Directus installed (npm install directus@11 sqlite3; needs Node.js 22). Starts `media-captioner listen` and
Directus with this extension, uploads a video, waits for captions, description and tags, and checks that our own file
asked for no captions. Then somebody writes a description and a tag, and uploads the same video in its place: both stay,
and the captions are replaced.
"""

import base64
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

EXTENSION = Path(__file__).parents[1]
SAMPLE = EXTENSION.parents[1] / "samples" / "street-scene.mp4"
PROGRAM = shutil.which("media-captioner") or str(Path(sys.executable).with_name("media-captioner"))
ADMIN = {"email": "admin@example.com", "password": "captions"}


@contextlib.contextmanager
def running(command, **more):
    process = subprocess.Popen(command, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for(look, seconds=300, every=1.0):
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError, KeyError, json.JSONDecodeError):
            if found := look():
                return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing after {seconds} s")
        time.sleep(every)


def main():
    with tempfile.TemporaryDirectory(prefix="directus-") as work:
        play(Path(work))


def play(work):
    home, node = Path(sys.argv[1]).absolute(), sys.argv[2] if len(sys.argv) > 2 else "node"
    uploads, extensions = work / "uploads", work / "extensions"
    uploads.mkdir()
    (work / "package.json").write_text("{}")  # Directus looks there for extensions from packages
    shutil.copytree(EXTENSION, extensions / "media-captioner", ignore=shutil.ignore_patterns("tests"))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    (work / "ask.key").write_text(secret)
    (work / "ask.key").chmod(0o600)
    (work / "settings.toml").write_text(
        f'[listen]\nsecret_files = ["{work}/ask.key"]\nroots = ["{uploads}"]\n'
    )
    env = os.environ | {
        "DB_CLIENT": "sqlite3", "DB_FILENAME": str(work / "data.db"), "SECRET": secrets.token_hex(32), "PORT": "8055",
        "KEY": secrets.token_hex(16),  # Directus 10 wants one
        "HOST": "127.0.0.1", "ADMIN_EMAIL": ADMIN["email"], "ADMIN_PASSWORD": ADMIN["password"], "TELEMETRY": "false",
        "STORAGE_LOCATIONS": "local", "STORAGE_LOCAL_ROOT": str(uploads), "EXTENSIONS_PATH": str(extensions),
        "CAPTIONER_SECRET": secret, "CAPTIONER_URL": "http://127.0.0.1:8902",
    }  # fmt: skip
    env["XDG_STATE_HOME"] = str(work / "state")
    directus = [node, str(home / "node_modules/directus/cli.js")]
    subprocess.run([*directus, "bootstrap"], env=env, cwd=work, check=True)
    listen = [PROGRAM, "listen", "--config", str(work / "settings.toml"), "--captioner", "local"]
    with running(listen, env=env), running([*directus, "start"], env=env, cwd=work):
        client = httpx.Client(base_url="http://127.0.0.1:8055", timeout=60)
        wait_for(lambda: client.get("/server/ping").text == "pong")
        token = client.post("/auth/login", json=ADMIN).json()["data"]["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        with SAMPLE.open("rb") as file:
            answer = client.post(
                "/files",
                data={"title": "A storm", "tags": '["weather"]'},
                files={"file": (SAMPLE.name, file, "video/mp4")},
            )
        key = answer.json()["data"]["id"]

        def captioned():
            row = client.get(f"/files/{key}").json()["data"]
            return row if (row.get("metadata") or {}).get("media_captioner") else None

        row = wait_for(captioned)
        print("description:", row["description"])
        print("tags:", row["tags"])
        captions = row["metadata"]["media_captioner"]["captions"]
        vtt = client.get(f"/assets/{captions}").text
        print(vtt[:300])
        assert vtt.startswith("WEBVTT")
        assert row["tags"][0] == "weather"
        assert row["description"]
        time.sleep(5)
        rows = client.get("/files", params={"fields": "id,type"}).json()["data"]
        assert sorted(each["type"] for each in rows) == ["text/vtt", "video/mp4"], (
            rows
        )  # ours asked for nothing

        # Somebody's words, and the same file again in its place: the captions are replaced, not added to.
        client.patch(f"/files/{key}", json={"description": "My words.", "tags": ["mine", *row["tags"]]})
        before = client.get(f"/files/{captions}").json()["data"]["modified_on"] or ""
        with SAMPLE.open("rb") as file:
            client.patch(f"/files/{key}", files={"file": (SAMPLE.name, file, "video/mp4")})

        def again():
            row, vtt = (client.get(f"/files/{each}").json()["data"] for each in (key, captions))
            return (
                row
                if (vtt["modified_on"] or "") > before and row["modified_on"] >= vtt["modified_on"]
                else None
            )

        replaced = wait_for(again)
        assert replaced["tags"] == ["mine", *row["tags"]]
        assert replaced["description"] == "My words."
        assert client.get(f"/assets/{captions}").text == vtt
        assert len(client.get("/files", params={"fields": "id"}).json()["data"]) == 2
    print("Directus: upload, captions, description and tags, twice as once: all well")


if __name__ == "__main__":
    main()
