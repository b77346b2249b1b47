"""Every setting, once: its name, type, default and meaning. Command line, environment and files all read this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator

from media_captioner.config.tables import CommandHook, Condenser, Listening, OwnProfile, WatchedRoot, Webhook
from media_captioner.system.secrets import MASK, Secret

Detail = Literal["high", "normal", "low"]
Overwrite = Literal["ours", "all", "never"]
Layer = Literal["speech", "music", "ambience", "effects"]
XmpNaming = Literal["stem", "full", "both"]
LayoutName = Literal["plain", "jellyfin", "plex", "kodi", "immich", "photoprism"]


class Settings(BaseModel):
    """How to caption. Every field has a default, so ``Settings()`` works; unknown names are refused.

    In the environment a field is ``MEDIA_CAPTIONER_`` and its name in capitals; in a settings file (TOML) it is
    its name.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

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
    layout: Annotated[
        LayoutName,
        Field(
            description="Names and formats that a program looks for: plain, jellyfin, plex, kodi, immich or photoprism."
        ),
    ] = "plain"
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
    profiles: Annotated[
        dict[str, OwnProfile],
        Field(description="Style guides of your own, by name ([profiles.NAME] tables)."),
    ] = {}
    labels: Annotated[
        Literal["en", "de", "fr", "es"] | None,
        Field(
            description="Language of what captions say themselves: names of sounds, music and speakers. English by"
            " default; captions that are made anew keep theirs."
        ),
    ] = None
    condenser: Annotated[
        Condenser | None,
        Field(description="A chat model that may shorten captions ([condenser] table); none by default."),
    ] = None
    include_layers: Annotated[
        tuple[Layer, ...],
        Field(
            description="Layers of the soundtrack to caption: speech, music, ambience, effects; all by default."
        ),
    ] = ()
    exclude_layers: Annotated[
        tuple[Layer, ...], Field(description="Layers of the soundtrack to leave out of the captions.")
    ] = ()
    detail: Annotated[
        Detail,
        Field(
            description="How closely to listen: segments of at most 10 s (high), 30 s (normal) or 60 s (low). More"
            " detail costs more at a paid service."
        ),
    ] = "normal"
    segment_seconds: Annotated[
        int | None,
        Field(
            description="Longest segment given to the captioner, seconds; what detail means by default.",
            ge=5,
            le=2400,
        ),
    ] = None
    api_key: Annotated[
        Secret | None,
        Field(
            description="Key of the service. Only from the environment (MEDIA_CAPTIONER_API_KEY, DASHSCOPE_API_KEY)"
            " or from key_file."
        ),
    ] = None
    key_file: Annotated[
        Path | None, Field(description="File that holds the key, readable by nobody else (mode 0600).")
    ] = None
    region: Annotated[
        Literal["singapore", "beijing"],
        Field(description="Region of Model Studio: singapore or beijing. Each has its own keys."),
    ] = "singapore"
    base_url: Annotated[
        str | None,
        Field(description="Another address of the service: a workspace's host, or a server of your own."),
    ] = None
    workspace: Annotated[
        str | None, Field(description="Model Studio's workspace id; the key's own by default.")
    ] = None
    model: Annotated[str | None, Field(description="Another model than the captioner's default.")] = None
    stream: Annotated[
        bool,
        Field(
            description="Receive descriptions as they are made, so that a stalled service is noticed early."
        ),
    ] = True
    way: Annotated[
        Literal["data-url", "upload", "url"],
        Field(
            description="How sound gets to the service: inside the request (data-url), by temporary upload, which stores"
            " it there for 48 hours (upload), or as an address that is public already (url, with audio_url)."
        ),
    ] = "data-url"
    audio_url: Annotated[
        str | None, Field(description="Public address of the sound of the one file that is captioned.")
    ] = None
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
    samples: Annotated[
        int,
        Field(
            description="How often each segment is described. Answers differ; what recurs in several is surer. Each is"
            " paid for.",
            ge=1,
            le=9,
        ),
    ] = 1
    journal: Annotated[
        Path | None,
        Field(
            description="File that remembers answers, costs and limits, on a disk of this machine; in the system's"
            " state folder by default."
        ),
    ] = None
    database: Annotated[
        Secret | None,
        Field(
            description="Postgres that the machines of a fleet share (postgresql://user@host/name). With a password only"
            " from the environment (MEDIA_CAPTIONER_DATABASE)."
        ),
    ] = None
    max_dollars: Annotated[float | None, Field(description="Most to spend in a run, US dollars.", ge=0)] = (
        None
    )
    max_dollars_per_day: Annotated[
        float | None, Field(description="Most to spend on a day (UTC), US dollars, over all runs.", ge=0)
    ] = None
    max_tokens: Annotated[int | None, Field(description="Most tokens to use in a run.", ge=0)] = None
    max_tokens_per_day: Annotated[
        int | None, Field(description="Most tokens to use on a day (UTC), over all runs.", ge=0)
    ] = None
    max_requests: Annotated[int | None, Field(description="Most requests to make in a run.", ge=0)] = None
    max_requests_per_day: Annotated[
        int | None, Field(description="Most requests to make on a day (UTC), over all runs.", ge=0)
    ] = None
    requests_per_minute: Annotated[
        int | None, Field(description="Limit of your account; what the service states by default.", ge=1)
    ] = None
    tokens_per_minute: Annotated[
        int | None, Field(description="Limit of your account; what the service states by default.", ge=1)
    ] = None
    requests_at_once: Annotated[
        int | None,
        Field(
            description="Requests under way at once, of everybody who shares the account or the server; by default what"
            " the service states, and more where your requests_per_minute are more.",
            ge=1,
            le=10_000,
        ),
    ] = None
    wait_hours: Annotated[
        float,
        Field(
            description="How long a run waits in all for a service that does not answer, or for room on a full disk,"
            " before it ends, hours.",
            ge=0,
        ),
    ] = 12.0
    max_hours: Annotated[
        float, Field(description="Longest sound that is accepted, hours.", gt=0, le=1000)
    ] = 48.0
    plugin_seconds: Annotated[
        float,
        Field(description="Longest time that a plugin may take for one event, seconds.", gt=0, le=3600),
    ] = 10.0
    hooks: Annotated[
        tuple[CommandHook, ...], Field(description="Programs to run at certain moments ([[hooks]] tables).")
    ] = ()
    webhooks: Annotated[
        tuple[Webhook, ...], Field(description="Addresses to tell of certain moments ([[webhooks]] tables).")
    ] = ()
    watch: Annotated[
        tuple[WatchedRoot, ...], Field(description="Folders for media-captioner watch ([[watch]] tables).")
    ] = ()
    listen: Annotated[
        Listening, Field(description="Who may ask media-captioner listen for captions (a [listen] table).")
    ] = Listening()

    @field_validator("webhooks")
    @classmethod
    def _each_once(cls, webhooks: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        urls = [webhook.url for webhook in webhooks]
        if len(set(urls)) < len(urls):
            raise ValueError("two tables have the same url; put all its events into one")
        return webhooks

    @field_serializer("api_key", "database")
    def _mask(self, value: Secret | None) -> str | None:
        return MASK if value else None


_DETAIL_SECONDS = {"high": 10, "normal": 30, "low": 60}


def longest_segment(settings: Settings) -> int:
    """Return the longest segment that ``settings`` ask for, seconds."""
    return settings.segment_seconds or _DETAIL_SECONDS[settings.detail]


UNTRUSTED: frozenset[str] = frozenset(
    {
        "language",
        "profile",
        "labels",
        "include_layers",
        "exclude_layers",
        "formats",
        "track",
        "all_tracks",
        "voice_tags",
        "caption_style",
        "start_timecode",
    }
)
"""What a settings file lying beside the media may set: it arrived with the media, so it may choose how the
captions look but never where they go, who listens, or what is contacted."""
