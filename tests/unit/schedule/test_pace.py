"""The limiter's arithmetic: no window ever holds more than the limit, whatever happens meanwhile."""

import itertools
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.protocols import Service
from media_captioner.schedule import pace as paces
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.pace import Busy, Closed, Flight, Pace, Patience

FREE = Limits(concurrency=10**6)


def _reserve(pace, now, limits, *, tokens=0, owner=1, patience=None):
    return paces.reserve(
        pace, now, tokens=tokens, owner=owner, limits=limits, patience=patience or Patience()
    )


def _most_in_a_window(starts, seconds):
    return max(sum(1 for other in starts if start <= other < start + seconds) for start in starts)


@given(
    per_minute=st.integers(1, 120),
    tokens=st.lists(st.integers(1, 400), min_size=1, max_size=6),
    per_token_minute=st.integers(400, 4_000),
    phase=st.floats(0, 1),
)
def test_n12_a_crowd_that_is_always_in_line_stays_within_every_window(
    per_minute, tokens, per_token_minute, phase
):
    limit = Limits(10**6, requests_per_minute=per_minute, tokens_per_minute=per_token_minute)
    pace, now, began = Pace(), phase, []
    while now < phase + 150 and len(began) < 400:
        used = tokens[len(began) % len(tokens)]
        pace, flight = _reserve(pace, now, limit, tokens=used)
        now = flight.start
        began.append((now, used))
        pace = paces.settle(pace, now, flight, "answered", limits=limit, tokens=used)
    starts = [start for start, _ in began]
    assert _most_in_a_window(starts, 60) <= per_minute
    assert _most_in_a_window(starts, 1) <= math.ceil(per_minute / 60)
    for start in starts:
        assert sum(used for other, used in began if start <= other < start + 60) <= per_token_minute


limits = st.builds(
    Limits,
    concurrency=st.integers(1, 40),
    requests_per_minute=st.none() | st.integers(1, 600),
    requests_per_second=st.none() | st.sampled_from([0.5, 1, 3, 20]),
    tokens_per_minute=st.none() | st.integers(500, 100_000),
)
steps = st.lists(
    st.tuples(
        st.floats(0, 20),  # seconds that pass before it is asked for
        st.integers(0, 3_000),  # tokens reserved
        st.floats(0, 1),  # share of them that is really used
        st.floats(0, 30),  # seconds the request takes
        st.sampled_from(["answered"] * 6 + ["throttled", "unavailable", "unsent"]),
        st.none() | st.floats(0, 90),  # Retry-After
    ),
    min_size=2,
    max_size=60,
)


@given(limits=limits, steps=steps, chance=st.floats(0, 1))
def test_n12_no_sliding_window_holds_more_than_the_limit(limits, steps, chance):
    now, pace, began, back = 0.0, Pace(), [], []
    for wait, tokens, share, takes, verdict, retry_after in steps:
        now += wait
        while True:
            for flight, end, how, used, wish in sorted(back, key=lambda entry: entry[1]):
                if end <= now:
                    pace = paces.settle(
                        pace, end, flight, how, limits=limits, tokens=used, retry_after=wish, chance=chance
                    )
            back = [entry for entry in back if entry[1] > now]
            pace, found = _reserve(pace, now, limits, tokens=tokens, patience=Patience(1e9, 1e9))
            if isinstance(found, Flight):
                break
            assert isinstance(found, Busy)
            assert back  # somebody will come back, so nobody starves
            now = min(entry[1] for entry in back)
        late = found.start > now and takes % 1 < 0.5  # the machine was busy when its moment came
        ahead = found.start > now
        now = max(now, found.start) + late * takes / 10
        while ahead:
            pace, ahead = paces.confirm(pace, now, found, limits)
            assert ahead is not None
            now += ahead
        assert len(pace.flights) <= limits.concurrency
        used = round(tokens * share) if verdict == "answered" else 0
        if verdict == "unsent":
            back.append((found, now, verdict, None, None))
            continue
        began.append((now, used))
        back.append((found, now + takes, verdict, used, retry_after))
    starts = [start for start, _ in began]
    assert starts == sorted(starts)
    if limits.requests_per_minute and starts:
        assert _most_in_a_window(starts, 60) <= limits.requests_per_minute
        assert _most_in_a_window(starts, 1) <= max(1, math.ceil(limits.requests_per_minute / 60))
    if limits.requests_per_second and starts:
        assert _most_in_a_window(starts, 1) <= max(1, limits.requests_per_second)
    if limits.tokens_per_minute:
        for start, tokens in began:
            held = [used for other, used in began if start <= other < start + 60]
            # A request above the whole allowance has its minute for itself.
            assert sum(held) <= limits.tokens_per_minute or len([used for used in held if used]) <= 1, (
                start,
                tokens,
            )


