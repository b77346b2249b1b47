import pytest

from tests import postgres


@pytest.fixture
def dsn():
    """A database with a fleet's tables."""
    try:
        with postgres.fleet() as dsn:
            yield dsn
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))
