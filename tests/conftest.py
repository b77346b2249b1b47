"""What all tests share."""

import logging
import os

import pytest
from hypothesis import HealthCheck, settings

from media_captioner.errors import spelled_out
from media_captioner.system import secrets
from tests import postgres

NO_SKIPS = bool(os.environ.get("MEDIA_CAPTIONER_NO_SKIPS"))
"""Whether a test that skips itself fails: on a machine that is to have everything, it would hide a gap."""

# Machines are shared and slow at times: a slow example is not a wrong one. Where a change is judged, the examples are
# the same at every run, so that the change alone decides; elsewhere they go on searching.
settings.register_profile(
    "suite",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize=NO_SKIPS,
)
settings.register_profile("thorough", parent=settings.get_profile("suite"), max_examples=2000)
settings.load_profile("suite")

CANARY = "sk-canary-"
"""How the keys begin that tests give to captioners and servers. No output, log or file may ever hold one."""


def pytest_xdist_auto_num_workers(config):
    """Half again as many processes as cores: a third of the time tests wait, for a server, a program or a deadline."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


def unskipped(report):
    """Turn a skip into a failure where none is wanted."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped where no test may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Fail a module that skips all its tests, where no test may be skipped."""
    return unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail a test, whatever it is about, whose output or log shows a key; and a skip, where none is wanted."""
    report = unskipped((yield))
    if report.passed and CANARY in report.caplog + report.capstdout + report.capstderr:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} shows a key in its output or its log"
    return report


def sendable(data):
    """Return what a report holds without characters that no UTF-8 has: names of files may have them."""
    if isinstance(data, str):
        return spelled_out(data)
    if isinstance(data, dict):
        return {sendable(name): sendable(value) for name, value in data.items()}
    return [sendable(value) for value in data] if isinstance(data, list | tuple) else data


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable():
    """Let reports through to the process that shows them: one that cannot be sent would end the whole run."""
    return sendable((yield))


@pytest.fixture(scope="session", autouse=True)
def _no_key_in_any_file(tmp_path_factory):
    """Fail the run if any file that a test left behind holds a key."""
    yield
    found = [
        path
        for path in tmp_path_factory.getbasetemp().rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 8_000_000
        if CANARY.encode() in path.read_bytes()
    ]
    assert not found, f"files that hold a key: {found}"


@pytest.fixture(autouse=True)
def _no_secret_outlives_its_test():
    """Forget what a test made secret: a password of "secret" would be masked in everybody's messages."""
    known = set(secrets._known)
    yield
    secrets._known.intersection_update(known)


@pytest.fixture(autouse=True)
def _no_log_outlives_its_test():
    """Take away what a command of a test logs to: that standard error is closed when the test ends."""
    yield
    for handler in list(logging.root.handlers):
        if type(handler) is logging.StreamHandler:
            logging.root.removeHandler(handler)


@pytest.fixture(scope="session", autouse=True)
def _end_postgres():
    """End the database server that tests started, if any did."""
    yield
    postgres.end()
