"""Print at once what fails, and end what hangs: CI may end a run of half an hour before its report.

pytest-xdist lists failures when all tests have ended. And pytest-timeout ends a test by an
exception that Hypothesis takes for the failure of one example: it goes on with the next, without a
limit.
"""

import faulthandler
import os
from collections.abc import Generator

import pytest
from _pytest.terminal import TerminalReporter

GRACE = 60.0  # seconds from a test's timeout until its process is ended


class Watch:
    """A pytest plugin, registered once in each process of a session."""

    def __init__(self, config: pytest.Config, grace: float = GRACE) -> None:
        self._config = config
        self._grace = grace
        self._stderr = os.dup(2)  # while a test runs, pytest captures what is written to 2

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """End the process of a test that outlives its timeout, after printing where it was.

        pytest-xdist reports that test as failed, and starts another worker for those that are left.
        A session without a timeout ends none: its setting is empty.
        """
        mark = item.get_closest_marker("timeout")
        timeout = float(mark.args[0] if mark else self._config.getini("timeout") or 0)
        if timeout:
            faulthandler.dump_traceback_later(timeout + self._grace, exit=True, file=self._stderr)
        try:
            return (yield)
        finally:
            faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failure's test and message, in the process that reports them."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and isinstance(terminal, TerminalReporter):
            crash = getattr(report.longrepr, "reprcrash", None)
            message = getattr(crash, "message", str(report.longrepr)).partition("\n")[0]
            terminal.write_line(f"\n{report.nodeid} ({report.when}): {message}")
