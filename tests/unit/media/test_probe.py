import io
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.errors import CorruptMedia, MediaError, MediaNotFound, UnsafeInput, UnsupportedMedia
from media_captioner.media.policy import CODECS, FORMATS, MEDIA_SUFFIXES, decodes
from media_captioner.media.probe import libraries, probe
from media_captioner.model import Media
from media_captioner.testing.media import Picture, Sound, at_offset, beeping, media_bytes
from media_captioner.timing import FrameRate

QUIET = beeping(1)


def film(**more):
    sounds = [
        Sound(QUIET, codec="flac", tags={"language": "ger", "title": "Hauptton"}),
        Sound(QUIET, codec="flac", tags={"language": "eng"}, disposition=("visual_impaired",)),
        Sound(QUIET[:1], codec="pcm_s16le", disposition=("comment", "dub")),
    ]
    return media_bytes("matroska", sounds, Picture(Fraction(1)), tags={"title": "A film"}, **more)


def probed(folder, data, name="film.mkv"):
    path = folder / name
    path.write_bytes(data)
    return probe(path)


def test_what_is_in_a_film(tmp_path) -> None:
    media = probed(tmp_path, film())
    assert media.path == tmp_path / "film.mkv"
    assert media.fingerprint.size == (tmp_path / "film.mkv").stat().st_size
    assert media.format == "matroska,webm"
    assert (media.start, media.duration, media.title) == (0, 1, "A film")
    first, second, third = media.audio
    assert (first.number, first.index, first.codec, first.sample_rate, first.channels) == (
        1,
        1,
        "flac",
        48_000,
        2,
    )
    assert (first.language, first.title, first.roles) == ("de", "Hauptton", frozenset())
    assert (second.language, second.roles) == ("en", {"audio_description"})
    assert (third.language, third.layout, third.roles) == (None, "mono", {"commentary", "dub"})
    assert (first.start, first.duration) == (0, 1)
    assert media.video is not None
    assert (media.video.codec, media.video.width, media.video.height) == ("mpeg4", 32, 32)
    assert media.video.frame_rate == FrameRate(Fraction(25))


@pytest.mark.parametrize("muxer", ["mp4", "matroska", "mpegts", "avi"])
@pytest.mark.parametrize(
    "rate",
    [
        Fraction(24_000, 1001),
        Fraction(24),
        Fraction(25),
        Fraction(30_000, 1001),
        Fraction(30),
        Fraction(50),
        Fraction(60_000, 1001),
    ],
)
def test_frame_rates_are_exact(muxer: str, rate: Fraction, tmp_path) -> None:
    codec = "mpeg2video" if muxer == "mpegts" else "mpeg4"
    media = probed(
        tmp_path, media_bytes(muxer, [Sound(QUIET, codec="mp2")], Picture(Fraction(1), codec, rate))
    )
    assert media.video is not None
    assert media.video.frame_rate == FrameRate(rate)


@pytest.mark.parametrize(
    ("timecode", "drop"), [("01:00:00;00", True), ("01:00:00:00", False), ("10:59:59;28", True)]
)
def test_timecode_of_a_movie(timecode: str, drop: bool, tmp_path) -> None:
    rate = Fraction(30_000, 1001)
    picture = Picture(Fraction(1), rate=rate)
    media = probed(
        tmp_path, media_bytes("mov", [Sound(QUIET, codec="pcm_s16le")], picture, tags={"timecode": timecode})
    )
    assert media.timecode == timecode
    assert media.video is not None
    assert media.video.frame_rate == FrameRate(rate, drop_frame=drop)


def test_timecode_of_mxf(tmp_path) -> None:
    data = media_bytes(
        "mxf",
        [Sound(QUIET, codec="pcm_s16le")],
        Picture(Fraction(1), "mpeg2video"),
        tags={"timecode": "10:00:00:00"},
    )
    assert probed(tmp_path, data).timecode == "10:00:00:00"


def test_a_timecode_that_is_none_is_ignored(tmp_path) -> None:
    data = media_bytes("matroska", [Sound(QUIET, codec="flac")], tags={"timecode": "<script>"})
    assert probed(tmp_path, data).timecode is None


def test_times_are_from_the_earliest_stream(tmp_path) -> None:
    data = media_bytes(
        "matroska",
        [Sound(QUIET, codec="flac", retime=at_offset(Fraction(5, 2)))],
        Picture(Fraction(1), retime=at_offset(1)),
    )
    media = probed(tmp_path, data)
    assert media.start == 1
    assert media.audio[0].start == Fraction(3, 2)
    assert media.duration == Fraction(5, 2)


def test_covers_are_no_picture(tmp_path) -> None:
    data = media_bytes("mp3", [Sound(QUIET[:1], codec="libmp3lame")], cover=True)
    assert probed(tmp_path, data).video is None


