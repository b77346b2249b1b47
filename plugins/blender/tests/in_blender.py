"""Run by a Python that has ``bpy``: ``in_blender.py MEDIA FOLDER``. It asserts, renders, and prints what it saw.

The environment names a media-captioner that hears something (MEDIA_CAPTIONER_COMMAND and its settings).
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import bpy


def failed(kind, error, trace):
    """Say why, and be gone: after an error Blender may hang when it ends."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


sys.excepthook = failed
sys.path.insert(0, str(Path(__file__).parents[1]))
import media_captioner_blender as addon
from media_captioner_blender import strips

media, folder = Path(sys.argv[1]), Path(sys.argv[2])
sidecar = media.with_name(media.stem + ".media_captioner.json")
document = json.loads(sidecar.read_text())
version = bpy.app.version
addon.register()
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 30, 1.001  # not the rate of the media
window = bpy.context.window_manager.windows[0]
if hasattr(window.workspace, "sequencer_scene"):
    window.workspace.sequencer_scene = scene
area = window.screen.areas[0]
area.type = "SEQUENCE_EDITOR"
region = next(each for each in area.regions if each.type == "WINDOW")
made = strips.collection(scene)


def in_the_sequencer(operator, **options):
    with bpy.context.temp_override(window=window, area=area, region=region):
        return operator(**options)


def ours():
    return sorted(
        (s.frame_final_start, s.frame_final_end, s.text)
        for s in strips.collection(scene)
        if s.get(strips.KEY)
    )


def starts():
    """Where the captions begin, brought in anew."""
    _, problems = addon.import_captions(scene)
    assert problems == [], problems
    return [start for start, _, _ in ours()]


def refused(text):
    count, problems = addon.import_captions(scene)
    assert count == 0, count
    assert text in problems[0], problems


def near(found, expected):
    """Whether frames are where they are expected, within the one that Blender rounds a strip's length by."""
    assert len(found) == len(expected), found
    assert all(abs(one - other) <= 1 for one, other in zip(found, expected, strict=True)), (found, expected)


def effect(kind, **options):
    length = {"length": 10} if version >= (5, 0, 0) else {"frame_end": options["frame_start"] + 10}
    return made.new_effect(type=kind, **options, **length)


def select(strip):
    for each in made:
        each.select = False
    strip.select = True
    scene.sequence_editor.active_strip = strip


def retime(strip, percent):
    select(strip)
    assert in_the_sequencer(bpy.ops.sequencer.retiming_segment_speed_set, speed=percent) == {"FINISHED"}


# --- what lies on the timeline, and twice is once
movie = made.new_movie("film", str(media), channel=1, frame_start=11)
effect("TEXT", name="mine", channel=2, frame_start=1)
scene.timeline_markers.new("mine", frame=3)
assert starts() == [11 + 50, 11 + 150]  # added by a script: frames of a 25 fps movie, one for one
once, marks = ours(), sorted((m.frame, m.name) for m in scene.timeline_markers)
assert in_the_sequencer(bpy.ops.sequencer.media_captioner_import) == {"FINISHED"}
assert ours() == once
assert sorted((m.frame, m.name) for m in scene.timeline_markers) == marks
assert "mine" in [s.name for s in made]
assert (3, "mine") in marks
assert sorted(s.name for s in made if s.type == "MOVIE") == ["film"]

# --- trims and moves
movie.frame_offset_start = 60  # the first cue is cut
starts()
assert ours()[0][:2] == (71, 98), ours()
movie.frame_start += 5
starts()
assert ours()[0][:2] == (76, 104), ours()
movie.frame_start, movie.frame_offset_start = 11, 0
starts()

# --- what it looks like
render = scene.render
render.resolution_x, render.resolution_y, render.resolution_percentage = 640, 360, 100
render.use_sequencer = True
render.image_settings.file_format = "PNG"
for name, frame in (("with", 11 + 60), ("without", 11 + 110)):
    scene.frame_set(frame)
    render.filepath = str(folder / f"{name}.png")
    bpy.ops.render.render(write_still=True)

# --- cut off for good
movie.animation_offset_start = 25
assert starts() == ([61, 161] if version >= (5, 2, 0) else [36, 136])  # 5.2 leaves what is shown where it is
movie.animation_offset_start = 0

# --- speeds
retime(movie, 200.0)
near(starts(), [11 + 25, 11 + 75])
retime(movie, 50.0)
near(starts(), [11 + 100, 11 + 300])
media.rename(folder / "elsewhere")  # offline: the sidecar says how long it is
near(starts(), [11 + 100, 11 + 300])
(folder / "elsewhere").rename(media)
made.remove(movie)

if version < (5, 0, 0):  # 5.0.1 and 5.2.3 themselves crash in the background when a movie is added so
    options = {
        "adjust_playback_rate": True,
        "use_framerate": False,
        "sound": False,
        "set_view_transform": False,
    }
    in_the_sequencer(
        bpy.ops.sequencer.movie_strip_add, filepath=str(media), channel=1, frame_start=11, **options
    )
    movie = next(s for s in made if s.type == "MOVIE")
    near([movie.frame_final_duration], [300])
    near(starts(), [11 + 60, 11 + 180])  # as the menu adds it: 10 seconds last 10 seconds
    made.remove(movie)

