"""Looks at a tree: what is new, what is gone, and how little is listed where nothing came or went."""

import os

import pytest

from media_captioner.config.tables import WatchedRoot
from media_captioner.system import identity
from media_captioner.testing.clock import FakeClock
from media_captioner.watch.memory import Known, Memory
from media_captioner.watch.rules import Rules
from media_captioner.watch.survey import Survey


@pytest.fixture
def tree(tmp_path):
    """A tree of forty folders with a file in each, changed a day before the clock's noon."""
    clock = FakeClock()
    day_before = clock.now().timestamp() - 86400
    for number in range(40):
        folder = tmp_path / f"{number % 4}" / f"{number}"
        folder.mkdir(parents=True)
        (folder / "a.mp4").write_bytes(b"x")
    for folder in [tmp_path, *tmp_path.rglob("*")]:
        if folder.is_dir():
            os.utime(folder, (day_before, day_before))
    memory = Memory(tmp_path, None, clock)
    survey = Survey(Rules(WatchedRoot(root=tmp_path)), memory, clock)
    yield survey, memory
    memory.close()


def settle(memory, news):
    memory.note(Known(each.path, each.seen, "done", content="mc1:0") for each in news.found)


def test_what_is_known_is_no_news_and_hardly_anything_is_listed_again(tree):
    survey, memory = tree
    first = survey.everything(thorough=True)
    assert len(first.found) == 40
    settle(memory, first)
    listed = []
    for _ in range(16):
        news = survey.everything(thorough=False)
        assert not news.found
        assert not news.gone
        listed.append(survey.scanner.listed)
    assert sum(listed) == 40 + 4 + 1  # each folder once in sixteen looks
    assert survey.scanner.listed + survey.scanner.passed == 45


def test_what_was_changed_in_its_place_is_found_within_sixteen_looks(tree):
    survey, memory = tree
    settle(memory, survey.everything(thorough=True))
    path = survey.rules.root / "1" / "5" / "a.mp4"
    with path.open("ab") as file:  # the folder's time does not tell
        file.write(b"y")
    found = [each.path for _ in range(16) for each in survey.everything(thorough=False).found]
    assert set(found) == {path}


def test_folders_that_go_and_come_are_noticed_at_once(tree):
    survey, memory = tree
    settle(memory, survey.everything(thorough=True))
    root = survey.rules.root
    (root / "2" / "6").rename(root / "3" / "moved")
    news = survey.everything(thorough=False)
    assert [each.path for each in news.gone] == [root / "2" / "6" / "a.mp4"]
    assert [each.path for each in news.found] == [root / "3" / "moved" / "a.mp4"]


def test_a_hint_costs_no_look_at_anything_else(tree):
    survey, memory = tree
    settle(memory, survey.everything(thorough=True))
    root = survey.rules.root
    new = root / "0" / "0" / "b.mp4"
    new.write_bytes(b"x")
    (root / "0" / "0" / "a.mp4").unlink()
    news = survey.hinted([new, root / "0" / "0" / "a.mp4", root / "notes.txt", root / "0" / "none.mp4"])
    assert [each.path for each in news.found] == [new]
    assert [each.path.name for each in news.gone] == ["a.mp4"]


def test_a_hint_that_the_folder_itself_is_gone_is_left_to_whoever_looks_whether_it_is_there(tree):
    survey, _ = tree
    root = survey.rules.root
    root.rename(root.with_name("elsewhere"))
    news = survey.hinted([root])
    assert (news.found, news.gone, news.rescan) == ([], [], False)


def test_names_that_are_no_text_are_remembered(tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff folder")
    folder.mkdir()
    path = folder / os.fsdecode(b"\xfe.mp4")
    path.write_bytes(b"x")
    memory = Memory(tmp_path, None)
    memory.note([Known(path, identity.standing(path), "done", f"as {path}", content="mc1:0")])
    assert memory.of(path).path == path
    assert memory.of(path).reason.endswith(r"\xff folder/\xfe.mp4")
    assert memory.settled(folder).keys() == {path.name}
    assert memory.folders() == [folder]
    memory.close()
