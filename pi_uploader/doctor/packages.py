"""The doctor's findings about packages that settings need and that are not installed."""

from collections.abc import Iterable, Iterator

from pi_uploader.doctor.finding import Finding, Severity
from pi_uploader.settings.packages import MissingPackage

STOP_CAPTURE = ("CAMERA_SOURCE", "CAMERA_PIN", "PIR_PIN", "CAMERA_MOTION", "CAMERA_CONFIRM")


def check_packages(
    missing: Iterable[MissingPackage], are_cameras_tested: bool
) -> Iterator[Finding]:
    """Yield a finding for each package that is missing, without those for which the test of a
    camera says so. Some stop capture; others are missed by the page, by MQTT or by labels alone."""
    for one in missing:
        if are_cameras_tested and one.setting == "CAMERA_SOURCE":
            continue
        severity = Severity.BAD if one.setting in STOP_CAPTURE else Severity.WARNING
        text, _, how = one.text.partition("; run ")
        yield Finding("packages", severity, text, f"run {how}")
