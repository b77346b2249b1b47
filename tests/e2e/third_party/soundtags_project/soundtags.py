"""A plugin as somebody else would write it: a captioner, a format, a command, and an ear for two events."""

from fractions import Fraction
from pathlib import Path

import click

from media_captioner.hooks import AssetDone, CuesReady, hookimpl
from media_captioner.model import Captions, Cue, Description
from media_captioner.protocols import Service


class Parrot:
    name = "parrot"
    model = "parrot-1"
    service = Service("parrot", Fraction(30), Fraction(10), ("wav",))

    async def describe(self, clip, context):
        return Description("A dog barks twice. Then a door slams.", self.name, self.model)

    async def close(self):
        pass


class Tags:
    name, suffix, readers, loss = "tags", ".tags.txt", "people", "all but the texts"

    def write(self, captions, context):
        return "\n".join(["tags", *(cue.text for cue in captions.cues)]).encode()

    def is_ours(self, data):
        return data.startswith(b"tags")


@hookimpl
def register_captioners(register):
    register("parrot", lambda options: Parrot())


@hookimpl
def register_exporters(register):
    register(Tags())


@hookimpl
def register_commands(register):
    @click.command("tag-count", short_help="Count tags.")
    @click.argument("file", type=click.Path(path_type=Path))
    def count(file):
        click.echo(len(file.read_text().splitlines()) - 1)

    register(count)


@hookimpl
def cues_ready(event: CuesReady) -> Captions:
    from dataclasses import replace

    mark = Cue(Fraction(0), Fraction(1), "[soundtags was here]", "effects", "heard")
    return replace(event.captions, cues=(mark, *(cue for cue in event.captions.cues if cue.start >= 1)))


@hookimpl
def asset_done(event: AssetDone) -> None:
    event.path.with_suffix(".heard.txt").write_text(f"{event.state}: {event.summary}")
