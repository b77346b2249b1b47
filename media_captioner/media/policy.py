"""What media may ask of us: the formats, codecs and protocols that are opened, and the bounds that end the work.

Decoders and demuxers for rare formats are where the memory-safety bugs of media libraries live, and playlists
are how a file makes a program open other files. So nothing is opened that is not named here: one protocol,
containers that hold their own sound, and decoders of sound. No picture is ever decoded, not even to probe
(measured: frame rate and size come from the headers all the same, and probing is faster).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

FORMATS: Final = frozenset(
    """
    3g2 3gp aac ac3 aiff amr amrnb amrwb ape asf au avi caf dsf dts dtshd dv eac3 flac flv gsm gxf live_flv m4a
    matroska mj2 mlp mov mp3 mp4 mpc mpc8 mpeg mpegts mpegtsraw mpegvideo mxf nut ogg oma rm tak truehd tta voc
    w64 wav webm wtv wv
    """.split()
)
"""FFmpeg demuxers that may open a file: containers that hold their own sound.

Left out on purpose is whatever opens further files or devices: hls, dash, concat, sdp, rtp, image2, lavfi,
imf, smoothstreaming and the like.
"""

CODECS: Final = frozenset(
    """
    aac aac_latm ac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_swf adpcm_yamaha alac amrnb amrwb ape atrac1
    atrac3 atrac3plus cook dca dsd_lsbf dsd_lsbf_planar dsd_msbf dsd_msbf_planar dvaudio eac3 flac g722 g726
    gsm gsm_ms mace3 mace6 mlp mp1float mp2float mp3float mpc7 mpc8 nellymoser opus pcm_alaw pcm_bluray pcm_dvd
    pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_lxf pcm_mulaw pcm_s16be pcm_s16be_planar pcm_s16le
    pcm_s16le_planar pcm_s24be pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s8 pcm_u8
    qdm2 qdmc real_144 real_288 s302m sipr speex tak truehd truespeech tta vorbis wavpack wmalossless wmapro
    wmav1 wmav2 wmavoice
    """.split()
)
"""FFmpeg decoders that may run. All of them decode sound."""

_DECODERS: Final = {
    "adpcm_g722": "g722",
    "adpcm_g726": "g726",
    "amr_nb": "amrnb",
    "amr_wb": "amrwb",
    "atrac3p": "atrac3plus",
    "dts": "dca",
    "mp1": "mp1float",
    "mp2": "mp2float",
    "mp3": "mp3float",
    "musepack7": "mpc7",
    "musepack8": "mpc8",
    "ra_144": "real_144",
    "ra_288": "real_288",
}
"""Decoders that are not named after their codec."""


def decodes(codec: str) -> bool:
    """Return whether sound in ``codec`` (FFmpeg's name of the codec, as an audio track has it) may be decoded."""
    return _DECODERS.get(codec, codec) in CODECS


PROTOCOLS: Final = frozenset({"file"})
"""FFmpeg protocols: this one file, by name. A Python file object would lift the limit, so none is ever handed over."""

SPLICING_FORMATS: Final = frozenset({"mpegts", "mpegtsraw", "mpeg", "flv", "live_flv", "ogg"})
"""Containers whose clock may start anew in the middle: broadcasts, captures, files joined end to end."""

MEDIA_SUFFIXES: Final = frozenset(
    """
    .3g2 .3gp .3gpp .aac .ac3 .aif .aifc .aiff .amr .ape .asf .au .avi .caf .divx .dsf .dts .dv .eac3 .f4a .f4v
    .flac .flv .gsm .gxf .m1v .m2p .m2t .m2ts .m2v .m4a .m4b .m4v .mka .mkv .mod .mov .mp2 .mp3 .mp4 .mpa .mpc
    .mpe .mpeg .mpg .mpv .mts .mxf .nut .oga .ogg .ogm .ogv .oma .opus .qt .ra .rm .rmvb .snd .spx .tak .thd
    .tod .trp .ts .tta .vob .w64 .wav .wave .weba .webm .wma .wmv .wtv .wv
    """.split()
)
"""Endings of file names, lower case, that a search through folders takes for media. A file that is named on the
command line is opened whatever its ending."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Bounds on what one file may cost. A bound that is reached is a named error, never a hang.

    Attributes:
        max_seconds: Longest presentation that is read: what the header claims, where the clock of the sound
            gets to, and how much sound is decoded.
        max_tracks: Most audio tracks.
        max_streams: Most streams of every kind.
        max_decode_errors: Most places that cannot be decoded before the track is given up.
        max_wall_seconds: Longest time spent reading and decoding one file, not counting whoever uses the sound.
        open_seconds: Longest time for opening a file.
        read_seconds: Longest wait for one read, as of a network disk that stalls.
        probe_bytes: How far into the file the prober may look for streams.
        probe_seconds: How far into the presentation it may look.

    """

    max_seconds: Fraction = Fraction(48 * 3600)
    max_tracks: int = 64
    max_streams: int = 512
    max_decode_errors: int = 10_000
    max_wall_seconds: float = 6 * 3600.0
    open_seconds: float = 30.0
    read_seconds: float = 60.0
    probe_bytes: int = 20_000_000
    probe_seconds: int = 20


DEFAULT_LIMITS: Final = MediaLimits()


def container_options(limits: MediaLimits) -> dict[str, str]:
    """Return FFmpeg's options for opening a file under this policy and ``limits``."""
    return {
        "format_whitelist": ",".join(sorted(FORMATS)),
        "codec_whitelist": ",".join(sorted(CODECS)),
        "protocol_whitelist": ",".join(sorted(PROTOCOLS)),
        "probesize": str(limits.probe_bytes),
        "analyzeduration": str(limits.probe_seconds * 1_000_000),
        "max_streams": str(limits.max_streams),
    }
