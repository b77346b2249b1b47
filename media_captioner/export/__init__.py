"""The files we write beside a video, one module a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from media_captioner.errors import MediaNotFound, UnsupportedMedia, reason_of
from media_captioner.model import Captions


def load(path: str | Path) -> Captions:
    """Read captions back from a JSON sidecar, or from the sidecar that lies beside a media file.

    Raises:
        MediaNotFound: there is no sidecar.
        UnsupportedMedia: it is not one of ours, or of a newer version.

    """
    from media_captioner.export import sidecar

    place = Path(path)
    if not place.name.endswith(".json"):
        whole = place.with_name(place.name + sidecar.SUFFIX)
        place = whole if whole.exists() else place.with_name(place.stem + sidecar.SUFFIX)
    try:
        return sidecar.read(place).captions
    except OSError as error:
        raise MediaNotFound(f"Cannot read {place}: {reason_of(error)}") from error
    except ValueError as error:
        raise UnsupportedMedia(f"Cannot read {place}: {error}") from error


def save(
    captions: Captions,
    folder: str | Path,
    *,
    formats: Sequence[str] = ("vtt", "json", "xmp"),
    stem: str | None = None,
) -> tuple[Path, ...]:
    """Write captions to ``folder``, each file whole or not at all, and return the paths.

    A file that is not ours, or that somebody edited, is never overwritten: ours goes beside it.

    Args:
        captions: What to write.
        folder: Where to; it is made where it is missing.
        formats: Which files, by format name; the JSON sidecar is always among them.
        stem: What their names begin with; the media file's by default.

    Raises:
        ConfigError: a format is unknown.
        OutputError: a file cannot be written.

    """
    from media_captioner.export.base import ExportContext
    from media_captioner.export.layout import Layout, places
    from media_captioner.export.registry import chosen
    from media_captioner.export.writing import write_all
    from media_captioner.system.clock import SYSTEM_CLOCK
    from media_captioner.system.files import make_folder

    wanted = chosen(formats)
    make_folder(Path(folder))
    layout = Layout(Path(folder), stem or captions.media.path.stem, captions.language)
    targets = places(layout, wanted, {}, overwrite="ours")
    context = ExportContext(now=SYSTEM_CLOCK.now())
    return tuple(written.path for written in write_all(captions, targets, context))
