"""The parts of the system room that the journal stands on."""

import subprocess
import sys
from pathlib import Path

import pytest

from media_captioner.system.locks import FileLock, is_held
from media_captioner.system.space import Ballast, boot_id, is_over_a_network


def test_a_lock_excludes_and_is_handed_over(tmp_path):
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.take()
    assert is_held(tmp_path / "lock")
    assert not second.take(0.02)
    first.release()
    assert second.take()
    first.close()
    second.close()
    assert not is_held(tmp_path / "lock")
    assert not is_held(tmp_path / "nothing")


def test_holding_is_refused_after_patience(tmp_path):
    lock, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    with lock.held(0), pytest.raises(TimeoutError, match="another process"), other.held(0.01):
        pass
    with other.held(0):
        pass
    lock.close()
    other.close()


def test_k6_a_killed_holder_holds_nothing(tmp_path):
    program = (
        "import sys, pathlib; from media_captioner.system.locks import FileLock;"
        "lock = FileLock(pathlib.Path(sys.argv[1])); lock.take(); print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"held\n"
        assert is_held(tmp_path / "lock")
        child.kill()
    assert not is_held(tmp_path / "lock")


def test_ballast_takes_room_and_gives_it_back(tmp_path):
    ballast = Ballast(tmp_path / "reserve", 100_000)
    assert ballast.hold()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 100_000
    assert ballast.hold()
    ballast.let_go()
    assert not list(tmp_path.iterdir())
    assert not Ballast(tmp_path / "missing" / "reserve", 10).hold()


@pytest.mark.parametrize(
    ("path", "remote"),
    [("/archive/2024", True), ("/archive/local/x", False), ("/home", False), ("/with space/a", True)],
)
def test_a_network_disk_is_told_by_the_longest_mount(tmp_path, path, remote):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "rootfs / ext4 rw 0 0\nnas:/tapes /archive nfs4 rw 0 0\n/dev/sdb /archive/local xfs rw 0 0\n"
        "//nas/x /with\\040space cifs rw 0 0\nbroken\n"
    )
    assert is_over_a_network(Path(path), mounts) is remote


def test_nobody_tells_where_there_is_no_table(tmp_path):
    assert not is_over_a_network(tmp_path, tmp_path / "missing")
    assert boot_id() == boot_id()
