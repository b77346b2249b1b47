"""Quiet hours, also over midnight."""

from datetime import datetime

import pytest

from media_captioner.watch.hours import quiet_until


@pytest.mark.parametrize(
    ("spans", "now", "until"),
    [
        (["08:00-18:30"], "2026-03-18T07:59", None),
        (["08:00-18:30"], "2026-03-18T08:00", "2026-03-18T18:30"),
        (["08:00-18:30"], "2026-03-18T18:30", None),
        (["22:00-06:00"], "2026-03-18T23:10", "2026-03-19T06:00"),
        (["22:00-06:00"], "2026-03-18T05:59", "2026-03-18T06:00"),
        (["22:00-06:00"], "2026-03-18T06:00", None),
        (["20:00-24:00"], "2026-03-18T23:59", "2026-03-19T00:00"),
        (["08:00-12:00", "11:00-13:00"], "2026-03-18T11:30", "2026-03-18T13:00"),
        ([], "2026-03-18T11:30", None),
    ],
)
def test_when_they_end(spans, now, until):
    found = quiet_until(spans, datetime.fromisoformat(now).astimezone())
    assert found == (until and datetime.fromisoformat(until).astimezone())
