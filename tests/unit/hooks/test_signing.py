"""Signatures of webhooks: the library of the standard believes ours, and we believe its own and no others."""

import base64
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Official
from standardwebhooks.webhooks import WebhookVerificationError

from media_captioner.errors import ConfigError
from media_captioner.hooks.webhooks import signing
from media_captioner.system.secrets import Secret

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)

SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()

NEXT = "whsec_" + base64.b64encode(b"b" * 64).decode()

bodies = st.binary(max_size=200)


@given(bodies, st.text("abcdef_0123456789", min_size=1, max_size=40))
def test_the_official_library_believes_what_we_sign(body, message_id):
    stamp = int(datetime.now(UTC).timestamp())
    headers = signing.headers([Secret(SECRET)], message_id, stamp, body)
    with contextlib.suppress(ValueError):  # it parses the body as JSON when it believes it
        Official(SECRET).verify(body, headers)


def test_the_official_library_disbelieves_another_secret():
    stamp = int(datetime.now(UTC).timestamp())
    headers = signing.headers([Secret(SECRET)], "msg_1", stamp, b"{}")
    assert Official(SECRET).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Official(NEXT).verify(b"{}", headers)


@given(st.text(max_size=200), st.text("abcdef_0123456789", min_size=1, max_size=40))
def test_we_believe_what_the_official_library_signs(body, message_id):
    found = Official(SECRET).sign(message_id, NOW, body)
    given_headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": found,
    }
    with contextlib.suppress(UnicodeEncodeError):
        raw = body.encode()
        assert signing.verified([Secret(SECRET)], given_headers, raw, now=NOW.timestamp()) == message_id


def signed(body=b'{"a": 1}', secrets=(SECRET,), at=NOW):
    return signing.headers([Secret(one) for one in secrets], "msg_1", int(at.timestamp()), body)


def believe(headers, body=b'{"a": 1}', secrets=(SECRET,), now=NOW):
    return signing.verified([Secret(one) for one in secrets], headers, body, now=now.timestamp())


def test_during_a_rotation_either_secret_is_believed():
    both = signed(secrets=(NEXT, SECRET))
    assert both["webhook-signature"].count("v1,") == 2
    for secrets in ((SECRET,), (NEXT,), (SECRET, NEXT)):
        assert believe(both, secrets=secrets) == "msg_1"
        Official(secrets[0]).verify(b'{"a": 1}', _as_of_now(secrets))


def _as_of_now(secrets):
    return signed(secrets=secrets, at=datetime.now(UTC))


ALTERATIONS = {
    "no signature": {"webhook-signature": None},
    "an empty signature": {"webhook-signature": ""},
    "half a signature": {"webhook-signature": "v1,"},
    "another scheme": lambda h: {"webhook-signature": h["webhook-signature"].replace("v1,", "v1a,")},
    "a shortened signature": lambda h: {"webhook-signature": h["webhook-signature"][:-4]},
    "base64 with junk": lambda h: {"webhook-signature": h["webhook-signature"] + "="},
    "half a character": {"webhook-signature": "v1,\udc80"},
    "no id": {"webhook-id": None},
    "another id": {"webhook-id": "msg_2"},
    "an id with a point": {"webhook-id": "msg.1"},
    "an endless id": {"webhook-id": "m" * 300},
    "no time": {"webhook-timestamp": None},
    "another time": {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
    "a negative time": {"webhook-timestamp": "-1"},
    "a time with a fraction": {"webhook-timestamp": f"{NOW.timestamp()}"},
    "foreign digits": {"webhook-timestamp": "١٧٠٠٠٠٠٠٠٠"},
    "an endless time": {"webhook-timestamp": "9" * 400},
}


@pytest.mark.parametrize("change", ALTERATIONS.values(), ids=ALTERATIONS)
def test_forged_headers_are_refused(change):
    headers = signed()
    changes = change(headers) if callable(change) else change
    altered = {name: value for name, value in {**headers, **changes}.items() if value is not None}
    with pytest.raises(signing.Unverified):
        believe(altered)


def test_another_body_is_refused_even_where_it_means_the_same():
    for body in (b'{"a":1}', b'{"a": 1}\n', b'{"a": 2}', b""):
        with pytest.raises(signing.Unverified, match="no signature"):
            believe(signed(), body)


@given(st.integers(0, 63))
def test_one_bit_is_enough(bit):
    body = bytearray(b'{"a": 1}')
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(signing.Unverified):
        believe(signed(), bytes(body))


@pytest.mark.parametrize(("seconds", "word"), [(301, "old"), (-301, "future"), (86_400, "old")])
def test_the_past_and_the_future_are_refused(seconds, word):
    with pytest.raises(signing.Unverified, match=word):
        believe(signed(), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_a_little(seconds):
    assert believe(signed(), now=NOW + timedelta(seconds=seconds)) == "msg_1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "secret",
        SECRET[6:],
        "whsec_" + base64.b64encode(b"short").decode(),
        "whsec_!!!!",
        SECRET + "é",
    ],
)
def test_a_secret_that_is_none_is_refused_at_the_start(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="secret|key"):
        signing.read_secret(path)


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="other users"):
        signing.read_secret(path)
