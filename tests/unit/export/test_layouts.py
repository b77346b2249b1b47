"""Names and formats for media servers and photo managers; NFO files that belong to somebody else as well."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from lxml import etree

from media_captioner.config import Settings
from media_captioner.config.schema import LayoutName
from media_captioner.export.base import ExportContext, ExportOptions
from media_captioner.export.layouts import LAYOUTS, wanted_formats
from media_captioner.export.registry import exporter_named, names
from media_captioner.testing.exporters import sample_captions

CONTEXT = ExportContext(now=datetime(2026, 1, 2, tzinfo=UTC))


def test_every_layout_is_a_setting_and_names_formats_that_exist():
    assert set(LAYOUTS) == set(get_args(LayoutName))
    for layout in LAYOUTS.values():
        assert {*layout.formats, *layout.suffixes} <= set(names())


def test_formats_that_are_asked_for_by_name_win():
    assert wanted_formats(Settings(layout="plex", formats=("vtt",))) == ("vtt",)
    assert wanted_formats(Settings(layout="plex")) == ("srt", "json")


def test_immich_gets_its_tags_where_it_looks_for_them():
    captions = sample_captions()
    xmp = exporter_named("xmp")
    plain = xmp.write(captions, CONTEXT)
    tagged = xmp.write(captions, replace(CONTEXT, options=ExportOptions(layout="immich")))
    assert captions.keywords
    assert b"TagsList" not in plain
    tree = etree.fromstring(tagged)
    found = tree.findall(".//{http://www.digikam.org/ns/1.0/}TagsList//{*}li")
    assert [item.text for item in found] == list(captions.keywords)


THEIRS = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- tinyMediaManager -->
<movie>
  <title>The Storm</title>
  <plot>Somebody's own words.</plot>
  <tag>weather</tag>
  <uniqueid type="tmdb" default="true">1234</uniqueid>
</movie>
"""


def tags(data):
    return [(item.text, item.get("by")) for item in etree.fromstring(data).iterfind("tag")]


def test_an_nfo_of_somebody_else_keeps_everything_and_gets_our_tags():
    captions = replace(sample_captions(), keywords=("rain", "weather", "thunder"))
    nfo = exporter_named("nfo")
    once = nfo.merge(THEIRS, captions, CONTEXT)
    tree = etree.fromstring(once)
    assert tree.findtext("plot") == "Somebody's own words."
    assert tree.findtext("uniqueid") == "1234"
    assert b"<!-- tinyMediaManager -->" in once
    assert tags(once) == [("weather", None), ("rain", "media_captioner"), ("thunder", "media_captioner")]
    assert nfo.merge(once, captions, CONTEXT) == once
    fewer = nfo.merge(once, replace(captions, keywords=("thunder",)), CONTEXT)
    assert tags(fewer) == [("weather", None), ("thunder", "media_captioner")]


@pytest.mark.parametrize(
    "data",
    [
        b"https://www.themoviedb.org/movie/1234",
        b"<movie><title>A</title></movie>\nhttps://www.themoviedb.org/movie/1234",
        b"<tvshow><title>A</title></tvshow>",
        b'<!DOCTYPE movie [<!ENTITY a "b">]><movie>&a;</movie>',
        b"",
    ],
    ids=["address", "address after", "series", "entities", "empty"],
)
def test_what_is_no_film_alone_is_left_as_it_is(data):
    assert not exporter_named("nfo").can_merge(data)
