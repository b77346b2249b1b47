"""Label track of Audacity: start, end and text of each label, parted by tabs."""

from __future__ import annotations

from fractions import Fraction

from media_captioner.export.base import ExportContext
from media_captioner.export.text import one_line
from media_captioner.model import Captions
from media_captioner.timing import decimal_seconds


class AudacityLabels:
    """Labels under a waveform."""

    name = "audacity"
    suffix = ".labels.txt"
    readers = "Audacity, Tenacity (File > Import > Labels), Sonic Visualiser, Praat scripts"
    loss = "each cue is one line; layers, speakers and evidence; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return one line a cue; seconds from the first moment of the presentation, to the microsecond."""
        zero = Fraction(0)
        return "".join(
            f"{decimal_seconds(max(zero, cue.start), 6)}\t{decimal_seconds(max(zero, cue.end), 6)}"
            f"\t{one_line(cue.text) or '…'}\n"
            for cue in captions.cues
        ).encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: every line is a label, so there is no place for a seal."""
        return False
