"""The order of the doctor's tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.doctor.detection import check_models
from pi_uploader.doctor.finding import Finding, Severity
from pi_uploader.doctor.hardware import (
    check_camera,
    check_gpiozero,
    check_picamera2,
    check_pins,
    check_trigger,
)
from pi_uploader.doctor.packages import check_packages
from pi_uploader.doctor.system import (
    check_backend,
    check_clock,
    check_disk,
    check_network,
    check_zone,
    load_identity,
)
from pi_uploader.settings import (
    CaptureSettings,
    OnceSettings,
    SettingsError,
    UploadSettings,
    load_settings,
)
from pi_uploader.settings.packages import missing_packages
from pi_uploader.settings.source import Environment


def examine(
    environ: Environment,
    wait_for_pins: bool = False,
    echo: Callable[[str], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    has_hardware: bool = True,
) -> list[Finding]:
    """Test everything; return the findings, each of which is also passed to `echo` at once, as
    text. With `wait_for_pins` a person triggers each pin, within half a minute. `has_hardware`
    False leaves out cameras and pins, which the capture process uses."""
    findings: list[Finding] = []
    hardware = _Hardware(wait_for_pins, echo or (lambda line: None)) if has_hardware else None
    for finding in _examine(environ, hardware, clock):
        findings.append(finding)
        if echo:
            echo(str(finding))
    return findings


def _examine(environ: Environment, hardware: "_Hardware | None", clock: Clock) -> Iterator[Finding]:
    capture = upload = None
    shown: list[str] = []
    try:
        capture = load_settings(OnceSettings, environ)
    except SettingsError as error:
        yield from _wrong_settings(error, shown)
        if hardware:
            yield from check_picamera2(None)
    try:
        upload = load_settings(UploadSettings, environ)
    except SettingsError as error:
        yield from _wrong_settings(error, shown)
    missing = missing_packages(environ)
    yield from check_packages(missing, are_cameras_tested=bool(capture and hardware))
    if capture and hardware:
        yield from hardware.examine(capture)
    if capture:
        yield check_clock(capture, clock)
        yield check_zone(capture)
        yield check_disk(capture)
        yield from check_models(capture, environ, missing)
    if upload and upload.base_url:
        identity, finding = load_identity(upload, environ)
        yield finding
        network = check_network(upload.base_url)
        yield network
        if not network.is_bad:
            yield check_backend(upload, upload.base_url, identity)


@dataclass(frozen=True)
class _Hardware:
    """The tests of cameras and pins. A person is spoken to by `echo`."""

    wait_for_pins: bool
    echo: Callable[[str], None]

    def examine(self, settings: CaptureSettings) -> Iterator[Finding]:
        yield from check_picamera2(settings)
        yield from check_gpiozero(settings)
        for camera in settings.cameras:
            yield check_camera(camera)
            yield from check_pins(camera, self.wait_for_pins, self.echo)
            yield from check_trigger(camera)


def _wrong_settings(error: SettingsError, shown: list[str]) -> Iterator[Finding]:
    """Yield each mistake that is not among those `shown`, and add it there: capture and upload have
    settings in common."""
    for problem in error.problems:
        if problem not in shown:
            shown.append(problem)
            yield Finding("settings", Severity.BAD, problem, error.hint)
