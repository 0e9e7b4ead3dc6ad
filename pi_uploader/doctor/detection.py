"""The doctor's test of the models that look at photos (CAMERA_DETECT)."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from photo_wire.moment import format_time
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.report import LOADING, NOT_RUNNING, current_report
from pi_uploader.doctor.finding import Finding, Severity
from pi_uploader.settings import CameraSettings, CaptureSettings, without_secrets
from pi_uploader.settings.packages import MissingPackage
from pi_uploader.settings.source import Environment

LOAD_SECONDS = 120.0


def check_models(
    settings: CaptureSettings, environ: Environment, missing: Sequence[MissingPackage] = ()
) -> Iterator[Finding]:
    """Yield a finding for the model of each camera that has one, unless a package for it is
    `missing`. None is in the way of photos, so none is worse than a warning."""
    unusable = {one.camera for one in missing if one.setting == "CAMERA_DETECT"}
    for camera in settings.cameras:
        if camera.name in unusable:
            continue
        if camera.missing_model:
            yield _problem(camera, camera.missing_model.partition("; ")[0])
        elif camera.detects_in_camera:
            yield Finding(_subject(camera), Severity.OK, f"{camera.model} is there")
        elif camera.model:
            yield _load(camera, settings.spool, environ)


def _problem_of_service(spool: Path, camera: str) -> str:
    """Return what the service has found wrong with a model at its work, and since when; an empty
    text if it runs without one, or does not run."""
    report = current_report(spool, camera)
    if report.problem in (None, NOT_RUNNING, LOADING):
        return ""
    since = report.failing_since
    return f"{report.problem}" + (f", since {format_time(since)}" if since else "")


def _load(camera: CameraSettings, spool: Path, environ: Environment) -> Finding:
    """Load a model in a process of its own, which a damaged one may end."""
    command = [sys.executable, "-m", "pi_uploader", "detect", "--check", camera.name]
    try:
        done = subprocess.run(
            command,
            env=without_secrets(environ),
            capture_output=True,
            text=True,
            timeout=LOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _problem(camera, f"{camera.model} was not loaded within {LOAD_SECONDS:g} s")
    if done.returncode == 0 and (problem := _problem_of_service(spool, camera.name)):
        return _problem(camera, f"{camera.model} was loaded; the service says: {problem}")
    if done.returncode == 0:
        return Finding(_subject(camera), Severity.OK, f"{camera.model}: {done.stdout.strip()}")
    if done.returncode < 0:
        return _problem(
            camera, f"{camera.model} ended the process that loaded it, by signal {-done.returncode}"
        )
    lines = (done.stdout or done.stderr).strip().splitlines()
    return _problem(camera, lines[-1] if lines else "no reason was given")


def _problem(camera: CameraSettings, text: str) -> Finding:
    return Finding(_subject(camera), Severity.WARNING, text, ModelError.hint)


def _subject(camera: CameraSettings) -> str:
    return f"model {camera.name}"
