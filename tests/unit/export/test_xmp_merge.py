"""Merging into XMP that other programs wrote: nothing of theirs is lost, and a second run changes nothing."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from media_captioner.export import save
from media_captioner.export.base import ExportContext
from media_captioner.export.finding import known_at
from media_captioner.export.managers.rdf import meaning
from media_captioner.export.managers.xmp import XmpSidecar
from tests.unit.export.factory import captions, cue

XMP = XmpSidecar()
CONTEXT = ExportContext(now=datetime(2026, 11, 22, tzinfo=UTC))
LATER = ExportContext(now=datetime(2027, 11, 22, tzinfo=UTC))
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
needs_exempi = pytest.mark.skipif(not shutil.which("exempi"), reason="exempi is not installed")

# As another program might write it: attributes, a namespace nobody knows, a marker track, its own description.
FOREIGN = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Somebody 1.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmp:Label="Red"
    xmp:MetadataDate="2020-01-01T00:00:00Z"
    xmlns:odd="http://example.org/odd/1.0/" odd:shelf="B &amp; 12">
   <odd:box rdf:parseType="Resource"><odd:colour>grey</odd:colour><odd:sides><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></odd:sides></odd:box>
  </rdf:Description>
  <!-- a comment of theirs -->
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Their title</rdf:li></rdf:Alt></dc:title>
   <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>speech</rdf:li></rdf:Bag></dc:subject>
   <xmpDM:Tracks><rdf:Bag>
    <rdf:li><rdf:Description xmpDM:trackName="Markers" xmpDM:frameRate="f25"><xmpDM:markers><rdf:Seq>
     <rdf:li xmpDM:startTime="75" xmpDM:name="Interview"/></rdf:Seq></xmpDM:markers></rdf:Description></rdf:li>
   </rdf:Bag></xmpDM:Tracks>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>

<?xpacket end="w"?>"""


def properties(data):
    """Return everything a packet says, by property; arrays as lists."""
    told = {}
    for description in etree.fromstring(data).iter(f"{RDF}Description"):
        if description.getparent().tag != f"{RDF}RDF":
            continue
        told |= {key: value for key, value in description.attrib.items() if not key.startswith(RDF)}
        told |= {child.tag: meaning(child) for child in description if isinstance(child.tag, str)}
    return told


def assert_kept(before, after):
    """Everything in ``before`` is in ``after``; lists may have grown at any place."""
    theirs, now = properties(before), properties(after)
    for name, value in theirs.items():
        if name.endswith("}MetadataDate"):
            continue
        if isinstance(value, list):
            for item in value:
                assert item in now[name], name
        else:
            assert now[name] == value, name


def test_everything_foreign_is_there_after_two_runs():
    once = XMP.merge(FOREIGN, captions(), CONTEXT)
    assert XMP.merge(once, captions(), LATER) == once
    assert_kept(FOREIGN, once)
    assert once.startswith(FOREIGN[: FOREIGN.index(b"<x:")])
    assert once.endswith(FOREIGN[FOREIGN.index(b"</x:xmpmeta>") :])
    assert b"<!-- a comment of theirs -->" in once
    now = properties(once)
    tracks = now["{http://ns.adobe.com/xmp/1.0/DynamicMedia/}Tracks"]
    assert [track["{http://ns.adobe.com/xmp/1.0/DynamicMedia/}trackName"] for track in tracks] == [
        "Markers", "media_captioner",
    ]  # fmt: skip
    assert now["{http://purl.org/dc/elements/1.1/}subject"] == ["holiday", "speech", "dog barking", "Spanish"]


def test_the_date_of_their_metadata_follows_and_none_is_added():
    """digiKam 7.9 takes a MetadataDate for the day on which the video was made, where the sidecar has no other."""
    once = XMP.merge(FOREIGN, captions(), CONTEXT)
    assert b'xmp:MetadataDate="2026-11-22T00:00:00+00:00"' in once
    own = XMP.write(captions(), CONTEXT)
    assert b"MetadataDate" not in own
    assert b"<stEvt:when>2026-11-22T00:00:00+00:00</stEvt:when>" in own


