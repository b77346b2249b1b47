"""Clocks that start anew in the middle of a file: broadcasts, captures, files joined end to end.

Such a file plays on without a break, so its presentation timeline runs on too. A real hole looks the same in
the sound alone: it is the picture that tells them apart, by going on steadily where sound is missing, and by
jumping along at a splice.
"""

from __future__ import annotations

from typing import Final

SPLICE: Final = 10.0  # seconds: smaller jumps are holes and overlaps
_TOGETHER: Final = 5.0  # seconds: streams that jump by amounts this close jump at the same splice


class Splices:
    """The jumps of one file's clock that all its streams share. Times are seconds of the file's own clock."""

    def __init__(self) -> None:
        self._agreed: list[float] = []
        self._video_applied = 0
        self._video_next: float | None = None  # where the picture's clock should stand now
        self._video_ahead: float | None = None  # a jump forward that only the picture has made so far
        self._video_suspect: float | None = None

    def picture(self, time: float, seconds: float) -> None:
        """Take note of a packet of the picture.

        Args:
            time: Its decoding time: unlike presentation times, these ascend.
            seconds: How long it lasts.

        """
        if self._video_next is None or abs(time - self._video_next) <= SPLICE:
            self._video_next = time + seconds
            self._video_suspect = None
            return
        if self._video_suspect is None or abs(time - self._video_suspect) > SPLICE:
            self._video_suspect = time  # believed once the next packet agrees
            return
        jump = self._video_suspect - self._video_next
        self._video_next = time + seconds
        self._video_suspect = None
        known = self._find(self._video_applied, jump)
        if known is not None:
            self._video_applied = known + 1
        elif jump < 0:
            self._agreed.append(jump)
            self._video_applied = len(self._agreed)
        else:
            self._video_ahead = jump

    def resolve(self, applied: int, jump: float, time: float) -> tuple[int, float] | None:
        """Judge a jump that a sound track's clock has made.

        Args:
            applied: How many splices this track has taken part in.
            jump: Seconds by which its stamps run later (earlier if negative) from now on.
            time: The first stamp after the jump.

        Returns:
            None for a hole or an overlap. For a splice, how many the track has taken part in now, and the
            seconds by which its clock was moved: those of the stream that came to the splice first, so that
            picture and sound stay together.

        """
        if abs(jump) <= SPLICE:
            return None
        known = self._find(applied, jump)
        if known is not None:
            return known + 1, self._agreed[known]
        if jump > 0:
            if self._video_ahead is not None and abs(self._video_ahead - jump) <= _TOGETHER:
                jump, self._video_ahead = self._video_ahead, None
                self._video_applied = len(self._agreed) + 1
            elif self._video_next is None or abs(self._video_next - time) <= _TOGETHER:
                return None  # the picture went there steadily, or there is none: sound is missing
        self._agreed.append(jump)
        return len(self._agreed), jump

    def _find(self, first: int, jump: float) -> int | None:
        for place in range(first, len(self._agreed)):
            if abs(self._agreed[place] - jump) <= _TOGETHER:
                return place
        return None
