"""The process that sends, as its parent sees it."""

import sys

import pytest

from function_app.notify.senders.process import SendProcess, SendProcessError, package_folders

READY = "import sys, json; sys.stdin.readline(); print('{}', flush=True); "


def process(code: str) -> SendProcess:
    return SendProcess({}, [sys.executable, "-c", code])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "the sending process ended"),
        (READY, "the sending process ended"),
        (READY + "sys.stdin.readline(); print('no JSON', flush=True)", "failed (JSONDecodeError)"),
        (READY + "import signal; signal.pause()", "it did not answer within 0.5 s"),
    ],
)
def test_a_failure_has_a_reason(code: str, why: str) -> None:
    one = process(code)
    with pytest.raises(SendProcessError) as failed:
        one.do({"text": "secret"}, 0.5)
    assert "secret" not in str(failed.value)
    # a process that has just ended may be found out when it is written to
    assert why in str(failed.value) or "BrokenPipeError" in str(failed.value)
    assert one._process is None
    one.close()


def test_a_large_job_and_a_large_reply() -> None:
    one = process(READY + "job = sys.stdin.readline(); print(job, end='', flush=True)")
    job = {"thumbnail": "x" * 1_000_000}
    assert one.do(job, 30) == job
    one.close()


def test_packages_are_found_without_being_loaded() -> None:
    assert package_folders()
    assert all(folder in sys.path for folder in package_folders())
