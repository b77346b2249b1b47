"""Everything that a plugin should not do."""

import os
import sys
import threading

from media_captioner.hooks import hookimpl


class Raises:
    @hookimpl
    def asset_found(self, event):
        raise ValueError("no")

    @hookimpl
    def cues_ready(self, event):
        raise RecursionError


class Stops:
    @hookimpl
    def plan_made(self, event):
        sys.exit(0)

    @hookimpl
    def sidecars_written(self, event):
        raise KeyboardInterrupt


class WaitsForEver:
    @hookimpl
    def asset_found(self, event):
        threading.Event().wait()


class ReturnsJunk:
    @hookimpl
    def cues_ready(self, event):
        return {"cues": "all of them"}

    @hookimpl
    def asset_done(self, event):
        return 42


class Wanders:
    @hookimpl
    def segment_described(self, event):
        os.chdir("/")
        sys.stdout = None
        os.environ.clear()


class WrongArguments:
    @hookimpl
    def asset_done(self, event, path):
        pass


class Misspelt:
    @hookimpl
    def asset_finished(self, event):
        pass


class TakesOurNames:
    @hookimpl
    def register_captioners(self, register):
        register("local", lambda options: None)
