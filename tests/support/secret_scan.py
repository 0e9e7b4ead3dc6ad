"""Search the logs of a test session for the secrets that its tests used.

The tests run in one process or in several (pytest-xdist: a controller and its workers). All write
their logs below one folder; each worker sends its secrets to the controller, which searches the
folder after the last test. A secret in a log is reported as one more failed test.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

_FOLDER, _SECRETS = "log_folder", "secrets_used"  # keys of the data between the processes


class SecretScan:
    """A pytest plugin, registered once in each process of a session."""

    def __init__(self, config: pytest.Config) -> None:
        """Create the folder for the session's logs; a worker uses that of its controller."""
        self.secrets: set[str] = set()
        worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._is_worker = worker_input is not None
        self.log_folder = Path(
            tempfile.mkdtemp(prefix="nightjar-logs-")
            if worker_input is None
            else worker_input[_FOLDER]
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a starting worker the path of the log folder."""
        node.workerinput[_FOLDER] = str(self.log_folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect the secrets of a worker that ended; a crashed one fails the session anyway."""
        self.secrets.update(getattr(node, "workeroutput", {}).get(_SECRETS, ()))

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """On a worker, send the secrets. On the controller, search the logs."""
        if self._is_worker:
            session.config.workeroutput[_SECRETS] = list(self.secrets)  # type: ignore[attr-defined]
        elif leaks := find_leaks(self.log_folder, self.secrets):
            _report(session, f"secrets in {self.log_folder}:\n" + "\n".join(leaks))
        elif session.testsfailed == 0:
            shutil.rmtree(self.log_folder)


def find_leaks(folder: Path, secrets: set[str]) -> list[str]:
    """Return the lines of all files below `folder`, as file:line, that hold one of `secrets`."""
    leaks: list[str] = []
    for log in sorted(folder.rglob("*")):
        if log.is_file():
            text = log.read_text(errors="replace")
            # in the whole text at first: in each line of it a search takes five times as long
            found = [secret for secret in secrets if secret in text]
            leaks += [
                f"{log.relative_to(folder)}:{number}"
                for number, line in enumerate(text.splitlines() if found else [], start=1)
                if any(secret in line for secret in found)
            ]
    return leaks


def _report(session: pytest.Session, problem: str) -> None:
    """Add a failed test to the session's results, and to its exit code."""
    location = ("tests/support/secret_scan.py", None, "no log holds a secret")
    report = pytest.TestReport(
        "tests/support/secret_scan.py::no_log_holds_a_secret",
        location,
        {},
        "failed",
        problem,
        "call",
    )
    session.config.hook.pytest_runtest_logreport(report=report)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