with contextlib.suppress(RuntimeError):  # the wheel of 4.2 has no sound
    sound = made.new_sound("sound", str(media), channel=1, frame_start=11)
    assert starts() == [11 + 60, 11 + 180]
    made.remove(sound)

movie = made.new_movie("film", str(media), channel=1, frame_start=11)
movie.frame_offset_start = 60
retime(movie, 200.0)  # what was trimmed away keeps its speed
refused("changes its speed midway")
made.remove(movie)
movie = made.new_movie("film", str(media), channel=1, frame_start=11)
speed = effect(
    "SPEED", name="speed", channel=3, frame_start=11, **{"input1" if version >= (4, 4, 0) else "seq1": movie}
)
refused("below a speed effect")
made.remove(speed)
movie.use_reverse_frames = True
refused("plays backwards")
made.remove(movie)

# --- a meta strip shows a part of what is in it
select(made.new_movie("film", str(media), channel=1, frame_start=11))
assert in_the_sequencer(bpy.ops.sequencer.meta_make) == {"FINISHED"}
meta = next(s for s in made if s.type == "META")
assert starts() == [11 + 50, 11 + 150]
meta.frame_offset_start = 60
starts()
assert ours()[0][:2] == (71, 98), ours()
meta.frame_offset_start = 0
retime(meta, 200.0)
refused("lies in a meta strip with a speed of its own")
made.remove(meta)

# --- the operator, with the program itself
movie = made.new_movie("film", str(media), channel=1, frame_start=11)
for name in ("media_captioner.json", "en.vtt", "xmp"):
    media.with_suffix(f".{name}").unlink(missing_ok=True)
assert in_the_sequencer(bpy.ops.sequencer.media_captioner) == {"FINISHED"}
assert [text for *_, text in ours()] == ["[dog barking]"], ours()
(heard,) = json.loads(sidecar.read_text())["cues"]
assert ours()[0][0] == 11 + round(25 * heard["start"]), (ours(), heard)


def fails(text, function, **options):
    said = ""
    try:
        function(**options)
    except RuntimeError as error:
        said = str(error)
    assert text in said, (text, said)


def caption():
    in_the_sequencer(bpy.ops.sequencer.media_captioner)


named = os.environ.pop("MEDIA_CAPTIONER_COMMAND")
path, os.environ["PATH"] = os.environ["PATH"], ""
fails("media-captioner was not found", caption)
os.environ["PATH"], os.environ["MEDIA_CAPTIONER_COMMAND"] = path, named
movie.filepath = "//film.mp4"
fails("Save the project first", caption)
refused("Save the project first")
made.remove(movie)
strips.clear(scene)
for each in list(made):
    if each.name != "mine":
        made.remove(each)
fails("There is no movie or sound strip", caption)

# --- all that is ours goes, and nothing else
made.new_movie("film", str(media), channel=1, frame_start=11)
starts()
strips.clear(scene)
assert ours() == []
assert [m.name for m in scene.timeline_markers] == ["mine"]
assert "mine" in [s.name for s in made]

# --- a scene of another project: what were added to it would not be saved
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "other.blend"), copy=True)
with bpy.data.libraries.load(str(folder / "other.blend"), link=True) as (there, here):
    here.scenes = there.scenes
(linked,) = (each for each in bpy.data.scenes if each.library)
count, problems = addon.import_captions(linked)
assert (count, len(problems)) == (0, 1)
assert "is linked from" in problems[0], problems
assert not [each for each in strips.collection(linked) if each.get(strips.KEY)]
if version >= (5, 0, 0):
    window.workspace.sequencer_scene = linked
else:
    window.scene = linked
fails("is linked from", caption)
window.scene = scene
if version >= (5, 0, 0):
    window.workspace.sequencer_scene = scene

# --- messages
sidecar.write_text(json.dumps({**document, "schema": "media_captioner/sidecar@9"}))
refused("another version")
sidecar.unlink()
refused("caption it first")
listener = addon.Listener("/nowhere/media-captioner", [media, media.with_name("gone.mp4")])
listener.thread.join(20)
assert "Cannot start" in listener.news.get()[1]
assert "relink" in listener.news.get()[1]
addon.unregister()
addon.OLDEST = (99, 0, 0)
fails("needs Blender 4.2 or newer", addon.register)

# --- installed as an extension, from the zip that the page names
archive = shutil.make_archive(str(folder / "addon"), "zip", Path(addon.__file__).parent)
validator = next(Path(bpy.utils.resource_path("LOCAL")).rglob("blender_ext.py"))
subprocess.run([sys.executable, validator, "validate", archive], check=True)
installed = bpy.ops.extensions.package_install_files(
    filepath=archive, repo="user_default", enable_on_install=True
)
assert installed == {"FINISHED"}, installed
assert "bl_ext.user_default.media_captioner" in bpy.context.preferences.addons
print("as expected in Blender", bpy.app.version_string, flush=True)
os._exit(0)
