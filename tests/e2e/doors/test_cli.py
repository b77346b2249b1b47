"""The command line: what a person types, what comes back, and with which exit code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from media_captioner.cli import main
from media_captioner.cli.app import _COMMANDS, run
from media_captioner.config import resolve
from media_captioner.testing.media import Picture, Sound, beeping, media_bytes, write_media
from tests.e2e.doors.conftest import make_clip


@pytest.fixture(autouse=True)
def _home(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)


def lines(capsys):
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()]


def test_captioning_prints_the_files_it_wrote(clip, capsys):
    assert run(["caption", "--captioner", "emulated", str(clip)]) == 0
    told = capsys.readouterr()
    assert "clip.mp4: done" in told.out
    for name in ("clip.en.vtt", "clip.xmp", "clip.media_captioner.json"):
        assert name in told.out
        assert (clip.parent / name).exists()
    assert run(["caption", "--captioner", "emulated", str(clip)]) == 0
    assert "up to date" in capsys.readouterr().out


def test_json_is_one_object_an_asset_and_nothing_else(clip, capsys):
    assert run(["caption", "--json", "--captioner", "emulated", str(clip)]) == 0
    [told] = lines(capsys)
    assert told["state"] == "done"


def _empty_folder(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda folder: folder / "none.mp4", 3, "no such file"),
        (_empty_folder, 3, "No media files"),
        (lambda folder: _text(folder / "letter.mp4"), 3, "letter.mp4"),
        (lambda folder: _silent(folder / "silent.mp4"), 3, "no audio track"),
        (lambda folder: _playlist(folder / "list.mp4"), 3, "list.mp4"),
    ],
    ids=["missing", "empty folder", "text named mp4", "no sound", "disguised playlist"],
)
def test_bad_input_is_said_in_a_sentence_with_its_exit_code(tmp_path, capsys, make, code, said):
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run(["caption", "--captioner", "emulated", str(path)]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert f"{path}: failed" in told.out
    assert "Traceback" not in told.err
    assert sorted(tmp_path.rglob("*")) == before


def _text(path):
    path.write_text("Dear Sir, this is not a film.\n" * 50)
    return path


def _silent(path):
    path.write_bytes(media_bytes("mp4", (), Picture()))
    return path


def _playlist(path):
    (path.parent / "neighbour.ts").write_bytes(media_bytes("mpegts", (Sound(beeping(2, 1)),)))
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nneighbour.ts\n#EXT-X-ENDLIST\n")
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["caption"], "Missing argument"),
        (["captoin", "x"], "Did you mean caption?"),
        (["caption", "--profile", "martian", "x.mp4"], "martian"),
        (["caption", ""], "it is empty"),
        (["watch", ""], "it is empty"),
        (["backfill", ""], "it is empty"),
        (["retry", ""], "it is empty"),
        (["forget", ""], "it is empty"),
        (["why", ""], "it is empty"),
        (["caption", "--max-dollars", "-1", "x.mp4"], "from the command line: it has to be 0 or more"),
        (["watch", "--map", "/a=/b", "."], "--map is for --fleet"),
        (["listen", "--map", "/a=/b"], "--map is for --fleet"),
        (["caption", "--formats", "docx", "x.mp4"], "docx"),
        (["caption", "--formats", "docx", "."], "docx"),
        (["watch", "--captioner", "emulated", "--profile", "martian", "."], "martian"),
        (["caption", "--captioner", "nobody", "x.mp4"], "nobody"),
        (["caption", "--config", "nowhere.toml", "x.mp4"], "nowhere.toml"),
        (["segments", "x.mp4", "--out", "o", "--target", "0"], "1 to 2400"),
        (["compress", "x.mp4", "--under", "many"], "not a size"),
        (["serve", "--captioner", "emulated", "--key", ""], "--key is empty"),
        (["serve", "--captioner", "emulated", "--key", "a", "--key-file", "b"], "Keep --key-file"),
        (["serve", "--captioner", "emulated", "--host", "0.0.0.0"], "without a key"),  # noqa: S104 - refused
        (["serve", "--captioner", "emulated", "--port", "99999"], "0<=x<=65535"),
        (
            ["serve", "--captioner", "emulated", "--host", "none.invalid", "--key", "k"],
            "there is no such host",
        ),
        (["listen", "--port", "-1"], "0<=x<=65535"),
    ],
)
def test_wrong_options_exit_with_two_before_anything_is_done(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "x.mp4")
    assert run(arguments) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


def test_a_paid_captioner_without_a_key_says_where_to_put_one(clip, capsys):
    assert run(["caption", "--captioner", "qwen", str(clip)]) == 2
    assert "DASHSCOPE_API_KEY" in capsys.readouterr().err


def test_a_plan_counts_what_would_be_sent_and_sends_nothing(tmp_path, capsys):
    clip = make_clip(tmp_path / "clip.mp4", 50)
    assert run(["plan", "--json", str(clip)]) == 0
    each, total = lines(capsys)
    assert each["exact"] is True
    assert each["requests"] == total["total"]["requests"] >= 2
    assert each["dollars"][0] < each["dollars"][1]
    assert run(["plan", "--json", "--quick", str(clip)]) == 0
    bound, _ = lines(capsys)
    assert bound["requests"] >= each["requests"]


def test_segments_writes_the_clips_and_their_list(tmp_path, capsys):
    clip = make_clip(tmp_path / "clip.mp4", 20)
    out = tmp_path / "clips"
    assert run(["segments", str(clip), "--out", str(out), "--target", "8", "--format", "mp3", "--json"]) == 0
    told = lines(capsys)
    listed = json.loads((out / "segments.json").read_text())["segments"]
    assert told == listed
    assert {"file", "track", "start", "end", "duration", "delay", "cut", "silent", "bytes", "sha256"} <= set(
        listed[0]
    )
    assert all((out / entry["file"]).stat().st_size == entry["bytes"] for entry in listed)


def test_compress_stays_under_the_size_and_says_how(tmp_path, capsys):
    clip = make_clip(tmp_path / "clip.mp4", 20)
    assert run(["compress", str(clip), "--under", "100KB", "--json"]) == 0
    [told] = lines(capsys)
    assert Path(told["file"]).stat().st_size == told["bytes"] <= 100_000
    assert told["bit_rate"] == 32_000
    assert run(["compress", str(clip), "--under", "10KB"]) == 3
    assert "does not fit" in capsys.readouterr().err
    assert run(["compress", str(clip), "--under", "100KB"]) == 6  # it stands there already


def test_probe_shows_the_track_that_would_be_taken(tmp_path, capsys):
    path = write_media(
        tmp_path / "film.mkv",
        "matroska",
        Sound(beeping(3, 1), tags={"language": "eng", "title": "Director's commentary"}),
        Sound(beeping(3, 1), tags={"language": "eng"}),
    )
    assert run(["probe", "--json", str(path)]) == 0
    [told] = lines(capsys)
    assert list(told["chosen"]) == ["2"]
    assert run(["probe", str(path)]) == 0
    assert "→ audio track 2" in capsys.readouterr().out


def test_lint_names_the_cue_the_rule_and_the_value(tmp_path, capsys):
    path = tmp_path / "x.vtt"
    path.write_text(
        "WEBVTT\n\n00:00.000 --> 00:00.200\nThis is a line that is much too long to be read by anybody.\n\n"
        "00:00.210 --> 00:02.000\nHello.\n"
    )
    assert run(["lint", "--json", str(path)]) == 1
    [told] = lines(capsys)
    assert {(v["cue"], v["rule"]) for v in told["violations"]} == {
        (1, "line-length"), (1, "too-short"), (1, "reading-speed"), (2, "gap"),
    }  # fmt: skip
    assert {(v["cue"], v["line"]) for v in told["violations"]} == {(1, 3), (2, 6)}


def test_offline_makes_every_connection_an_error(clip, capsys, monkeypatch):
    from media_captioner.system import network

    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary-offline")
    try:
        code = run(
            ["caption", "--offline", "--captioner", "qwen", "--base-url", "http://127.0.0.1:9", str(clip)]
        )
    finally:
        network.allow()
    assert code in {2, 5}
    assert "--offline" in capsys.readouterr().err


def test_what_config_shows_may_stand_in_a_settings_file(tmp_path, capsys):
    file, again = tmp_path / "own.toml", tmp_path / "again.toml"
    file.write_text(
        'formats = ["srt"]\nmax_dollars = 0.5\n[profiles."my own"]\nsound = "<{}> \\"\\u007f"\n'
        f'[[watch]]\nroot = "{tmp_path}"\nquiet_hours = ["08:00-18:30"]\nprofile = "bbc"\n'
        '[listen]\nroots = ["/a"]\n[[hooks]]\ncommand = ["tell", "it"]\n'
    )
    assert run(["config", "--config", str(file)]) == 0
    shown = [line.removesuffix(f"  ({file})") for line in capsys.readouterr().out.splitlines()]
    again.write_text(
        "\n".join(line for line in shown if line[:1].isalpha() and "  (" not in line and " = " in line)
    )
    assert resolve(config_file=again).settings == resolve(config_file=file).settings
    assert "null" not in again.read_text()


def test_config_shows_every_setting_with_its_origin(capsys, monkeypatch):
    monkeypatch.setenv("MEDIA_CAPTIONER_PROFILE", "bbc")
    monkeypatch.setenv("MEDIA_CAPTIONER_API_KEY", "sk-canary-config")
    assert run(["config", "--json"]) == 0
    [told] = lines(capsys)
    assert told["profile"] == {"value": "bbc", "origin": "MEDIA_CAPTIONER_PROFILE"}
    assert told["api_key"]["value"] == "***"
    assert run(["config"]) == 0
    told = capsys.readouterr().out
    assert "canary" not in told
    for line in (
        'profile = "bbc"  (',
        'formats = ["vtt", "json", "xmp"]  (default)',
        "offline = false  (default)",
    ):
        assert line in told


def test_every_command_helps_and_is_in_the_list(capsys):
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    for name in _COMMANDS:
        assert re.search(rf"^  {name}\b", listed, flags=re.MULTILINE)
        assert run([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith("Usage: media-captioner")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from media_captioner.cli.app import run; run(['--help']);"
        "heavy = {'numpy', 'av', 'httpx', 'pydantic', 'onnxruntime', 'faster_whisper', 'lxml', 'rich', 'moviepy'};"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "HEAVY []" in out
    code = "import sys, media_captioner; print(sorted({'numpy', 'av', 'pydantic'} & set(sys.modules)))"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert out.strip() == "[]"


def test_a_bug_of_ours_is_a_sentence_and_debug_shows_where(clip, capsys, monkeypatch):
    from media_captioner.captioners import emulated

    def broken(*_args, **_more):
        raise ZeroDivisionError("sk-canary-bug")

    monkeypatch.setattr(emulated, "measure", broken)
    assert run(["caption", "--captioner", "emulated", str(clip)]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError: ***" in told
    assert "This is a bug." in told
    assert "--debug" in told
    assert "canary" not in told


def test_a_reader_that_has_had_enough_is_no_failure(tmp_path):
    program = [sys.executable, "-c", "from media_captioner.cli import main; main()", "config"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


def test_an_interruption_while_the_program_loads_is_told_in_a_sentence(capsys, monkeypatch):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("media_captioner.cli.app.run", interrupted)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err.startswith("Interrupted. What was finished is kept")


def test_a_file_that_is_named_like_an_option_can_still_be_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-dash.mp4").touch()
    assert run(["caption", "-dash.mp4"]) == 2
    assert "For the file of that name write ./-dash.mp4" in capsys.readouterr().err
    assert run(["caption", "--fromats", "vtt", "x.mp4"]) == 2
    assert "For the file" not in capsys.readouterr().err


def test_doctor_looks_at_where_the_settings_say_that_things_are(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MEDIA_CAPTIONER_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("MEDIA_CAPTIONER_JOURNAL", str(tmp_path / "books" / "journal.db"))
    assert run(["doctor", "--json"]) == 0
    found = {check["subject"]: check for check in lines(capsys)}
    assert found["models folder"]["found"].startswith(f"{tmp_path / 'models'}, ")
    assert found["journal's folder"]["found"].startswith(f"{tmp_path / 'books'}, ")
    assert {check["verdict"] for check in found.values()} <= {"fine", "note"}


def test_doctor_reads_the_settings_that_are_named_and_goes_on_where_they_are_wrong(tmp_path, capsys):
    file = tmp_path / "own.toml"
    for text, said in (("profile =", "Cannot read"), ('profile = "martian"', "martian")):
        file.write_text(text)
        assert run(["doctor", "--json", "--config", str(file)]) == 1
        found = lines(capsys)
        assert [check["subject"] for check in found if check["verdict"] == "problem"] == ["settings"]
        assert said in next(check["found"] for check in found if check["subject"] == "settings")
        assert "journal's folder" in [check["subject"] for check in found]
    file.write_text('profile = "bbc"')
    assert run(["doctor", "--config", str(file)]) == 0
    assert "settings: no settings file; set: profile" in capsys.readouterr().out


def test_lint_goes_on_after_a_file_that_is_no_captions(tmp_path, capsys):
    (tmp_path / "bad.vtt").write_text("these are no captions")
    (tmp_path / "good.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nHello there.\n")
    assert (
        run(["lint", str(tmp_path / "bad.vtt"), str(tmp_path / "none.vtt"), str(tmp_path / "good.srt")]) == 3
    )
    told = capsys.readouterr()
    assert f"Cannot read {tmp_path / 'bad.vtt'}: it is not a valid WebVTT or SRT file" in told.err
    assert f"Cannot read {tmp_path / 'none.vtt'}: there is no such file" in told.err
    assert "good.srt: 1 cue, no violations of netflix-en" in told.out


@pytest.mark.parametrize("name", ["list", "test", "doctor"])
def test_where_nobody_is_told_hooks_say_so(capsys, monkeypatch, name):
    monkeypatch.setenv("MEDIA_CAPTIONER_PLUGINS", "")
    assert run(["hooks", name]) == 0
    assert "Nobody is told of anything" in capsys.readouterr().out
    assert run(["hooks", name, "--json"]) == 0
    assert "Nobody" not in capsys.readouterr().out
