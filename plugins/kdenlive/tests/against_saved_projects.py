"""Guides in projects that Kdenlive saved: python against_saved_projects.py FOLDER.

FOLDER holds projects anywhere below it, such as a clone of https://github.com/KDE/kdenlive-test-suite. Each is copied,
every clip in it gets captions of one cue a second, and then: all clips are found, nothing but the guides changed, and a
second run changes nothing. Nothing in FOLDER is written.
"""

import json
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from media_captioner_kdenlive import main

CUES = [{"start": at, "end": at + 0.5, "text": f"[sound {at}]", "category": "effects"} for at in range(600)]


def without_guides(text):
    root = ET.fromstring(text)
    for owner in root.iter():
        for each in owner.findall("property"):
            if each.get("name", "").endswith("properties.guides"):
                owner.remove(each)
    return ET.canonicalize(ET.tostring(root, "unicode"), strip_text=True)


def guides(text):
    return [
        json.loads(each.text or "[]")
        for each in ET.fromstring(text).iter("property")
        if each.get("name").endswith("properties.guides")
    ]


def clips(text):
    """The media that a project names, wherever."""
    return {
        each.text.split(":", 1)[-1] if re.match(r"-?[0-9.]+:", each.text or "") else each.text
        for each in ET.fromstring(text).iter("property")
        if each.get("name") in {"resource", "kdenlive:originalurl"}
        and re.search(r"[.]\w{3,4}$", each.text or "")
    }


def try_one(project, folder):
    copy = folder / project.name
    copy.write_bytes(project.read_bytes())
    for clip in clips(copy.read_bytes()):
        place = (folder / clip).with_suffix(".media_captioner.json")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({"schema": "media_captioner/sidecar@1", "cues": CUES, "media": {}}))
    before = copy.read_bytes()
    assert main([str(copy)]) == 0, project
    once = copy.read_bytes()
    assert without_guides(once) == without_guides(before), project
    assert main([str(copy)]) == 0
    assert copy.read_bytes() == once, project
    found = re.search(rb"docproperties.kdenliveversion\">([0-9.]+)", before)
    return found[1].decode() if found else "?", sum(map(len, guides(once)))


def all_of_them():
    versions, count, marked = set(), 0, 0
    for project in sorted(Path(sys.argv[1]).rglob("*.kdenlive")):
        with tempfile.TemporaryDirectory() as folder:
            version, made = try_one(project, Path(folder))
        versions.add(version)
        count, marked = count + 1, marked + bool(made)
    print(f"{count} projects of Kdenlive {min(versions)} to {max(versions)}, {marked} with guides: all well")


if __name__ == "__main__":
    all_of_them()