def test_our_part_follows_the_captions_and_theirs_stays():
    once = XMP.merge(FOREIGN, captions(), CONTEXT)
    other = captions(cue("1", "2", "[cat]"), summary="A cat.", keywords=("cat", "speech"))
    twice = XMP.merge(once, other, LATER)
    assert_kept(FOREIGN, twice)
    now = properties(twice)
    assert now["{http://purl.org/dc/elements/1.1/}subject"] == ["holiday", "speech", "cat"]
    assert now["{http://purl.org/dc/elements/1.1/}description"] == ["A cat."]
    assert b"[dog barking]" not in twice
    assert twice.count(b"trackName>media_captioner<") == 1
    assert XMP.merge(twice, other, CONTEXT) == twice
    gone = XMP.merge(twice, replace(other, cues=(), summary=None, keywords=(), spoken=(), segments=()), LATER)
    assert_kept(FOREIGN, gone)
    assert "{http://purl.org/dc/elements/1.1/}description" not in properties(gone)


def test_a_persons_words_win():
    ours = XMP.write(captions(), CONTEXT)
    theirs = ours.replace(b"A dog barks &amp; a man speaks.", b"Rex, my dog.", 1)
    theirs = theirs.replace(b"<rdf:li>Spanish</rdf:li>", b"<rdf:li>Rex</rdf:li>", 1)
    assert theirs != ours
    assert not XMP.is_ours(theirs)
    merged = properties(XMP.merge(theirs, captions(cue("1", "2", "[howl]"), summary="A dog howls."), LATER))
    assert merged["{http://purl.org/dc/elements/1.1/}description"] == ["Rex, my dog."]
    # A keyword that somebody took away does not come back; one that they added stays.
    assert merged["{http://purl.org/dc/elements/1.1/}subject"] == ["dog barking", "speech", "Rex"]


def test_our_own_file_is_merged_into_and_stays_ours():
    ours = XMP.write(captions(), CONTEXT)
    assert XMP.merge(ours, captions(), LATER) == ours
    changed = XMP.merge(ours, captions(cue("1", "2", "[cat]")), LATER)
    assert XMP.is_ours(changed)
    assert b"[cat]" in changed
    assert b"[dog barking]" not in changed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
        b'<!doctype x SYSTEM "file:///etc/passwd"><x/>',
        FOREIGN.decode().encode("utf-16"),
        FOREIGN.replace(b"</rdf:RDF>", b"<a>" * 5000 + b"</a>" * 5000 + b"</rdf:RDF>"),
        FOREIGN.replace(b"Their title", b"\xff\xfe"),
        FOREIGN[:700],
    ],
    ids=["empty", "text", "other", "entities", "external", "utf-16", "deep", "not utf-8", "cut"],
)
def test_what_cannot_be_merged_into_is_left_alone(data, tmp_path):
    assert not XMP.can_merge(data)
    with pytest.raises(ValueError, match=r"."):
        XMP.merge(data, captions(), CONTEXT)
    stranger = tmp_path / "clip.xmp"
    stranger.write_bytes(data)
    save(captions(folder=tmp_path), tmp_path)
    assert stranger.read_bytes() == data
    assert (tmp_path / "clip.media_captioner.xmp").exists()


def test_a_strangers_sidecar_is_merged_into_and_recorded(tmp_path):
    (tmp_path / "clip.xmp").write_bytes(FOREIGN)
    save(captions(folder=tmp_path), tmp_path)
    merged = (tmp_path / "clip.xmp").read_bytes()
    assert_kept(FOREIGN, merged)
    assert b"media_captioner" in merged
    save(captions(folder=tmp_path), tmp_path)
    assert (tmp_path / "clip.xmp").read_bytes() == merged
    assert "clip.xmp" in known_at(tmp_path / "clip.media_captioner.json").sidecar.outputs


@given(st.binary(max_size=40), st.integers(0, len(FOREIGN)), st.integers(0, 40))
def test_damage_is_refused_or_kept(noise, at, cut):
    data = FOREIGN[:at] + noise + FOREIGN[at + cut :]
    if XMP.can_merge(data):
        merged = XMP.merge(data, captions(), CONTEXT)
        assert XMP.merge(merged, captions(), LATER) == merged
        assert_kept(data, merged)


def exiftool(*arguments):
    said = subprocess.run(["exiftool", *arguments], capture_output=True, check=True, timeout=60)
    return said.stdout


