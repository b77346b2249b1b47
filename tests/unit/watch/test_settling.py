"""When a file has come to rest, in numbers: no clock runs here."""

from media_captioner.model import Fingerprint
from media_captioner.watch.settling import LONGEST_QUIET, Candidate, Pace


def size(number, *, inode=1, mtime=5):
    return Fingerprint(number, mtime, inode, 1)


def test_a_file_rests_when_nothing_changed_for_the_shortest_quiet_period():
    candidate, pace = Candidate.found(size(10), 100.0), Pace(2.0)
    assert not candidate.observe(size(10), 101.9, pace)
    assert candidate.due == 102.0
    assert candidate.observe(size(10), 102.0, pace)


def test_size_time_and_inode_each_begin_the_wait_anew():
    for other in (size(11), size(10, mtime=4), size(10, inode=2)):
        candidate, pace = Candidate.found(size(10), 100.0), Pace(2.0)
        assert not candidate.observe(other, 101.0, pace)
        assert not candidate.observe(other, 102.5, pace)
        assert candidate.observe(other, 105.0, pace)


def test_whoever_paused_once_may_pause_twice_as_long():
    candidate, pace = Candidate.found(size(10), 100.0), Pace(2.0)
    candidate.observe(size(20), 101.5, pace)
    candidate.observe(size(30), 107.5, pace)  # six seconds without a byte
    assert candidate.quiet(pace) == 12.0
    assert not candidate.observe(size(30), 119.4, pace)
    assert candidate.observe(size(30), 119.5, pace)


def test_the_next_file_is_waited_for_as_its_neighbour_needed_and_that_is_forgotten():
    pace = Pace(2.0)
    pace.finished(6.0)
    assert pace.quiet == 12.0
    for _ in range(30):
        pace.finished(0.0)
    assert pace.quiet == 2.0
    pace.finished(1e6)
    assert pace.quiet == LONGEST_QUIET


def test_another_file_in_its_place_teaches_nothing_about_the_writer():
    candidate, pace = Candidate.found(size(10), 100.0), Pace(2.0)
    candidate.observe(size(10, inode=2), 400.0, pace)
    assert candidate.longest == 0.0
    assert candidate.reason == "another file took its place"


def test_what_has_lain_there_for_long_is_not_waited_for():
    assert Candidate.found(size(10), 100.0, age=86400).observe(size(10), 100.0, Pace(2.0))


def test_a_file_that_is_not_whole_is_looked_at_less_and_less_often():
    candidate, waits = Candidate.found(size(10), 0.0), []
    for _ in range(7):
        candidate.put_off("it is cut short", 100.0)
        waits.append(candidate.due - 100.0)
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert waits[-1] == 30.0
