# SPDX-License-Identifier: GPL-3.0-or-later
"""Captions of the whole soundtrack as text strips and markers in the video sequence editor."""

from __future__ import annotations

import json
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
    for strip in strips.candidates(scene, selected=selected):
        try:
            placed += cues.place(cues.sidecar_of(strips.media_of(strip)), strips.shown(scene, strip))
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
            reason = err.strip().splitlines()[-1] if err.strip() else f"exit code {self._process.returncode}"
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

    def invoke(self, context: Any, event: Any) -> set[str]:  # noqa: ARG002 - Blender's signature
        """Start to listen."""
        addon = context.preferences.addons.get(__package__)
        command = shutil.which(bpy.path.abspath(addon.preferences.command) if addon else "media-captioner")
        if command is None:
            self.report(
                {"ERROR"}, "media-captioner was not found: install it, or name it in the add-on's preferences"
            )
            return {"CANCELLED"}
        chosen = _chosen(context.scene)
        files = list(dict.fromkeys(strips.media_of(strip) for strip in chosen))
        if any(not file.is_absolute() for file in files):
            self.report({"ERROR"}, "Save the project first: its strips name their files relative to it")
            return {"CANCELLED"}
        if not files:
            self.report({"ERROR"}, "There is no movie or sound strip to caption")
            return {"CANCELLED"}
        self._listener = Listener(command, files)
        self._timer = context.window_manager.event_timer_add(0.5, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.window_manager.progress_begin(0, len(files))
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Show how far it is; Escape stops it."""
        assert self._listener is not None  # noqa: S101 - for the type checker; invoke made it
        if event.type == "ESC":
            self._listener.stop()
            return self._over(context, {"CANCELLED"})
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        while not self._listener.news.empty():
            number, problem = self._listener.news.get()
            context.window_manager.progress_update(number + 1)
            if problem:
                self.report({"WARNING"}, problem)
        if self._listener.thread.is_alive():
            return {"PASS_THROUGH"}
        self._over(context, set())
        return bpy.ops.sequencer.media_captioner_import()  # type: ignore[no-any-return]

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
        count, problems = import_captions(context.scene, selected=False)
        for problem in problems:
            self.report({"WARNING"}, problem)
        self.report({"INFO"}, f"{count} captions")
        return {"FINISHED"} if count else {"CANCELLED"}


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
