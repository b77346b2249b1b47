"""The program that the fault tests kill, starve and interrupt: captions a file against a service, with a journal.

Run with a JSON object of options as the only argument, or with --offspring to do many runs.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from media_captioner.batch import Batch, exit_code
from media_captioner.captioners.openai_compatible import qwen
from media_captioner.captioners.options import Options
from media_captioner.config import Settings
from media_captioner.errors import MediaCaptionerError
from media_captioner.protocols import SilentReporter
from media_captioner.schedule.journal import open_journal
from media_captioner.session import Session, budget_of, limits_for
from media_captioner.system.secrets import Secret

AT_ONCE = 8  # what the service states for itself; more requests a minute would mean more under way


def _witness(point, count):
    """Return a witness that kills this process when ``point`` is passed for the ``count``-th time."""
    passed = []

    def witness(name):
        if name == point:
            passed.append(name)
            if len(passed) == count:
                os.kill(os.getpid(), signal.SIGKILL)

    return witness


def run(url, journal, sources, *, crash_at=None, crash_count=1, **settings):
    """Caption ``sources`` and return the reports."""
    limits = {"requests_per_minute": 60_000, "tokens_per_minute": 10**9, "requests_at_once": AT_ONCE}
    chosen = Settings(journal=journal, segment_seconds=5, **{**limits, **settings})
    captioner = qwen(Options(api_key=Secret("sk-test-key"), base_url=url))

    async def story():
        session = Session(
            captioner,
            open_journal(chosen.journal),
            budget=budget_of(chosen, {}),
            limits=limits_for(captioner.service, chosen),
            witness=_witness(crash_at, crash_count),
        )
        with session:
            work = Batch(lambda _: chosen, captioner, SilentReporter(), session=session)
            try:
                await work.run([Path(source) for source in sources], lambda _: None)
            finally:
                await captioner.close()
        return work.reports

    return asyncio.run(story())


def _main(options):
    try:
        return exit_code(run(**options))
    except MediaCaptionerError as error:
        with contextlib.suppress(OSError):  # where every write is made to fail, this one does too
            print(f"{type(error).__name__}: {error.message}", file=sys.stderr)
        return error.exit_code


def _offspring():
    """Run in a child for each line of options: everything is imported once, and each run is still a process.

    A child stops itself before it begins, so that a debugger can be attached. Printed are its number, and then
    how it ended.
    """
    import media_captioner.assets
    import media_captioner.prose.speech

    assert media_captioner.prose.speech
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(_main(json.loads(line)))
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--offspring"]:
        _offspring()
    else:
        sys.exit(_main(json.loads(sys.argv[1])))
