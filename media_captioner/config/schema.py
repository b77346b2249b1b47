"""Every setting, once: its name, type, default and meaning. Command line, environment and files all read this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Overwrite = Literal["ours", "all", "never"]
XmpNaming = Literal["stem", "full", "both"]


class Settings(BaseModel):
    """How to caption. Every field has a default, so ``Settings()`` works; unknown names are refused.

    In the environment a field is ``MEDIA_CAPTIONER_`` and its name in capitals; in a settings file (TOML) it is
    its name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    captioner: Annotated[
        str,
        Field(description="Who listens: auto, local, qwen, qwen-dashscope or openai-compatible."),
    ] = "auto"
    language: Annotated[
        str | None,
        Field(
            description="Language of the audio track to caption, as a BCP 47 tag (en, de, zh); also what the"
            " captioner is told to expect.",
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        ),
    ] = None
    track: Annotated[
        int | None, Field(description="Number of the audio track to caption, counted from 1.", ge=1)
    ] = None
    all_tracks: Annotated[bool, Field(description="Caption every audio track.")] = False
    formats: Annotated[
        tuple[str, ...],
        Field(description="Files to write, by format name; see media-captioner formats.", min_length=1),
    ] = ("vtt", "json", "xmp")
    out: Annotated[Path | None, Field(description="Folder for the results; beside the media by default.")] = (
        None
    )
    overwrite: Annotated[
        Overwrite,
        Field(
            description="What may be replaced: files of ours that nobody edited (ours), everything (all),"
            " or nothing (never)."
        ),
    ] = "ours"
    xmp_naming: Annotated[
        XmpNaming,
        Field(description="Name of the XMP file of clip.mp4: clip.xmp (stem), clip.mp4.xmp (full), or both."),
    ] = "stem"
    voice_tags: Annotated[bool, Field(description="Name the speakers in WebVTT voice tags.")] = False
    caption_style: Annotated[
        bool, Field(description="Colour music and effects in WebVTT with a STYLE block.")
    ] = False
    hls_segment_seconds: Annotated[
        int, Field(description="Length of a segment of HLS captions, seconds.", ge=1, le=60)
    ] = 6
    hls_first_pts: Annotated[
        int | None,
        Field(
            description="Time stamp (90 kHz) of the first picture in the HLS stream; the source's by default.",
            ge=0,
            lt=2**33,
        ),
    ] = None
    start_timecode: Annotated[
        str | None,
        Field(
            description="Timecode of the first frame in marker files (01:00:00:00); the source's by default.",
            pattern=r"^\d\d:[0-5]\d:[0-5]\d[:;]\d{2,3}$",
        ),
    ] = None
    force: Annotated[bool, Field(description="Caption again what is up to date.")] = False
    offline: Annotated[bool, Field(description="Refuse every network connection.")] = False
    profile: Annotated[
        str, Field(description="Style guide that cues follow: netflix-en, bbc, dcmp, youtube or plain.")
    ] = "netflix-en"
    segment_seconds: Annotated[
        int, Field(description="Longest segment given to the captioner, seconds.", ge=5, le=2400)
    ] = 30
    whisper_model: Annotated[
        str,
        Field(
            description="Model that transcribes speech locally: base, small, medium, large-v3, or a folder."
        ),
    ] = "base"
    models_folder: Annotated[
        Path | None, Field(description="Where models are kept; the system's data folder by default.")
    ] = None
    translate: Annotated[
        bool, Field(description="Translate speech in other languages to English (local captioner).")
    ] = True
    threads: Annotated[
        int,
        Field(description="Processor threads for the local captioner; 0 means as many as there are.", ge=0),
    ] = 0
    max_hours: Annotated[
        float, Field(description="Longest sound that is accepted, hours.", gt=0, le=1000)
    ] = 48.0


UNTRUSTED: frozenset[str] = frozenset(
    {"language", "profile", "formats", "track", "all_tracks", "voice_tags", "caption_style", "start_timecode"}
)
"""What a settings file lying beside the media may set: it arrived with the media, so it may choose how the
captions look but never where they go, who listens, or what is contacted."""