def test_no_sound_is_no_error_here(tmp_path) -> None:
    assert probed(tmp_path, media_bytes("mp4", [], Picture(Fraction(1)))).audio == ()


def test_tags_are_made_fit_to_be_shown(tmp_path) -> None:
    hostile = "a\u202e\u0007b\n\r\tc\u2066 " + "x" * 5000
    data = media_bytes(
        "matroska", [Sound(QUIET, codec="flac", tags={"title": hostile})], tags={"title": hostile}
    )
    media = probed(tmp_path, data)
    for title in (media.title, media.audio[0].title):
        assert title is not None
        assert title.startswith("ab c xxx")
        assert len(title) <= 200
        assert title.isprintable()


def test_names_that_writers_put_in_are_no_titles(tmp_path) -> None:
    data = media_bytes("mp4", [Sound(QUIET, codec="flac")])  # "SoundHandler"
    assert probed(tmp_path, data, "film.mp4").audio[0].title is None


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("empty.mp4", b"", CorruptMedia, "the file is empty"),
        ("letter.mp4", b"Dear all,\n", UnsupportedMedia, "it is text, not media"),
        ("accents.mp4", "Fenêtre über Öl\n".encode() * 400, UnsupportedMedia, "it is text, not media"),
        ("list.mp4", b"#EXTM3U\nother.ts\n", UnsafeInput, "an HLS or M3U playlist"),
        ("late.mp4", b"\n\n  ffconcat version 1.0\nfile x\n", UnsafeInput, "an ffconcat list"),
        ("noise.mp4", bytes(range(256)) * 50, UnsupportedMedia, "not media of a kind that is opened here"),
    ],
)
def test_what_is_no_media_is_said_plainly(name, data, error, words, tmp_path) -> None:
    with pytest.raises(error, match=words) as refusal:
        probed(tmp_path, data, name)
    assert name in refusal.value.message
    assert refusal.value.hint


def test_an_index_that_is_missing_is_said_plainly(tmp_path) -> None:
    data = media_bytes("mp4", [Sound(QUIET, codec="flac")], Picture(Fraction(1)))
    with pytest.raises(CorruptMedia, match="moov"):
        probed(tmp_path, data[: data.index(b"moov") - 4])


def test_a_damaged_beginning_is_said_plainly(tmp_path) -> None:
    with pytest.raises(CorruptMedia, match="damaged or cut short"):
        probed(tmp_path, film()[:60])


def test_missing_files_and_things_that_are_none(tmp_path) -> None:
    with pytest.raises(MediaNotFound):
        probe(tmp_path / "missing.mp4")
    with pytest.raises(UnsafeInput):
        probe(tmp_path)
    with pytest.raises(MediaError):
        probe(tmp_path / "nul\0.mp4")


_WHOLE = film()


def media_or_error(path):
    try:
        return probe(path)
    except MediaError as error:
        return error


@given(
    st.integers(0, len(_WHOLE)),
    st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), max_size=30),
)
def test_damaged_bytes_give_media_or_an_error_of_ours(tmp_path_factory, end, changes) -> None:
    data = bytearray(_WHOLE)
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mkv"
    path.write_bytes(data[:end])
    outcome = media_or_error(path)
    if isinstance(outcome, MediaError):
        assert str(path) in outcome.message
    else:
        assert outcome.duration is None or outcome.duration > 0


@given(st.binary(max_size=3000))
def test_any_bytes_give_media_or_an_error_of_ours(tmp_path_factory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "anything.mp4"
    path.write_bytes(data)
    outcome = media_or_error(path)
    assert isinstance(outcome, (Media, MediaError))


def test_no_decoder_of_pictures_may_run() -> None:
    for name in CODECS:
        assert av.codec.Codec(name, "r").type == "audio", name


def test_every_allowed_codec_is_known_by_its_codec_name_too() -> None:
    for name in CODECS:
        assert decodes(av.codec.Codec(name, "r").canonical_name), name
    assert not decodes("h264")
    assert not decodes("unknown")


def test_formats_that_open_other_files_are_not_allowed() -> None:
    assert not FORMATS & {
        "hls",
        "dash",
        "concat",
        "sdp",
        "rtp",
        "rtsp",
        "image2",
        "lavfi",
        "imf",
        "applehttp",
        "tee",
    }


def test_suffixes_are_ready_to_compare() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in MEDIA_SUFFIXES)
    assert {".mp4", ".mkv", ".mov", ".mxf", ".wav", ".mp3", ".opus", ".m2ts"} <= MEDIA_SUFFIXES


def test_the_libraries_are_named() -> None:
    assert {"av", "libavcodec", "libavformat"} <= libraries().keys()


def test_the_file_itself_is_never_written(tmp_path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(_WHOLE)
    path.chmod(0o444)
    probe(path)
    assert path.read_bytes() == _WHOLE
    assert io.BytesIO(_WHOLE).getvalue() == path.read_bytes()
