"""The doctor on a simulated camera."""

from pathlib import Path

from pi_uploader.doctor import Finding, examine
from tests.support.fake_clock import FakeClock

CAMERA = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}


def examine_device(
    tmp_path: Path, is_clock_set: bool = True, wait_for_pins: bool = False, **env: str
) -> dict[str, Finding]:
    """Return the doctor's findings on a simulated camera with these settings, by subject."""
    environ = {**CAMERA, "CAMERA_SPOOL": str(tmp_path / "spool"), **env}
    findings = examine(environ, wait_for_pins=wait_for_pins, clock=FakeClock(is_set=is_clock_set))
    return {one.subject: one for one in findings}
