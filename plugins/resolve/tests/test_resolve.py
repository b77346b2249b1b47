"""The script against a stand-in for Resolve that behaves as its scripting README says, and the real program."""

import importlib.util
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "media_captioner_resolve.py"
_spec = importlib.util.spec_from_file_location("media_captioner_resolve", SCRIPT)
resolve_script = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = resolve_script
_spec.loader.exec_module(resolve_script)

PROGRAM = Path(sys.executable).with_name("media-captioner")


class Clip:
    """A media pool item: one marker a frame, custom data that the editor does not see."""

    def __init__(self, path, fps="25", frames="1000"):
        self.properties = {"File Path": str(path), "FPS": fps, "Frames": frames}
        self.metadata, self.third, self.markers = {}, {}, {}
        self.locked = False

    def GetName(self):
        return Path(self.properties["File Path"]).name or "Compound Clip 1"

    def GetMediaId(self):
        return str(id(self))

    def GetClipProperty(self, name):
        return self.properties[name]

    def GetMetadata(self, name):
        return self.metadata.get(name, "")

    def SetMetadata(self, name, value):
        if self.locked:
            return False
        self.metadata[name] = value
        return True

    def GetThirdPartyMetadata(self, name):
        return self.third.get(name)

    def SetThirdPartyMetadata(self, values):
        self.third.update(values)
        return True

    def AddMarker(self, frame, color, name, note, duration, data):
        assert color in {"Blue", "Purple", "Green", "Yellow", "Cream"}
        if self.locked or float(frame) in self.markers:
            return False
        self.markers[float(frame)] = {
            "color": color, "name": name, "note": note, "duration": float(duration), "customData": data
        }  # fmt: skip
        return True

    def GetMarkers(self):
        return dict(self.markers)

    def DeleteMarkerByCustomData(self, data):
        frame = next((f for f, marker in self.markers.items() if marker["customData"] == data), None)
        if frame is not None:
            del self.markers[frame]
        return frame is not None


class Item:
    def __init__(self, clip):
        self.clip = clip

    def GetMediaPoolItem(self):
        return self.clip


class Host:
    """Resolve, its project manager, project, media pool and timeline in one."""

    def __init__(self, selected=(), tracks=(), version=(19, 1, 0, 0, ""), project=True):
        self.selected, self.tracks, self.version, self.project = (
            list(selected),
            list(tracks),
            version,
            project,
        )

    def GetVersion(self):
        return list(self.version)

    def GetVersionString(self):
        return ".".join(map(str, self.version[:3]))

    def GetProjectManager(self):
        return self

    def GetCurrentProject(self):
        return self if self.project else None

    def GetMediaPool(self):
        return self

    def GetSelectedClips(self):
        return self.selected

    def GetCurrentTimeline(self):
        return self if self.tracks else None

    def GetTrackCount(self, kind):
        return len(self.tracks) if kind == "video" else 0

    def GetItemListInTrack(self, kind, index):
        return self.tracks[index - 1]


SIDECAR = {
    "schema": "media_captioner/sidecar@1",
    "media": {"video": {"frame_rate": {"rate": "30000/1001"}}},
    "summary": "Rain and a dog.",
    "keywords": ["rain", "dog barking"],
    "cues": [
        {"start": 1.001, "end": 3, "text": "[rain]", "category": "ambience", "evidence": [{"sentence": "It rains."}]},
        {"start": 10000, "end": 10002, "text": "MAN: Good\nmorning.", "category": "speech"},
        {"start": 10000, "end": 10003, "text": "[dog barking]", "category": "effects"},
    ],
}  # fmt: skip


def test_markers_fall_on_exact_frames_for_hours_and_share_one_where_they_meet():
    first, second = resolve_script.markers_of(SIDECAR, Fraction(30000, 1001), None)
    assert first == (30, 60, "ambience", "[rain]", "It rains.")
    assert second.frame == round(Fraction(10000) * 30000 / 1001) == 299_700
    assert (second.name, second.length) == ("MAN: Good morning. / [dog barking]", 90)


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ("29.97", Fraction(30000, 1001)),
        ("29.970", Fraction(30000, 1001)),
        ("25", Fraction(25)),  # changed in the clip's attributes
        ("", Fraction(30000, 1001)),
        ("?", Fraction(30000, 1001)),
    ],
)
def test_the_rate_is_the_files_own_unless_the_clip_was_told_another(told, rate):
    assert resolve_script.exact_rate(SIDECAR, told) == rate


def test_sound_alone_is_counted_at_what_resolve_says():
    alone = SIDECAR | {"media": {}}
    assert resolve_script.exact_rate(alone, "24") == 24
    assert resolve_script.exact_rate(alone, "") == 25


def test_twice_is_once_and_the_editors_own_are_not_touched():
    clip = Clip("/tape.mov")
    clip.AddMarker(30, "Cream", "mine", "", 1, "")
    clip.metadata = {"Keywords": "weather, rain", "Description": "My words."}
    markers = resolve_script.markers_of(SIDECAR, Fraction(30000, 1001), None)
    assert resolve_script.mark(clip, markers) == (1, 1)
    resolve_script.describe(clip, SIDECAR)
    once = (dict(clip.markers), dict(clip.metadata))
    assert resolve_script.mark(clip, markers) == (1, 1)
    resolve_script.describe(clip, SIDECAR)
    assert (clip.markers, clip.metadata) == once
    assert clip.markers[30.0]["name"] == "mine"
    assert clip.metadata == {"Keywords": "weather, rain, dog barking", "Description": "My words."}


