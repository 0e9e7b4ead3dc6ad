"""The page as a process, with a password."""

from pathlib import Path

import pytest

from tests.support.camera_page import PASSWORD, CameraPage
from tests.support.program import StartProgram


@pytest.fixture
def page(start_program: StartProgram, tmp_path: Path, secrets_used: set[str]) -> CameraPage:
    """The page of a device with the camera `gate`; nothing is started."""
    secrets_used.add(PASSWORD)
    (tmp_path / "password").write_text(PASSWORD)
    page = CameraPage(start_program, {})
    page.env = {
        "CAMERA_SERVE": f"127.0.0.1:{page.port}",
        "CAMERA_SERVE_PASSWORD_FILE": str(tmp_path / "password"),
        "CAMERA_NAME": "gate",
        "CAMERA_SOURCE": "simulated",
        "CAMERA_EVERY": "1h",
        "PIR_PIN": "none",
    }
    return page
