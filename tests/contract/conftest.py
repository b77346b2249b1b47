"""Every test that asks for ``place`` runs against every implementation."""

import pytest

from media_captioner.testing.clock import FakeClock
from tests import postgres
from tests.contract.journals import PLACES


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(params=PLACES)
def place(request, tmp_path, clock):
    try:
        place = PLACES[request.param](tmp_path, clock)
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))
    yield place
    place.end()
