# SPDX-License-Identifier: GPL-3.0-or-later
"""Captions of the whole soundtrack as text strips and markers in the video sequence editor."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import bpy

from . import cues, strips

OLDEST = (4, 2, 0)


def import_captions(scene: Any, *, selected: bool = False) -> tuple[int, list[str]]:
    """Put the captions of a scene's strips on its timeline, from the sidecars beside their media.

    Returns:
        The number of text strips, and why strips got none.

    """
    placed: list[cues.Placed] = []
    problems: list[str] = []
    found = strips.candidates(scene, selected=selected)
    if refusal := strips.refusal(scene, (strips.media_of(each.strip) for each in found)):
        return 0, [refusal]
    for each in found:
        try:
            document = cues.sidecar_of(strips.media_of(each.strip))
            placed += cues.place(document, strips.shown(scene, each, cues.length_of(document)))
        except cues.Trouble as trouble:
            problems.append(str(trouble))
    if not placed and problems:
        return 0, problems  # what an earlier run put there stays
    return strips.put(scene, placed), problems


class Listener:
    """Captions files one by one with the command, in a thread; ``news`` holds what it has to tell."""

    def __init__(self, command: str, files: list[Path]) -> None:
        self.news: queue.Queue[tuple[int, str]] = queue.Queue()
        self.files = files
        self._stopped = False
        self._process: subprocess.Popen[str] | None = None
        self.thread = threading.Thread(target=self._run, args=(command,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop the command; it keeps what it has finished."""
        self._stopped = True
        if self._process:
            self._process.terminate()

    def _run(self, command: str) -> None:
        for number, file in enumerate(self.files):
            if self._stopped:
                return
            problem = "" if file.is_file() else f"{file} is not there: relink the strip"
            self.news.put((number, problem or self._caption(command, file)))

    def _caption(self, command: str, file: Path) -> str:
        try:
            self._process = subprocess.Popen(
                [command, "caption", "--json", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            if self._stopped:  # while it was being started
                self._process.terminate()
            out, err = self._process.communicate()
        except OSError as error:
            return (
                f"Cannot start {command}: {error.strerror}. Name media-captioner in the add-on's preferences"
            )
        if self._process.returncode == 0:
            return ""
        try:
            reason = json.loads(out.splitlines()[-1])["reason"]
        except (IndexError, ValueError, KeyError, TypeError):
            said = [line[7:] for line in err.splitlines() if line.startswith("error: ")]
            reason = said[0] if said else f"it ended with code {self._process.returncode}"
        return f"{file.name}: {reason}"


class Preferences(bpy.types.AddonPreferences):  # type: ignore[misc]
    """Where the command is."""

    bl_idname = __package__ or "media_captioner"
    command: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="media-captioner",
        subtype="FILE_PATH",
        default="media-captioner",
        description="The program, or its full path",
    )

    def draw(self, context: Any) -> None:  # noqa: ARG002 - Blender's signature
        """Draw the preferences."""
        self.layout.prop(self, "command")


class SEQUENCER_OT_media_captioner(bpy.types.Operator):  # type: ignore[misc]  # noqa: N801 - Blender's way
    """Caption the selected strips, or all, in the background; then put the captions on the timeline."""

    bl_idname = "sequencer.media_captioner"
    bl_label = "Caption Soundtrack"
    _listener: Listener | None = None
    _timer: Any = None

    def execute(self, context: Any) -> set[str]:
        """Caption and wait, for scripts and for Blender without windows."""
        found = self._ready(context)
        if found is None:
            return {"CANCELLED"}
        listener = Listener(*found)
        listener.thread.join()
        self._tell(listener)
        return bpy.ops.sequencer.media_captioner_import()  # type: ignore[no-any-return]

    def invoke(self, context: Any, event: Any) -> set[str]:  # noqa: ARG002 - Blender's signature
        """Start to listen."""
        found = self._ready(context)
        if found is None:
            return {"CANCELLED"}
        self._listener = Listener(*found)
        self._timer = context.window_manager.event_timer_add(0.5, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.window_manager.progress_begin(0, len(found[1]))
        return {"RUNNING_MODAL"}

    def _ready(self, context: Any) -> tuple[str, list[Path]] | None:
        """Return the command and what it is to caption; say what is missing."""
        addon = context.preferences.addons.get(__package__)
        named = os.environ.get("MEDIA_CAPTIONER_COMMAND") or (addon and addon.preferences.command)
        command = shutil.which(bpy.path.abspath(named or "media-captioner"))
        if command is None:
            self.report(
                {"ERROR"}, "media-captioner was not found: install it, or name it in the add-on's preferences"
            )
            return None
        scene = strips.scene_of(context)
        files = list(dict.fromkeys(strips.media_of(each.strip) for each in _chosen(scene)))
        if refusal := strips.refusal(scene, files):
            self.report({"ERROR"}, refusal)
            return None
        if not files:
            self.report({"ERROR"}, "There is no movie or sound strip to caption")
            return None
        return command, files

    def modal(self, context: Any, event: Any) -> set[str]:
        """Show how far it is; Escape stops it."""
        assert self._listener is not None  # noqa: S101 - for the type checker; invoke made it
        if event.type == "ESC":
            self._listener.stop()
            return self._over(context, {"CANCELLED"})
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        done = self._tell(self._listener)
        if done:
            context.window_manager.progress_update(done)
        if self._listener.thread.is_alive():
            return {"PASS_THROUGH"}
        self._over(context, set())
        return bpy.ops.sequencer.media_captioner_import()  # type: ignore[no-any-return]

    def _tell(self, listener: Listener) -> int:
        """Report what the listener has to tell, and return how many files it is done with, 0 if there is no news."""
        done = 0
        while not listener.news.empty():
            number, problem = listener.news.get()
            done = number + 1
            if problem:
                self.report({"WARNING"}, problem)
        return done

    def _over(self, context: Any, result: set[str]) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        return result


class SEQUENCER_OT_media_captioner_import(bpy.types.Operator):  # type: ignore[misc]  # noqa: N801 - Blender's way
    """Put captions that lie beside the media on the timeline; only what this add-on made is replaced."""

    bl_idname = "sequencer.media_captioner_import"
    bl_label = "Import Captions of Soundtrack"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: Any) -> set[str]:
        """Import them."""
        count, problems = import_captions(strips.scene_of(context))
        for problem in problems:
            self.report({"WARNING"}, problem)
        self.report({"INFO"}, f"{count} captions")
        return {"CANCELLED"} if problems and not count else {"FINISHED"}


def _chosen(scene: Any) -> list[Any]:
    return strips.candidates(scene, selected=True) or strips.candidates(scene, selected=False)


def _menu(menu: Any, context: Any) -> None:  # noqa: ARG001 - Blender's signature
    menu.layout.separator()
    menu.layout.operator(SEQUENCER_OT_media_captioner.bl_idname)
    menu.layout.operator(SEQUENCER_OT_media_captioner_import.bl_idname)


_CLASSES = (Preferences, SEQUENCER_OT_media_captioner, SEQUENCER_OT_media_captioner_import)


def register() -> None:
    """Enable the add-on.

    Raises:
        RuntimeError: Blender is older than 4.2.

    """
    if bpy.app.version < OLDEST:
        raise RuntimeError(f"media_captioner needs Blender 4.2 or newer, not {bpy.app.version_string}")
    for each in _CLASSES:
        bpy.utils.register_class(each)
    if hasattr(bpy.types, "SEQUENCER_MT_strip"):  # not in builds without windows
        bpy.types.SEQUENCER_MT_strip.append(_menu)


def unregister() -> None:
    """Disable the add-on."""
    if hasattr(bpy.types, "SEQUENCER_MT_strip"):
        bpy.types.SEQUENCER_MT_strip.remove(_menu)
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
