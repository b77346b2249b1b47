"""Run by a Python that has ``bpy``: ``in_blender.py MEDIA FOLDER``. It asserts, renders, and prints what it saw."""

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import media_captioner_blender as addon
from media_captioner_blender import strips

media, folder = Path(sys.argv[1]), Path(sys.argv[2])
addon.register()
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 30, 1.001  # not the rate of the media
made = strips.collection(scene)
movie = made.new_movie("film", str(media), channel=1, frame_start=11)
own = made.new_effect(
    name="mine", type="TEXT", channel=2, frame_start=1,
    **({"length": 10} if bpy.app.version >= (5, 0, 0) else {"frame_end": 11}),
)  # fmt: skip
scene.timeline_markers.new("mine", frame=3)


def ours():
    return sorted(
        (s.frame_final_start, s.frame_final_end, s.text)
        for s in strips.collection(scene)
        if s.get(strips.KEY)
    )


count, problems = addon.import_captions(scene)
assert (count, problems) == (2, []), (count, problems)
once, marks = ours(), sorted((m.frame, m.name) for m in scene.timeline_markers)
assert [start for start, _, _ in once] == [11 + 50, 11 + 150], once  # frames of a 25 fps movie, one for one
addon.import_captions(scene)
assert ours() == once  # twice is once
assert sorted((m.frame, m.name) for m in scene.timeline_markers) == marks
assert "mine" in [s.name for s in strips.collection(scene)]
assert (3, "mine") in marks

movie.frame_offset_start = 60  # the first cue is cut
addon.import_captions(scene)
assert ours()[0][:2] == (71, 98), ours()
movie.frame_offset_start = 0
addon.import_captions(scene)

render = scene.render
render.resolution_x, render.resolution_y, render.resolution_percentage = 640, 360, 100
render.use_sequencer = True
render.image_settings.file_format = "PNG"
for name, frame in (("with", 11 + 60), ("without", 11 + 110)):
    scene.frame_set(frame)
    render.filepath = str(folder / f"{name}.png")
    bpy.ops.render.render(write_still=True)

strips.clear(scene)
assert ours() == []
assert [m.name for m in scene.timeline_markers] == ["mine"]
sidecar = media.with_name(media.stem + ".media_captioner.json")
document = json.loads(sidecar.read_text())
sidecar.write_text(json.dumps({**document, "schema": "media_captioner/sidecar@9"}))
count, problems = addon.import_captions(scene)
assert count == 0, count
assert "another version" in problems[0], problems
sidecar.unlink()
assert "caption it first" in addon.import_captions(scene)[1][0]
listener = addon.Listener("/nowhere/media-captioner", [media, media.with_name("gone.mp4")])
listener.thread.join(20)
assert "Cannot start" in listener.news.get()[1]
assert "relink" in listener.news.get()[1]
addon.unregister()
print("as expected in Blender", bpy.app.version_string)