def test_a_steady_stream_reaches_the_limit():
    limit = Limits(concurrency=100, requests_per_minute=60)
    pace, now = Pace(), 0.0
    for _ in range(200):
        pace, flight = _reserve(pace, now, limit)
        now = flight.start
        pace = paces.settle(pace, now, flight, "answered", limits=limit)
    assert now <= 200 * 1.0 * 1.05


def test_starts_that_are_a_little_late_each_do_not_fall_behind():
    limit, late = Limits(concurrency=1000, requests_per_minute=600), random.Random(7)
    pace, flights = Pace(), []
    for _ in range(200):
        pace, flight = _reserve(pace, 0.0, limit)
        flights.append(flight)
    now = 0.0
    for flight in flights[1:]:
        wait = flight.start - now
        while wait:
            now += wait + late.uniform(0.001, 0.008)
            pace, wait = paces.confirm(pace, now, flight, limit)
    assert now <= 199 * 0.1 * 1.035


def test_tokens_alone_reach_their_limit():
    limit = Limits(concurrency=100, tokens_per_minute=100_000)
    pace, now = Pace(), 0.0
    for _ in range(400):
        pace, flight = _reserve(pace, now, limit, tokens=1_360)
        now = flight.start
        pace = paces.settle(pace, now, flight, "answered", limits=limit, tokens=1_360)
    assert now <= 400 * 1_360 / 100_000 * 60 * 1.05


def test_what_was_not_used_is_given_back():
    limit = Limits(concurrency=100, tokens_per_minute=60_000)
    pace, flight = _reserve(Pace(), 0.0, limit, tokens=30_000)
    assert _reserve(pace, 0.0, limit, tokens=1)[1].start == pytest.approx(limit.seconds_of(30_000))
    assert 30 <= limit.seconds_of(30_000) <= 31
    pace = paces.settle(pace, 1.0, flight, "answered", limits=limit, tokens=1_000)
    assert _reserve(pace, 1.0, limit, tokens=1)[1].start == pytest.approx(limit.seconds_of(1_000))


def test_a_request_above_the_whole_allowance_goes_alone_instead_of_never():
    limit = Limits(concurrency=9, tokens_per_minute=1_000)
    pace, _ = _reserve(Pace(), 0.0, limit, tokens=10)
    pace, huge = _reserve(pace, 0.0, limit, tokens=5_000)
    assert 60 <= huge.start <= 61
    _, after = _reserve(pace, 0.0, limit, tokens=10)
    assert after.start >= huge.start + 60


def test_a_late_start_holds_up_the_next_one():
    limit = Limits(concurrency=8, requests_per_minute=60)
    pace, _ = _reserve(Pace(), 0.0, limit)
    pace, second = _reserve(pace, 0.0, limit)
    pace, third = _reserve(pace, 0.0, limit)
    pace, wait = paces.confirm(pace, second.start + 0.7, second, limit)
    assert wait == 0
    pace, wait = paces.confirm(pace, third.start, third, limit)
    assert third.start + wait >= second.start + 0.7 + 1
    assert paces.confirm(pace, third.start + wait, third, limit)[1] == pytest.approx(0)


