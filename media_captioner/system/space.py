"""Room on a disk: how much there is, what kind it is, and some kept back for what must not be lost."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_OVER_A_NETWORK: Final = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afs|9p|ceph|lustre|glusterfs|fuse\.(sshfs|s3fs|rclone|glusterfs|davfs)|davfs|beegfs"
)


class Ballast:
    """A file that only takes up room, until the disk is full and the room is needed.

    Args:
        path: Where it lies.
        size: Its bytes.

    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.held = False
        """Whether the room is kept back."""

    def hold(self) -> bool:
        """Keep the room back and return whether there was any."""
        if self.held:
            return True
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # Blocks are taken now; a file with a hole in it would keep nothing back.
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
        except OSError:
            self.let_go()
            return False
        self.held = True
        return True

    def let_go(self) -> None:
        """Give the room back."""
        self.held = False
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return


def is_over_a_network(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Return whether ``path`` lies on another machine's disk, as far as the system tells.

    Args:
        path: An existing file or folder.
        mounts: The system's table of mounted file systems (fstab(5)); where there is none, nobody tells.

    """
    try:
        table = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    wanted, kind, longest = path.resolve(), "", -1
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        place = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]))
        # The last line of a place counts: it is mounted over the others.
        if len(place.parts) >= longest and (place == wanted or place in wanted.parents):
            kind, longest = fields[2], len(place.parts)
    return _OVER_A_NETWORK.fullmatch(kind) is not None


def boot_id() -> str:
    """Return what tells this start of the machine from any other, or an empty text where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
