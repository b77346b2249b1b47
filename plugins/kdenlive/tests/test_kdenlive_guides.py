"""Guides in a Kdenlive project follow its edit."""

import json
import xml.etree.ElementTree as ET

import pytest
from media_captioner_kdenlive import MARK, Trouble, main, subtitles, with_guides

CUES = [
    {"start": 2, "end": 3.5, "text": "[dog barking]", "category": "effects"},
    {"start": 6, "end": 7.5, "text": "Hello.", "category": "speech"},
]


@pytest.fixture
def media(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"media")
    sidecar(tmp_path)
    return tmp_path / "film.mp4"


def sidecar(folder, schema="media_captioner/sidecar@1"):
    document = {"schema": schema, "media": {"fingerprint": {"size": 5}}, "cues": CUES}
    (folder / "film.media_captioner.json").write_text(json.dumps(document))


def project(tmp_path, entries, *, modern=False, resource="film.mp4", service="avformat-novalidate"):
    mine = json.dumps([{"comment": "mine", "pos": 7, "type": 0}])
    name = "kdenlive:sequenceproperties.guides" if modern else "kdenlive:docproperties.guides"
    guides = f'<property name="{name}">{mine}</property>'
    uuid = '<property name="kdenlive:uuid">{1}</property>' + guides if modern else ""
    path = tmp_path / "cut.kdenlive"
    path.write_text(
        f'<mlt root="{tmp_path}"><profile frame_rate_num="25" frame_rate_den="1"/>'
        f'<producer id="p"><property name="resource">{resource}</property><property name="mlt_service">{service}</property></producer>'
        f'<playlist id="main_bin">{"" if modern else guides}</playlist><playlist id="v">{entries}</playlist>'
        f'<tractor id="t"><track producer="v"/></tractor><tractor id="all">{uuid}<track producer="t"/></tractor></mlt>'
    )
    return path


def guides(text, sequence=None):
    root = ET.fromstring(text)
    owner = root if sequence is None else root.find(f"tractor[@id='{sequence}']")
    holders = [each for each in owner.iter("property") if each.get("name").endswith(".guides")]
    assert len(holders) == 1
    return [(guide["pos"], guide["comment"].removeprefix(MARK)) for guide in json.loads(holders[0].text)]


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ('<entry producer="p" in="0" out="249"/>', [50, 150]),
        ('<blank length="10"/><entry producer="p" in="00:00:01.000" out="00:00:04.000"/>', [35]),
        ('<entry producer="p" in="60" out="99"/><entry producer="p" in="0" out="99"/>', [0, 90]),
    ],
)
def test_guides_follow_the_edit(media, tmp_path, entries, expected, modern):
    text, count, problems = with_guides(project(tmp_path, entries, modern=modern))
    assert (count, problems) == (len(expected), [])
    assert guides(text)[0] == (7, "mine")
    assert [at for at, _ in guides(text)[1:]] == expected


def test_a_speed_change_is_followed(media, tmp_path):
    made = project(
        tmp_path, '<entry producer="p" in="0" out="124"/>', resource=f"2:{media}", service="timewarp"
    )
    assert guides(with_guides(made)[0])[1:] == [(25, "[dog barking]"), (75, "Hello.")]


@pytest.mark.parametrize(("off", "count"), [(("image", "audio"), 0), (("image",), 2), (("audio",), 2)])
def test_a_disabled_clip_has_no_guides(media, tmp_path, off, count):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>')
    text = made.read_text()
    for what in off:  # as Kdenlive 22.12 writes it
        text = text.replace("</producer>", f'<property name="set.test_{what}">1</property></producer>')
    made.write_text(text)
    assert with_guides(made)[1:] == (count, [])


def test_twice_is_once(media, tmp_path, capsys):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>')
    assert main([str(made)]) == 0
    once = made.read_bytes()
    assert main([str(made)]) == 0
    assert made.read_bytes() == once
    assert "2 guides" in capsys.readouterr().out


def test_what_is_wrong_is_said_and_the_project_stays(media, tmp_path, capsys):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>')
    before = made.read_bytes()
    sidecar(tmp_path, "media_captioner/sidecar@9")
    assert main([str(made)]) == 1
    assert "another version" in capsys.readouterr().err
    (tmp_path / "film.media_captioner.json").unlink()
    assert main([str(made)]) == 1
    assert f'run: media-captioner caption "{media}"' in capsys.readouterr().err
    assert made.read_bytes() == before
    assert main([str(made), "--subtitles", str(tmp_path / "cut.srt")]) == 1
    assert not (tmp_path / "cut.srt").exists()
    made.write_text("no project")
    with pytest.raises(Trouble, match="not a Kdenlive project"):
        with_guides(made)


@pytest.mark.parametrize(
    ("entries", "service", "expected"),
    [
        ('in="0" out="249"', "", ["00:00:02,000 --> 00:00:03,520", "00:00:06,000 --> 00:00:07,520"]),
        ('in="60" out="159"', "", ["00:00:00,000 --> 00:00:01,120", "00:00:03,600 --> 00:00:04,000"]),
        ('in="0" out="124"', "2:", ["00:00:01,000 --> 00:00:01,760", "00:00:03,000 --> 00:00:03,760"]),
    ],
)
def test_subtitles_follow_the_edit(media, tmp_path, entries, service, expected):
    how = {"resource": f"{service}{media}", "service": "timewarp"} if service else {}
    text = subtitles(project(tmp_path, f'<entry producer="p" {entries}/>', **how))
    assert [line for line in text.splitlines() if "-->" in line] == expected
    assert "\n[dog barking]\n" in text