def test_the_first_starts_come_slowly_and_cost_little():
    starts, pace = [], Pace()
    for _ in range(20):
        pace, flight = _reserve(pace, 0.0, FREE)
        starts.append(flight.start)
    gaps = [second - first for first, second in itertools.pairwise(starts)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.1
    assert starts[-1] < 0.3


def test_n1_a_refusal_halves_the_pace_stops_everybody_and_lets_one_probe_through():
    limit = Limits(concurrency=8, requests_per_minute=60)
    pace, first = _reserve(Pace(), 0.0, limit)
    pace, second = _reserve(pace, 0.0, limit)
    pace = paces.settle(pace, 2.0, first, "throttled", limits=limit, retry_after=7.0)
    assert (pace.factor, pace.paused_until) == (0.5, 9.0)
    # The other one of the same burst is refused too: that is no second reason.
    pace = paces.settle(pace, 2.5, second, "throttled", limits=limit, retry_after=8.0)
    assert (pace.factor, pace.paused_until) == (0.5, 10.5)

    pace, probe = _reserve(pace, 3.0, limit)
    assert probe.start == 10.5
    assert _reserve(pace, 11.0, limit)[1] == Busy(probing=True, others=False)
    assert _reserve(pace, 11.0, limit, owner=2)[1] == Busy(probing=True, others=True)

    pace = paces.settle(pace, 12.0, probe, "answered", limits=limit)
    pace, one = _reserve(pace, 12.0, limit)
    pace, two = _reserve(pace, 12.0, limit)
    assert two.start - one.start == pytest.approx(2 * limit.spacing, rel=0.3)
    for _ in range(8):
        pace, flight = _reserve(pace, 100.0, limit)
        pace = paces.settle(pace, 100.0, flight, "answered", limits=limit)
    assert pace.factor == 1.0


def test_a_place_in_line_is_given_up_where_a_pause_began_meanwhile():
    limit = Limits(concurrency=8, requests_per_minute=60)
    pace, first = _reserve(Pace(), 0.0, limit)
    pace, second = _reserve(pace, 0.0, limit)
    assert paces.confirm(pace, second.start - 0.25, second, limit) == (pace, 0.25)
    pace = paces.settle(pace, 0.5, first, "throttled", limits=limit, retry_after=5.0)
    pace, wait = paces.confirm(pace, second.start, second, limit)
    assert wait is None
    assert pace.flights == ()


@pytest.mark.parametrize("wish", [None, 0.0, -1.0, math.nan, math.inf, -math.inf])
def test_n2_refused_for_ever_is_never_a_tight_loop(wish):
    limit, pace, now, pauses = Limits(concurrency=4), Pace(), 0.0, []
    for _ in range(12):
        pace, probe = _reserve(pace, now, limit, patience=Patience(1e9, 1e9))
        now = probe.start
        pace = paces.settle(pace, now, probe, "throttled", limits=limit, retry_after=wish, chance=0.0)
        pauses.append(pace.paused_until - now)
    assert all(pause >= 0 for pause in pauses)
    assert all(pause >= 1 for pause in pauses[1:])
    assert 20 <= pauses[-1] <= 60
    assert pace.factor == 1 / 8


def test_n1_a_wish_of_years_is_believed_to_be_a_day():
    pace, flight = _reserve(Pace(), 0.0, FREE)
    pace = paces.settle(pace, 0.0, flight, "throttled", limits=FREE, retry_after=1e308)
    assert pace.paused_until == 86_400
    assert _reserve(pace, 0.0, FREE)[1] == Closed(86_400)


def test_n2_after_long_trouble_the_line_is_told_instead_of_kept_waiting():
    limit, pace, now = Limits(concurrency=4), Pace(), 0.0
    for _ in range(100):
        pace, found = _reserve(pace, now, limit, patience=Patience(pause=100, trouble=300))
        if isinstance(found, Closed):
            break
        now = found.start
        pace = paces.settle(pace, now, found, "throttled", limits=limit)
    assert isinstance(found, Closed)
    assert 300 < now < 500


def test_n3_the_circuit_opens_after_five_failures_and_closes_with_one_answer():
    limit, pace = Limits(concurrency=8), Pace()
    flights = []
    for _ in range(6):
        pace, flight = _reserve(pace, 10.0, limit)
        flights.append(flight)
    for count, flight in enumerate(flights[:5], start=1):
        assert not pace.unproved
        pace = paces.settle(pace, 10.0, flight, "unavailable", limits=limit, chance=0.0)
        assert pace.failures == count
    assert pace.unproved
    assert pace.factor == 1.0  # the service is down, not overrun
    first_pause = pace.paused_until
    pace = paces.settle(pace, 10.5, flights[5], "unavailable", limits=limit, chance=0.0)
    assert pace.paused_until == first_pause  # sent before: no further news
    pace, probe = _reserve(pace, 20.0, limit)
    pace = paces.settle(pace, 20.0, probe, "unavailable", limits=limit, chance=0.0)
    assert pace.paused_until - 20.0 > first_pause - 10.0
    pace, probe = _reserve(pace, 60.0, limit)
    pace = paces.settle(pace, 60.0, probe, "answered", limits=limit)
    assert (pace.unproved, pace.failures, pace.trouble_since) == (False, 0, None)


def test_an_answer_from_before_the_pause_ends_no_probe():
    limit = Limits(concurrency=8)
    pace, early = _reserve(Pace(), 0.0, limit)
    pace, refused = _reserve(pace, 0.0, limit)
    pace = paces.settle(pace, 1.0, refused, "throttled", limits=limit, retry_after=1.0)
    pace = paces.settle(pace, 1.5, early, "answered", limits=limit)
    assert pace.unproved


def test_flights_of_the_dead_make_room():
    limit = Limits(concurrency=1)
    pace, _ = _reserve(Pace(), 0.0, limit, owner=7)
    assert _reserve(pace, 0.0, limit, owner=8)[1] == Busy(probing=False, others=True)
    assert isinstance(_reserve(paces.without_owners(pace, frozenset({7})), 0.0, limit, owner=8)[1], Flight)


def test_k8_after_a_restart_of_the_machine_only_a_pause_is_left():
    limit = Limits(concurrency=9, requests_per_minute=1)
    pace, flight = _reserve(Pace(), 90_000.0, limit)
    pace = paces.settle(pace, 90_000.0, flight, "throttled", limits=limit, retry_after=600.0)
    new = paces.restarted(pace, 5.0, passed=100.0, before=90_000.0)
    assert new.paused_until == pytest.approx(505.0)
    assert new.next_start == 5.0
    # Somebody set the time of day back by an hour meanwhile: the pause is no longer than it was.
    assert paces.restarted(pace, 5.0, passed=-3600.0, before=90_000.0).paused_until == pytest.approx(605.0)


@given(limits=limits, count=st.integers(0, 30))
def test_a_pace_survives_being_written_down(limits, count):
    pace = Pace()
    for _ in range(count):
        pace, _ = _reserve(pace, 1.25, limits, tokens=100)
    assert paces.from_text(paces.to_text(pace)) == pace


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"recent": [], "flights": [], "warp": 9}'])
def test_what_another_version_wrote_is_a_fresh_start(text):
    assert paces.from_text(text) == Pace()


def test_limits_are_those_of_the_service():
    service = Service(
        "x", None, 30, ("wav",), requests_per_minute=60, tokens_per_minute=100_000, concurrency=0
    )
    assert Limits.of(service) == Limits(1, 60, None, 100_000)
    assert Limits.of(replace(service, concurrency=8)).seconds_for(60, 200_000) == pytest.approx(120)
