"""Clients that others wrote, unmodified, against our server: OpenAI's SDK and DashScope's, old and new.

Each runs in an environment of its own, because their dependencies contradict each other and ours. The
environments are made once, in the user's cache folder, from the package index.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import platformdirs
import pytest

from media_captioner.captioners.emulated import EmulatedCaptioner
from media_captioner.serve import Studio, StudioOptions
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.sounds import tone, wav

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(400)]

SCRIPTS = Path(__file__).parent / "clients"
KEY = "sk-right-key-91"
SOUND = wav(tone(1.0, 500.0))


def environment(requirement):
    """Return the Python of an environment that has ``requirement``, made now if it is not there yet."""
    name = f"{requirement}-py{sys.version_info.major}.{sys.version_info.minor}"
    folder = Path(platformdirs.user_cache_dir("media-captioner-tests")) / name.translate(
        str.maketrans("=<>,", "____")
    )
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=False, clear=True)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", requirement]
        run = subprocess.run(pip, capture_output=True, text=True, timeout=300, check=False)
        if run.returncode:
            pytest.skip(f"{requirement} cannot be installed: {run.stderr.strip().splitlines()[-1:]}")
        done.touch()
    return python


def drive(requirement, script, faults, tmp_path):
    """Run a client's script against both servers and return what it got."""
    sound = tmp_path / "my clip é 100%.wav"
    sound.write_bytes(SOUND)
    python = environment(requirement)
    options = StudioOptions(port=0, key=Secret(KEY))
    with running(Studio(EmulatedCaptioner(), options)) as studio, running(FaultServer(*faults)) as failing:
        # Neither the machine's proxies nor its keys: the client talks to us and to nobody else.
        plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUTF8": "1", "NO_PROXY": "*"}
        run = subprocess.run(
            [python, SCRIPTS / f"{script}.py", studio.url, failing.url, KEY, sound],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=plain,
        )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


def is_description(text):
    """Whether the text describes the sound that was sent: its length and pitch."""
    return "1.000 seconds" in text and "500 Hz" in text and text.endswith("not understood.")


OPENAI_FAULTS = ["rate", "tpm", "arrears", "server-error", "error-midway", "mixed", "comments", "no-done"]


@pytest.mark.parametrize("requirement", ["openai==1.109.1", "openai>=3,<4"])
def test_openai(requirement, tmp_path):
    """Plain, streamed, asynchronous, both dialects; errors are the SDK's own types; it retries by itself."""
    found = drive(requirement, "openai_client", [*OPENAI_FAULTS, "rate", "unavailable"], tmp_path)
    plain, stream = found["plain"], found["stream"]
    assert is_description(plain["text"])
    assert (plain["finish"], plain["audio_tokens"]) == ("stop", 27)
    assert plain["id"].startswith("chatcmpl-")
    assert stream["text"] == plain["text"]
    assert stream["finish"] == "stop"
    assert stream["last_has_choices"] is False
    assert len(stream["usage"]) == 1
    assert stream["chunks"] > 50
    assert found["stream_without_usage"] == 0
    assert found["async_stream"] == found["vllm_audio_url"] == found["vllm_input_audio"] == plain["text"]
    assert "qwen3-omni-30b-a3b-captioner" in found["models"]
    errors = {name: [kind, status, str(code)] for name, (kind, status, code) in found["errors"].items()}
    bad = ["BadRequestError", 400, "invalid_parameter_error"]
    assert errors == {
        "wrong key": ["AuthenticationError", 401, "invalid_api_key"],
        "wrong key, stream": ["AuthenticationError", 401, "invalid_api_key"],
        "no such model": ["NotFoundError", 404, "model_not_found"],
        "two audios": bad,
        "two audios, stream": bad,
        "bare base64": bad,
        "vllm, no such model": ["NotFoundError", 404, "404"],
    }
    assert found["faults"] == {
        "rate": ["RateLimitError", 429, "limit_requests"],
        "tpm": ["RateLimitError", 429, "insufficient_quota"],
        "arrears": ["BadRequestError", 400, "Arrearage"],
        "server-error": ["InternalServerError", 500, "internal_error"],
        "error-midway": ["APIError", None, "data_inspection_failed"],
        "mixed": ["BadRequestError", 400, None],
        "comments": None,
        "no-done": None,
    }
    assert found["retried"] == PROSE


@pytest.mark.parametrize("requirement", ["dashscope==1.24.6", "dashscope>=2,<3"])
def test_dashscope_classic(requirement, tmp_path):
    """Plain, incremental, cumulative, a file by its path; failures are returned with status and code."""
    faults = ["rate", "arrears", ("event-error", {"code": 500})]
    found = drive(requirement, "dashscope_classic", faults, tmp_path)
    text = found["plain"]["text"]
    assert is_description(text)
    assert (found["plain"]["finish"], found["plain"]["audio_tokens"]) == ("stop", 27)
    assert found["incremental"]["text"] == text
    assert found["incremental"]["finish"] == ["null", "stop"]
    assert found["incremental"]["last_content"] == []
    assert found["cumulative"] == {"text": text, "grows": True}
    assert found["file_path"] == found["file_path_stream"] == text
    assert found["errors"] == {
        "wrong key": [401, "InvalidApiKey"],
        "wrong key, stream": [[401, "InvalidApiKey"]],
        "no such model": [404, "ModelNotFound"],
        "two audios": [400, "InvalidParameter"],
        "two audios, stream": [[400, "InvalidParameter"]],
        "empty": [400, "InvalidParameter"],
        "bare base64": [400, "InvalidParameter"],
    }
    assert found["faults"] == {
        "rate": [429, "Throttling.RateQuota"],
        "arrears": [400, "Arrearage"],
        "event-error": [[400, "InternalError"]],  # the SDK does not read the status in the comment
    }


def test_dashscope_client(tmp_path):
    """The 2.x Client: both of its protocols; errors are its own types; it retries by itself."""
    faults = ["rate", "arrears", "mixed", "event-error", "rate", "unavailable"]
    found = drive("dashscope>=2,<3", "dashscope_client", faults, tmp_path)
    text = found["plain"]["text"]
    assert is_description(text)
    assert found["plain"]["input_tokens"] == 35
    assert found["cumulative"] == {"text": text, "grows": True}
    for way in ("incremental", "inline", "file_path", "compatible", "compatible_stream"):
        assert found[way] == text, way
    assert found["errors"] == {
        "wrong key": ["AuthenticationError", 401, "InvalidApiKey"],
        "no such model": ["NotFoundError", 404, "ModelNotFound"],
        "two audios": ["BadRequestError", 400, "InvalidParameter"],
        "two audios, stream": ["BadRequestError", 200, "InvalidParameter"],
    }
    assert found["faults"] == {
        "rate": ["RateLimitError", 429, "Throttling.RateQuota"],
        "arrears": ["PermissionDeniedError", 400, "Arrearage"],
        "mixed": ["BadRequestError", 400, "InvalidParameter"],
        "event-error": ["InternalServerError", 200, "InternalError"],
    }
    assert found["retried"] == PROSE