@needs_exiftool
def test_merging_into_what_exiftool_wrote(tmp_path):
    path = tmp_path / "clip.xmp"
    exiftool(
        "-XMP-xmp:Rating=5", "-XMP-xmp:Label=Green", "-XMP-dc:Subject=holiday", "-XMP-dc:Description=Their words",
        "-XMP-photoshop:City=Lisbon", "-XMP-dc:Creator=Ana", "-XMP-xmpDM:Scene=12A",
        "-XMP-xmpDM:Tracks={TrackName=Markers,FrameRate=f25,Markers=[{StartTime=25,Name=Take one}]}", str(path),
    )  # fmt: skip
    before = path.read_bytes()
    save(captions(folder=tmp_path), tmp_path)
    merged = path.read_bytes()
    assert_kept(before, merged)
    save(captions(folder=tmp_path), tmp_path)
    assert path.read_bytes() == merged
    [read] = json.loads(
        exiftool("-validate", "-warning", "-error", "-a", "-j", "-struct", "-XMP:all", str(path))
    )
    assert (read["Validate"], read.get("Warning")) == ("OK", None)
    assert (read["Rating"], read["Label"], read["City"], read["Scene"]) == (5, "Green", "Lisbon", "12A")
    assert read["Description"] == "Their words"
    assert read["Subject"] == ["holiday", "dog barking", "speech", "Spanish"]
    assert [track["TrackName"] for track in read["Tracks"]] == ["Markers", "media_captioner"]
    assert read["Tracks"][0]["Markers"][0]["Name"] == "Take one"


@needs_exiftool
def test_what_exiftool_writes_into_ours_stays(tmp_path):
    save(captions(folder=tmp_path), tmp_path)
    path = tmp_path / "clip.xmp"
    exiftool("-overwrite_original", "-XMP-xmp:Rating=3", "-XMP-dc:Subject+=mine", str(path))
    before = path.read_bytes()
    save(captions(cue("3", "4", "[whistle]"), folder=tmp_path), tmp_path)
    after = path.read_bytes()
    assert b"[whistle]" in after
    now = properties(after)
    assert now["{http://ns.adobe.com/xap/1.0/}Rating"] == "3"
    assert "mine" in now["{http://purl.org/dc/elements/1.1/}subject"]
    assert before != after
    save(captions(cue("3", "4", "[whistle]"), folder=tmp_path), tmp_path)
    assert path.read_bytes() == after


@needs_exempi
def test_merging_into_what_adobes_core_wrote(tmp_path):
    """Exempi is Adobe's XMP core: it writes the compact forms that Adobe's programs write."""
    libxmp = pytest.importorskip("libxmp")
    packet = libxmp.XMPMeta()
    packet.parse_from_str(FOREIGN.decode())
    packet.set_property(libxmp.consts.XMP_NS_XMP, "Rating", "2")
    path = tmp_path / "clip.xmp"
    path.write_bytes(packet.serialize_to_str(use_compact_format=True).encode())
    before = path.read_bytes()
    save(captions(folder=tmp_path), tmp_path)
    merged = path.read_bytes()
    assert_kept(before, merged)
    save(captions(folder=tmp_path), tmp_path)
    assert path.read_bytes() == merged
    again = libxmp.XMPMeta()
    again.parse_from_str(merged.decode())
    media = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
    assert again.get_property(libxmp.consts.XMP_NS_XMP, "Rating") == "2"
    assert again.get_property("http://example.org/odd/1.0/", "shelf") == "B & 12"
    assert again.count_array_items(media, "Tracks") == 2
    assert again.get_property(media, "Tracks[2]/xmpDM:markers[1]/xmpDM:name") == "[dog barking]"
    # Written again by Adobe's core, ours is still known for ours.
    path.write_bytes(again.serialize_to_str(use_compact_format=True).encode())
    rewritten = path.read_bytes()
    assert XMP.merge(rewritten, captions(folder=tmp_path), LATER) == rewritten


@needs_exempi
def test_adobes_core_reads_every_marker_of_ours(tmp_path):
    path = tmp_path / "clip.xmp"
    path.write_bytes(XMP.write(captions(cue(), cue("7", "8", "<b>&amp;\u202e")), CONTEXT))
    said = subprocess.run(["exempi", "-x", str(path)], capture_output=True, check=True, timeout=60)
    assert b"[dog barking]" in said.stdout
    assert b"trackName" in said.stdout
