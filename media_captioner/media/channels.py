"""Which channel is which: the layout of a track, read once.

A file may state an order of channels of its own, as QuickTime masters with film order do (left, centre, right,
...). PyAV 17.1 to 19.0 frees such an order each time somebody looks at it, and again with every decoded frame,
which ends the process. So the order is looked at once, here, and then taken away from the decoder: its frames
leave their channels unnamed, and get their names back from what was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame


@dataclass(frozen=True, slots=True)
class ChannelLayout:
    """The channels of a track.

    Attributes:
        name: FFmpeg's name of the layout (``5.1(side)``, ``2 channels (FR+FL)``).
        channels: FFmpeg's names of the channels, in the order of the samples.

    """

    name: str
    channels: tuple[str, ...]

    @classmethod
    def take_over(cls, context: AudioCodecContext) -> ChannelLayout:
        """Read the layout of a track that is not decoded yet, and leave the decoder none that PyAV would free."""
        layout = context.layout  # only once: two such objects would free the same order
        taken = cls(layout.name, tuple(channel.name for channel in layout.channels))
        if taken.channels:
            # FFmpeg describes an order of the file's own by its channels, and has a plain name for others.
            described = " channels (" in taken.name or "+" in taken.name
            context.layout = f"{len(taken.channels)} channels" if described else taken.name
        return taken

    def of(self, frame: AudioFrame) -> tuple[str, ...]:
        """Return the names of a frame's channels: its own, or the track's where it has none."""
        layout = frame.layout
        if layout.nb_channels == len(self.channels) and layout.name.endswith(" channels"):
            return self.channels
        names = tuple(channel.name for channel in layout.channels)
        return names if len(names) == layout.nb_channels else ("",) * layout.nb_channels
