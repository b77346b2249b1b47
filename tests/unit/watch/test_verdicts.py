"""What becomes of a file by how the work on it ended."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media_captioner import errors
from media_captioner.outcomes import AssetReport
from media_captioner.watch.verdicts import verdict

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)


def judged(state, error=None, tries=0):
    return verdict(AssetReport(Path("a.mp4"), state, error=error), tries, NOW, 60.0)


@pytest.mark.parametrize("state", ["done", "done with gaps", "up to date"])
def test_what_is_done_is_settled(state):
    assert (judged(state).state, judged(state).until) == (state, None)


@pytest.mark.parametrize(
    "error",
    [
        errors.NoAudio("silent film"),
        errors.UnsupportedMedia("a text"),
        errors.UnsafeInput("a playlist"),
        errors.MediaLimitExceeded("a week long"),
        errors.ClipRejected("too long"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_lies_in_the_file_stands_until_it_changes(error):
    assert (judged("failed", error).state, judged("failed", error).until) == ("failed", None)


@pytest.mark.parametrize(
    "error",
    [
        errors.CorruptMedia("damaged"),
        errors.FolderMisconfigured("an unknown profile"),
        errors.OutputNotWritable("read-only"),
        errors.ToolCrashed("gone"),
        errors.CaptionerUnavailable("503"),
        errors.AuthenticationFailed("wrong key"),
        errors.MediaCaptionerError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again_ever_later_but_not_for_ever(error):
    waits = [judged("failed", error, tries).until for tries in range(7)]
    assert waits == sorted(waits)
    assert waits[0] == NOW + timedelta(minutes=1)
    assert waits[-1] == NOW + timedelta(hours=6)
    assert judged("failed", error, 7).state == "failed"


def test_a_service_says_itself_when_and_a_budget_holds_the_folder():
    postponed = judged("waiting", errors.Postponed("busy", until=LATER))
    assert (postponed.until, postponed.holds_folder, postponed.counts) == (LATER, False, False)
    budget = judged("waiting", errors.BudgetExceeded("spent", until=LATER))
    assert (budget.until, budget.holds_folder) == (LATER, True)
    assert judged("waiting", errors.BudgetExceeded("spent for good")).until == NOW + timedelta(hours=6)
    assert judged("waiting", errors.DiskFull("no room")).until == NOW + timedelta(minutes=1)
