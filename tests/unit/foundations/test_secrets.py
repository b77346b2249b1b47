"""Keys show up nowhere."""

import logging
import pickle

import pytest

from media_captioner.system.secrets import RedactingFilter, Secret, redact

KEY = "canary-4f1d9c-not-a-pattern"


def test_a_secret_shows_itself_only_when_asked():
    secret = Secret(KEY)
    shown = f"{secret} {secret!r} {[secret]} { ({'k': secret}) }"
    assert KEY not in shown
    assert secret.reveal() == KEY
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "text",
    [
        "key sk-abcdef0123456789 was refused",
        "Authorization: Bearer abcdef0123456789",
        "GET https://x.test/a?key=abcdef0123456789&b=1",
        "GET https://x.test/a?b=1&signature=abcdef0123456789",
        "whsec_abcdef0123456789",
    ],
)
def test_what_looks_like_a_key_is_masked(text):
    assert "abcdef0123456789" not in redact(text)


def test_a_secret_that_is_part_of_another_uncovers_nothing():
    Secret("whsec_")
    Secret("canary-part")
    Secret("canary-part-of-a-whole")
    assert redact("whsec_abcdef0123456789") == "***"
    assert redact("a canary-part-of-a-whole, a canary-part") == "a ***, a ***"


def test_logs_and_tracebacks_are_masked(caplog):
    Secret(KEY)
    logger = logging.getLogger("masked")
    logger.addFilter(RedactingFilter())
    with caplog.at_level(logging.DEBUG):
        logger.warning("the key is %s", KEY)
        try:
            raise ValueError(f"bad key {KEY}")
        except ValueError:
            logger.exception("failed with %s", KEY)
    formatter = logging.Formatter("%(message)s")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert "the key is ***" in text
    assert "bad key ***" in text
    assert KEY not in text
