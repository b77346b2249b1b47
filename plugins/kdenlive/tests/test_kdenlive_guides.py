"""Guides in a Kdenlive project follow its edit."""

import json
import xml.etree.ElementTree as ET

import pytest
from media_captioner_kdenlive import MARK, Trouble, main, with_guides

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


def guides(text):
    holders = [each for each in ET.fromstring(text).iter("property") if each.get("name").endswith(".guides")]
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
    assert "media-captioner caption" in capsys.readouterr().err
    assert made.read_bytes() == before
    made.write_text("no project")
    with pytest.raises(Trouble, match="not a Kdenlive project"):
        with_guides(made)
