"""What the schemas of others ask of files that they read: PBCore's, and Adobe's of a transcript.

Neither schema can be had from a package index, so these are the rules of them that we can come near; documents that pass
here were held against the schemas themselves by hand. Apple's are in ``fcpxml_rules``.
"""

import json
from dataclasses import replace
from fractions import Fraction
from uuid import UUID

import jsonschema
import pytest
from lxml import etree

from media_captioner.export.editors.premiere import LANGUAGES
from media_captioner.export.registry import exporter_named
from media_captioner.testing.exporters import CONTEXT, HOSTILE, sample_captions
from tests.unit.export.content_model import breaches
from tests.unit.export.factory import captions, cue

SOURCE = "source ref version annotation"
PBCORE = {
    "pbcoreDescriptionDocument": (
        "pbcoreIdentifier+ pbcoreTitle+ pbcoreSubject* pbcoreDescription+ pbcoreInstantiation* pbcoreAnnotation* pbcorePart*",
        "", "",
    ),
    "pbcoreIdentifier": ("", "source", ""),
    "pbcoreTitle": ("", "", f"titleType {SOURCE}"),
    "pbcoreSubject": ("", "", f"subjectType {SOURCE}"),
    "pbcoreDescription": ("", "", f"descriptionType {SOURCE}"),
    "pbcoreInstantiation": (
        "instantiationIdentifier+ instantiationLocation1 instantiationTimeStart* instantiationDuration? instantiationLanguage*",
        "", "startTime endTime",
    ),
    "instantiationIdentifier": ("", "source", ""),
    "instantiationLocation": ("", "", SOURCE),
    "instantiationTimeStart": ("", "", SOURCE),
    "instantiationDuration": ("", "", SOURCE),
    "instantiationLanguage": ("", "", SOURCE),
    "pbcoreAnnotation": ("", "", "annotationType ref"),
    "pbcorePart": ("pbcoreIdentifier+ pbcoreTitle+ pbcoreDescription+", "", "partType startTime endTime"),
}  # fmt: skip


def closed(**members):
    """Return the schema of an object that has just these members."""
    return {
        "type": "object", "additionalProperties": False, "required": sorted(members), "properties": members,
    }  # fmt: skip


def some(items):
    return {"type": "array", "minItems": 1, "items": items}


LANGUAGE, SECONDS = {"enum": list(LANGUAGES)}, {"type": "number", "minimum": 0}
WORD = closed(
    confidence={"type": "number", "minimum": 0, "maximum": 1}, duration=SECONDS, eos={"type": "boolean"}, start=SECONDS,
    tags={"items": {"enum": ["profanity", "filler"]}}, text={"type": "string"}, type={"enum": ["word", "punctuation"]},
)  # fmt: skip
SEGMENT = closed(
    duration=SECONDS, language=LANGUAGE, speaker={"type": "string"}, start=SECONDS, words=some(WORD)
)
SPEAKER = closed(id={"type": "string"}, name={"type": "string", "minLength": 1})
TRANSCRIPT = closed(language=LANGUAGE, segments=some(SEGMENT), speakers=some(SPEAKER))


def every_text(text):
    """Return captions in which everything that may be hostile is."""
    told = sample_captions("before", text)
    return replace(
        told,
        summary=text,
        keywords=(text, "last"),
        cues=tuple(replace(each, speaker=text) for each in told.cues),
        media=replace(told.media, title=text),
    )


KINDS = [
    captions(),
    captions(cue("1", "2", "¿Dónde?", category="speech", language="es", speaker="MAN", confidence=2.0)),
    captions(cue("1", "2", "♪", category="music")),
    replace(sample_captions(), segments=(), keywords=(), summary=None, spoken=(), chapters=()),
    sample_captions("a", rate=None),
    sample_captions("a", rate=Fraction(30000, 1001), timecode="01:00:00;00"),
    *(every_text(text) for text in HOSTILE),
]


@pytest.mark.parametrize("told", KINDS)
def test_pbcore_keeps_the_order_and_the_attributes_of_its_schema(told):
    root = etree.fromstring(exporter_named("pbcore").write(told, CONTEXT))
    assert {etree.QName(each).namespace for each in root.iter("*")} == {
        "http://www.pbcore.org/PBCore/PBCoreNamespace.html"
    }
    assert [broken for each in root.iter("*") for broken in breaches(each, PBCORE)] == []


@pytest.mark.parametrize("told", KINDS)
def test_a_transcript_for_premiere_is_what_its_closed_schema_allows(told):
    document = json.loads(exporter_named("premiere").write(told, CONTEXT))
    jsonschema.validate(document, TRANSCRIPT)
    known = {each["id"] for each in document["speakers"]}
    assert {segment["speaker"] for segment in document["segments"]} <= known
    assert {UUID(each).version for each in known} == {4}


def test_the_rules_find_what_the_schemas_would_refuse():
    good = exporter_named("pbcore").write(captions(), CONTEXT)
    for old, new in (
        (b' source="file name"', b""),
        (b"pbcoreTitle", b"pbcoreTitel"),
        (b"<pbcoreAnnotation>", b"<pbcoreTitle/><pbcoreAnnotation>"),
        (b"<pbcorePart ", b'<pbcorePart colour="" '),
    ):
        assert old in good
        root = etree.fromstring(good.replace(old, new))
        assert any(breaches(each, PBCORE) for each in root.iter("*")), old
    document = json.loads(exporter_named("premiere").write(sample_captions("one"), CONTEXT))
    jsonschema.validate(document, TRANSCRIPT)
    for worse in ({**document, "segments": []}, {**document, "language": "en"}, {**document, "version": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(worse, TRANSCRIPT)
