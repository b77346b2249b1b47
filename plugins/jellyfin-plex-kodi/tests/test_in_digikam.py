"""digiKam itself, on a virtual screen, takes summary and keywords from the XMP file beside a video."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from on_a_screen import SECONDS, needs, running, until

from media_captioner.testing import background
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.media import Picture, Sound, beeping, write_media

PROGRAM = Path(sys.executable).with_name("media-captioner")
SETTINGS = """[Album Settings]
Scan At Start=true

[Database Settings]
Database Type=QSQLITE
Database Name={0}/
Database Name Face={0}/
Database Name Similarity={0}/
Database Name Thumbnails={0}/

[Metadata Settings]
Use XMP Sidecar For Reading=true
"""


@pytest.mark.hosts
@pytest.mark.timeout(4 * SECONDS)
def test_digikam_takes_summary_and_keywords(tmp_path):
    needs("digikam", "Xvfb", "dbus-run-session")
    home, films = tmp_path / "home", tmp_path / "films"
    for folder in (home, films, home / ".config", home / "library"):
        folder.mkdir(mode=0o700)
    (home / ".config" / "digikamrc").write_text(SETTINGS.format(home / "library"))
    caption(films / "storm.mp4", home)
    library = home / "library" / "digikam4.db"
    with digikam(library):  # which makes its library, and asks for a folder
        until(lambda: asked(library, "select value from Settings where keyword = 'DBVersion'"))
    with closing(sqlite3.connect(library, timeout=30)) as told, told:
        told.execute(
            "insert into AlbumRoots (label, status, type, identifier, specificPath) values ('films', 0, 1, ?, '/')",
            (f"volumeid:?path={films}",),
        )
    with digikam(library):
        (summary,) = until(lambda: asked(library, "select comment from ImageComments"))
        tags = until(lambda: asked(library, "select name from ImageTags join Tags on id = tagid"))
    assert "dog barking" in summary[0].lower()
    assert ("dog barking",) in tags
    assert asked(library, "select name from Images") == [("storm.mp4",)]


def digikam(library):
    home = library.parents[1]
    return running(
        home, "digikam", "--database-directory", str(library.parent), QTWEBENGINE_DISABLE_SANDBOX="1"
    )


def asked(library, question):
    """What the library holds, or nothing while digiKam makes or locks it."""
    try:
        with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True, timeout=5)) as found:
            return found.execute(question).fetchall()
    except sqlite3.OperationalError:
        return []


def caption(film, home):
    write_media(film, "mp4", Sound(beeping(30, 2)), picture=Picture(30, size=(320, 180)))
    with background.running(FaultServer(prose="A dog barks from 1 to 3 seconds.")) as service:
        arguments = ["--captioner", "openai-compatible", "--base-url", f"{service.url}/v1", "--model", "m"]
        done = subprocess.run(
            [PROGRAM, "caption", *arguments, film],
            env=os.environ | {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "STATE", "CACHE")},
            check=False, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert film.with_suffix(".xmp").is_file()