def test_a_locked_project_is_told():
    clip = Clip("/tape.mov")
    clip.locked = True
    markers = resolve_script.markers_of(SIDECAR, Fraction(30000, 1001), None)
    with pytest.raises(resolve_script.Trouble, match=r"took no markers on tape\.mov.*read only.*locked"):
        resolve_script.mark(clip, markers)
    with pytest.raises(resolve_script.Trouble, match=r"took no keywords on tape\.mov"):
        resolve_script.describe(clip, SIDECAR)


def test_what_is_heard_no_more_goes_and_only_that():
    clip = Clip("/tape.mov")
    resolve_script.describe(clip, SIDECAR)
    assert clip.metadata == {"Keywords": "rain, dog barking", "Description": "Rain and a dog."}
    clip.metadata["Keywords"] += ", storm"
    resolve_script.describe(clip, SIDECAR | {"keywords": ["thunder"], "summary": "Thunder."})
    assert clip.metadata == {"Keywords": "storm, thunder", "Description": "Thunder."}
    resolve_script.describe(clip, SIDECAR | {"keywords": [], "summary": "Silence."})
    assert clip.metadata == {"Keywords": "storm", "Description": "Silence."}


def test_markers_beyond_the_end_of_a_clip_are_left_out():
    assert len(resolve_script.markers_of(SIDECAR, Fraction(30000, 1001), 100)) == 1


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (Host(version=(18, 6, 6, 7, "")), "19.0.2 or newer; this is 18.6.6"),
        (Host(version=(19, 0, 1, 6, "")), "19.0.2 or newer; this is 19.0.1"),
        (Host(project=False), "open a project first"),
        (Host(), "select clips in the media pool"),
    ],
)
def test_a_host_that_cannot_be_worked_with_is_told_why(host, said, capsys):
    assert resolve_script.main(host) == 1
    assert said in capsys.readouterr().out


@pytest.mark.skipif(not PROGRAM.exists(), reason="media-captioner is not installed beside this Python")
def test_clips_of_a_timeline_are_captioned_by_the_program(tmp_path, monkeypatch, capsys):
    from media_captioner.testing.media import Sound, beeping, write_media

    tape = write_media(tmp_path / "-tape one.wav", "wav", Sound(beeping(3, 1.0), codec="pcm_s16le"))
    monkeypatch.setenv("MEDIA_CAPTIONER_COMMAND", str(PROGRAM))
    monkeypatch.setenv("MEDIA_CAPTIONER_CAPTIONER", "emulated")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    clip, offline, compound = Clip(tape), Clip(tmp_path / "gone.mov"), Clip("")
    host = Host(tracks=[[Item(clip), Item(None), Item(clip)], [Item(offline), Item(compound)]])
    assert resolve_script.main(host) == 2
    said = capsys.readouterr().out
    assert f"{tape.name}: 0 markers" in said
    assert "gone.mov is offline" in said
    assert "has no file" in said
    assert {path.suffix for path in tmp_path.glob("-tape*")} == {".wav", ".vtt", ".srt", ".xmp", ".json"}
    assert clip.metadata["Description"].startswith("A sound of")


def test_without_the_program_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv("MEDIA_CAPTIONER_COMMAND", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    if Path("/usr/local/bin/media-captioner").exists():
        pytest.skip("media-captioner is installed for all users of this machine")
    with pytest.raises(resolve_script.Trouble, match=r'pipx install "\.\[local\]" in a clone'):
        resolve_script.command()


def test_a_failure_of_the_program_is_told_in_its_own_words(monkeypatch, tmp_path):
    tape = tmp_path / "letter.mp4"
    tape.write_text("Dear Sir")
    monkeypatch.setenv("MEDIA_CAPTIONER_COMMAND", str(PROGRAM))
    if not PROGRAM.exists():
        pytest.skip("media-captioner is not installed beside this Python")
    with pytest.raises(resolve_script.Trouble, match=r"letter\.mp4"):
        resolve_script.caption(tape)
    monkeypatch.setenv("MEDIA_CAPTIONER_COMMAND", shutil.which("true"))
    with pytest.raises(resolve_script.Trouble, match="ended with code 0"):
        resolve_script.caption(tape)


def test_a_sidecar_of_another_version_is_refused(tmp_path):
    (tmp_path / "a.media_captioner.json").write_text('{"schema": "media_captioner/sidecar@9"}')
    with pytest.raises(resolve_script.Trouble, match="of one version"):
        resolve_script.read(tmp_path / "a.media_captioner.json")


def test_it_keeps_to_the_types_of_the_host():
    pytest.importorskip("mypy")
    if importlib.util.find_spec("fusionscript-stubs") is None and not _has_stubs():
        pytest.skip("fusionscript-stubs is not installed")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(SCRIPT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    wrong = SCRIPT.read_text("utf-8").replace('"speech": "Blue"', '"speech": "Bluue"')
    bad = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-c", wrong],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Bluue" in bad.stdout


def _has_stubs():
    return any((Path(folder) / "fusionscript-stubs").is_dir() for folder in sys.path)
