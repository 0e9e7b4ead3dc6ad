"""The state of what looks at photos, as it is stored and shown."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.detect.report import (
    FILE_NAME,
    LOADING,
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
