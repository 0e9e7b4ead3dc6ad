"""The state of what looks at photos, as it is stored and shown."""

from pathlib import Path

import pytest

from pi_uploader.detect.report import FILE_NAME, CameraReport, read_reports, write_reports


def test_reports_are_stored(tmp_path: Path) -> None:
    reports = {"gate": CameraReport(None, "yolo, 64x64", 12, 3, 1), "entry": CameraReport()}
    write_reports(tmp_path, reports)
    assert read_reports(tmp_path) == reports
    assert str(reports["gate"]) == (
        "yolo, 64x64: looked at 12 photos, 3 above CAMERA_DETECT_PER_MINUTE, 1 failed"
    )
    assert str(reports["entry"]) == "photos get no labels: its model is being loaded"


@pytest.mark.parametrize("content", ["", "[]", "7", '{"gate": 1}', '{"gate": {"x": 1}}', "{"])
def test_a_damaged_file_has_none(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert read_reports(tmp_path) == {}
