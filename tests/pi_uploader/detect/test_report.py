"""The state of what looks at photos, as it is stored and shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.clock import BootTime
from pi_uploader.detect.report import (
    FILE_NAME,
    LOADING,
    UNANSWERED,
    CameraReport,
    current_report,
    new_report,
    read_reports,
    write_reports,
)
from pi_uploader.spool.notification import DETECT_SOCKET_NAME, Listener
from tests.support.fake_clock import FakeClock

NOON, LATER = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (12, 18))


def test_reports_are_stored(tmp_path: Path) -> None:
    reports = {
        "gate": CameraReport(None, "yolo, 64x64", 12, 3, 1),
        "entry": CameraReport(since=NOON),
    }
    write_reports(tmp_path, reports)
    assert read_reports(tmp_path) == reports
    assert str(reports["gate"]) == (
        "yolo, 64x64: looked at 12 photos, 3 above CAMERA_DETECT_PER_MINUTE, 1 failed"
    )
    assert str(reports["entry"]) == "photos get no labels: its model is being loaded"
    assert (reports["gate"].state, reports["entry"].state) == ("working", f"failing: {LOADING}")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "7", '{"gate": 1}', '{"gate": {"x": 1}}', '{"gate": {"since": "noon"}}', "{"],
)
def test_a_damaged_file_has_none(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert read_reports(tmp_path) == {}


@given(st.lists(st.booleans(), max_size=20))
def test_a_model_fails_from_the_third_failure_in_a_row_on(failures: list[bool]) -> None:
    """Since the first of them: a photo or two may be damaged themselves."""
    report, in_a_row, since = CameraReport(None, "yolo"), 0, None
    for hour, failed in enumerate(failures):
        now = NOON.replace(hour=hour)
        if failed:
            report.count_failure("it is blind", FakeClock(wall=now))
            in_a_row, since = in_a_row + 1, since or now
        else:
            report.count_success()
            in_a_row, since = 0, None
        assert report.state == ("failing: it is blind" if in_a_row >= 3 else "working")
        assert report.since == since
        assert report.failing_since == (since if report.problem else None)
    assert (report.looked_at, report.failed) == (failures.count(False), failures.count(True))


def test_what_fails_over_restarts_has_failed_since_the_first_one() -> None:
    """And what worked before, since now; since when is unknown while the clock is not set."""
    first = new_report(None, FakeClock(wall=NOON))
    assert (first.problem, first.since) == (LOADING, NOON)
    assert new_report(first, FakeClock(wall=LATER)).since == NOON
    first.begin_work("yolo")
    assert new_report(first, FakeClock(wall=LATER)).since == LATER
    assert new_report(None, FakeClock(wall=NOON, is_set=False)).since is None


def test_without_a_process_the_report_says_why_no_photo_is_looked_at(tmp_path: Path) -> None:
    works, fails = CameraReport(None, "yolo"), CameraReport("it is damaged")
    write_reports(tmp_path, {"gate": works, "yard": fails})
    cameras = ("gate", "yard", "shed")
    with Listener(tmp_path, DETECT_SOCKET_NAME, "detect"):
        found = [current_report(tmp_path, camera) for camera in cameras]
    no_process = CameraReport("pi-uploader detect does not run")
    assert found == [works, fails, no_process]
    assert [current_report(tmp_path, camera) for camera in cameras] == [
        no_process,
        fails,
        no_process,
    ]


def test_a_model_that_does_not_answer_fails_meanwhile_and_over_restarts(
    tmp_path: Path,
) -> None:
    """Whether it hangs, or ends the process. Once it answers, it works."""
    clock = FakeClock(wall=NOON, boot_time=BootTime("0123abcd", 1000))
    report = CameraReport(None, "yolo")

    def later(seconds: int) -> CameraReport:
        write_reports(tmp_path, {"gate": report})
        clock.wall = NOON + timedelta(seconds=seconds)
        clock.boot_time = BootTime("0123abcd", 1000 + seconds * 1000)
        return current_report(tmp_path, "gate", clock)

    report.begin_look(clock)
    with Listener(tmp_path, DETECT_SOCKET_NAME, "detect"):
        assert later(59).state == "working"
        hanging = later(60)
    assert (hanging.state, hanging.failing_since) == (f"failing: {UNANSWERED}", NOON)
    for hangs in (1, 2):
        assert later(61 * hangs).state.startswith(f"failing: {UNANSWERED}")  # no process runs
        report = new_report(read_reports(tmp_path)["gate"], clock)
        report.begin_work("yolo")
        with Listener(tmp_path, DETECT_SOCKET_NAME, "detect"):
            found = later(61 * hangs)
        times = "1 time" if hangs == 1 else "2 times"
        assert found.problem == f"{UNANSWERED}; its process was started again {times}"
        assert found.failing_since == NOON
        report.begin_look(clock)
    report.count_success()
    with Listener(tmp_path, DETECT_SOCKET_NAME, "detect"):
        assert later(300).state == "working"
    assert new_report(read_reports(tmp_path)["gate"], clock).hangs == 0


def test_a_power_cut_while_a_model_looks_is_no_hang() -> None:
    before = FakeClock(wall=NOON, boot_time=BootTime("0123abcd", 90_000))
    report = CameraReport(None, "yolo")
    report.begin_look(before)
    after = FakeClock(wall=LATER, boot_time=BootTime("89ef4567", 5000))
    assert (new_report(report, after).hangs, new_report(report, after).problem) == (0, LOADING)
