"""The error tree: every class documented, with an exit code, and able to travel between processes."""

import pickle
import re

import pytest

from media_captioner import errors
from media_captioner.errors import MediaCaptionerError


def _tree(cls):
    yield cls
    for sub in cls.__subclasses__():
        yield from _tree(sub)


CLASSES = [cls for cls in _tree(MediaCaptionerError) if cls.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_tree_in_the_docstring_shows_every_class(cls):
    assert re.search(rf"\b{cls.__name__}\b", errors.__doc__)


def test_the_tree_in_the_docstring_shows_nothing_else():
    drawn = re.findall(r"(?:── |^    )([A-Z]\w+)", errors.__doc__, flags=re.MULTILINE)
    assert set(drawn) == {cls.__name__ for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_survives_pickling_with_all_it_knows(cls):
    error = cls("captioning clip.mp4 failed", hint="Try again.")
    error.extra = 7
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is cls
    assert (copy.message, copy.hint, copy.extra, str(copy)) == (error.message, error.hint, 7, error.message)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_exit_code_is_one_of_the_documented(cls):
    assert cls.exit_code in range(1, 9)
    assert cls.scope in {"clip", "asset", "queue"}


def test_codes_do_not_differ_within_a_branch():
    for branch in MediaCaptionerError.__subclasses__():
        assert {cls.exit_code for cls in _tree(branch)} == {branch.exit_code}