def test_subtitles_come_one_after_the_other_and_hold_no_markup(media, tmp_path):
    cues = [
        {"start": at, "end": 5, "text": text, "category": "speech"}
        for at, text in ((1, "a --> <b>"), (1, "c"), (2, "d"))
    ]
    place = tmp_path / "film.media_captioner.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"cues": cues}))
    assert subtitles(project(tmp_path, '<entry producer="p" in="0" out="249"/>')) == (
        "1\n00:00:01,000 --> 00:00:02,000\na → ‹b›\nc\n\n2\n00:00:02,000 --> 00:00:05,000\nd\n\n"
    )


def test_a_file_of_subtitles_that_is_there_is_not_written_over(media, tmp_path, capsys):
    made, place = project(tmp_path, '<entry producer="p" in="0" out="249"/>'), tmp_path / "cut.srt"
    assert main([str(made), "--subtitles", str(place)]) == 0
    assert "Hello." in place.read_text("utf-8")
    assert main([str(made), "--subtitles", str(place)]) == 0  # the same
    place.write_text("edited")
    before = made.read_bytes()
    assert main([str(made), "--subtitles", str(place)]) == 1
    assert "may hold somebody's edits: remove it, or name another" in capsys.readouterr().err
    assert (place.read_text(), made.read_bytes()) == ("edited", before)


def changed(made, old, new):
    text = made.read_text()
    assert old in text
    made.write_text(text.replace(old, new))
    return made


def test_guides_stand_on_frames_of_the_project_whatever_the_rate_of_the_clip(media, tmp_path):
    made = project(tmp_path, '<entry producer="p" in="00:00:00.000" out="00:00:09.976"/>', modern=True)
    changed(made, 'frame_rate_num="25" frame_rate_den="1"', 'frame_rate_num="30000" frame_rate_den="1001"')
    assert [at for at, _ in guides(with_guides(made)[0])[1:]] == [60, 180]


def test_each_sequence_has_its_own_guides(media, tmp_path):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>', modern=True)
    second = (
        '<playlist id="w"><blank length="5"/><entry producer="all" in="0" out="249"/>'
        '<entry producer="p" in="100" out="249"/></playlist>'
        '<tractor id="u"><track producer="w"/></tractor>'
        '<tractor id="second"><property name="kdenlive:uuid">{2}</property><track producer="u"/></tractor>'
        '<tractor><property name="kdenlive:projectTractor">1</property><track producer="second"/></tractor>'
    )
    text, count, problems = with_guides(changed(made, "</mlt>", second + "</mlt>"))
    assert (count, problems) == (3, [])
    assert [at for at, _ in guides(text, "all")] == [7, 50, 150]
    assert [at for at, _ in guides(text, "second")] == [5 + 250 + 50]  # a sequence in it brings its own
    with pytest.raises(Trouble, match="which of its sequences is open"):
        subtitles(made)
    active = '<property name="kdenlive:docproperties.activetimeline">{2}</property>'
    assert subtitles(changed(made, '"main_bin">', '"main_bin">' + active)).startswith("1\n00:00:12,200 -->")


def test_a_clip_with_a_proxy_has_the_captions_of_its_original(media, tmp_path):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>', modern=True, resource="/cache/4f.mkv")
    proxy = (
        '<property name="kdenlive:proxy">/cache/4f.mkv</property>'
        f'<property name="kdenlive:originalurl">{media}</property><property name="kdenlive:id">2</property></producer>'
    )
    assert with_guides(changed(made, "</producer>", proxy))[1:] == (2, [])


def test_offline_media_is_captioned_by_its_sidecar(media, tmp_path):
    media.unlink()
    assert with_guides(project(tmp_path, '<entry producer="p" in="0" out="249"/>'))[1:] == (2, [])


REMAPPED = '<link><property name="mlt_service">timeremap</property></link></producer>'


@pytest.mark.parametrize("how", [{"resource": "-1:film.mp4", "service": "timewarp"}, {}])
def test_what_guides_cannot_follow_is_said(media, tmp_path, how, capsys):
    made = project(tmp_path, '<blank length="9"/><entry producer="p" in="0" out="249"/>', **how)
    if not how:
        changed(made, "</producer>", REMAPPED)
    before = made.read_bytes()
    assert main([str(made)]) == 1
    assert "film.mp4 plays backwards or at a changing speed at frame 9" in capsys.readouterr().err
    assert made.read_bytes() == before


def test_guides_of_an_earlier_run_stay_while_a_clip_has_no_captions(media, tmp_path):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>')
    assert main([str(made)]) == 0
    (tmp_path / "film.media_captioner.json").unlink()
    before = made.read_bytes()
    assert main([str(made)]) == 1
    assert made.read_bytes() == before


@pytest.mark.parametrize("version", ["0.98", "2.0"])
def test_a_document_of_another_kdenlive_is_refused(media, tmp_path, version):
    made = project(tmp_path, "")
    own = f'<property name="kdenlive:docproperties.version">{version}</property>'
    changed(made, '<playlist id="main_bin">', '<playlist id="main_bin">' + own)
    with pytest.raises(Trouble, match=f"Kdenlive document {version}.*20.08 and newer"):
        with_guides(made)


def test_a_project_that_cannot_be_written_stays_whole(media, tmp_path, capsys):
    made = project(tmp_path, '<entry producer="p" in="0" out="249"/>')
    (tmp_path / ".cut.kdenlive.new").mkdir()
    (tmp_path / ".cut.kdenlive.new" / "something").touch()
    before = made.read_bytes()
    assert main([str(made)]) == 1
    assert "cannot put guides into" in capsys.readouterr().err
    assert made.read_bytes() == before
