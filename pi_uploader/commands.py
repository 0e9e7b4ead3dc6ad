"""The commands of `pi-uploader`. Each returns the exit code of the process.

A command imports what it needs when it runs, so each process loads only its own part.
"""

import argparse
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from photo_wire.headers import Trigger
from pi_uploader.messages import counted
from pi_uploader.settings import (
    MISCONFIGURED,
    CaptureSettings,
    DeviceSettings,
    MqttSettings,
    OnceSettings,
    ServeSettings,
    Settings,
    SettingsError,
    UploadSettings,
    detectors,
    is_mqtt_set,
    is_serve_set,
    load_settings,
    sort_by_line,
)

OK, FAILED, MISUSED = 0, 1, 2  # exit codes; argparse exits with 2

log = logging.getLogger("pi-uploader")

AnySettings = TypeVar(
    "AnySettings", CaptureSettings, OnceSettings, UploadSettings, ServeSettings, MqttSettings
)


def run(_: argparse.Namespace) -> int:
    """Capture and upload, in two processes that are kept running; with CAMERA_SERVE in one more,
    and so with CAMERA_MQTT and CAMERA_DETECT."""
    from pi_uploader.supervisor import COMMANDS, DETECT, MQTT, SERVE
    from pi_uploader.supervisor import run as run_supervisor

    page = SERVE if is_serve_set(os.environ) else {}
    publisher = MQTT if is_mqtt_set(os.environ) else {}
    detection = DETECT if False in detectors(os.environ).values() else {}
    return run_supervisor({**COMMANDS, **page, **publisher, **detection})


def capture(args: argparse.Namespace) -> int:
    """Take photos into the spool until a signal, or one with each camera."""
    from pi_uploader.capture import capture_once, run_capture
    from pi_uploader.signals import STOP_SIGNALS, on_signals

    if args.once:
        return capture_once(_load_and_warn(OnceSettings), args.trigger or Trigger.DEMAND)
    if args.trigger:
        log.error("--trigger is for --once alone: add --once, or leave --trigger out")
        return MISUSED
    stop = threading.Event()
    with on_signals(STOP_SIGNALS, lambda _: stop.set()):
        return run_capture(_load_or_wait(stop), stop)


def _load_or_wait(stop: threading.Event) -> CaptureSettings:
    """Return the settings of the service. Wrong ones are a failed start: each in a row raises
    later."""
    from pi_uploader.capture.start_backoff import StartBackoff

    try:
        return _load_and_warn(CaptureSettings)
    except SettingsError as error:
        StartBackoff(os.environ).wait(error, stop)
        raise


def _load_and_warn(kind: type[AnySettings]) -> AnySettings:
    settings = load_settings(kind, os.environ)
    for warning in settings.warnings:
        log.warning("%s", warning)
    return settings


def upload(_: argparse.Namespace) -> int:
    """Upload the photos in the spool until a signal."""
    from pi_uploader.signals import STOP_SIGNALS, on_signals
    from pi_uploader.upload.process import run_upload

    settings = _load_and_warn(UploadSettings)
    stop = threading.Event()
    with on_signals(STOP_SIGNALS, lambda _: stop.set()):
        return run_upload(settings, stop)


def serve(_: argparse.Namespace) -> int:
    """Show the device's own page to the local network until a signal."""
    settings = _load_and_warn(ServeSettings)
    with _until_a_signal("the page", "serve") as stop:
        from pi_uploader.serve.process import run_serve

        return run_serve(settings, stop)


def mqtt(_: argparse.Namespace) -> int:
    """Publish the state of this device to an MQTT broker until a signal."""
    settings = _load_and_warn(MqttSettings)
    with _until_a_signal("MQTT", "mqtt") as stop:
        from pi_uploader.mqtt.process import run_mqtt

        return run_mqtt(settings, stop)


def detect(args: argparse.Namespace) -> int:
    """Look at the photos of motion until a signal; or load the model of a camera, and print what it
    is."""
    settings = load_settings(OnceSettings, os.environ)
    with _until_a_signal("CAMERA_DETECT", "detect") as stop:
        from pi_uploader.detect.process import check_model, run_detect

        if args.check:
            report = check_model(settings, args.check)
            print_line(report.problem or report.model)
            return FAILED if report.problem else OK
        return run_detect(settings, stop)


@contextmanager
def _until_a_signal(what: str, extra: str) -> Iterator[threading.Event]:
    """Yield an event that a signal sets. Raises SettingsError, which says how to install the
    packages of this extra, if one is missing that is imported meanwhile."""
    from pi_uploader.signals import STOP_SIGNALS, on_signals

    stop = threading.Event()
    try:
        with on_signals(STOP_SIGNALS, lambda _: stop.set()):
            yield stop
    except ModuleNotFoundError as error:
        raise SettingsError(
            [
                f"{what} needs {error.name}: pip install '.[{extra}]' in Nightjar's folder; on a "
                f"Pi systemd/install.sh --{extra}"
            ]
        ) from None


def status(args: argparse.Namespace) -> int:
    """Print what is in the spool, which cameras see their pictures, and whether models look at
    their photos."""
    from pi_uploader.clock import Clock
    from pi_uploader.status import detection_status, device_status, motion_status, spool_status

    settings = load_settings(Settings, os.environ)
    clock = Clock(settings.clock_is_trusted)
    text, facts = spool_status(settings.spool, clock, settings.runtime)
    device, device_facts = device_status(settings.spool, os.environ)
    motion, motion_facts = motion_status(settings.spool)
    labels, label_facts = detection_status(settings.spool, os.environ)
    facts |= device_facts | motion_facts | label_facts
    lines = [text, *motion, *labels, device]
    sys.stdout.write((json.dumps(facts, indent=2) if args.json else "\n".join(lines)) + "\n")
    return OK


def identity(_: argparse.Namespace) -> int:
    """Print the name and the fingerprint of the key of this device; make the key if there is
    none."""
    from pi_uploader.identity import Identity

    settings = load_settings(DeviceSettings, os.environ)
    identity = Identity.load(settings.spool, os.environ, settings.device, create=True)
    print_line(f"device: {identity.device}")
    print_line(f"fingerprint of its key: {identity.fingerprint}")
    return OK


def doctor(args: argparse.Namespace) -> int:
    """Print what the doctor finds."""
    from pi_uploader.doctor import examine

    findings = examine(
        os.environ,
        wait_for_pins=args.pins,
        has_hardware=not args.no_hardware,
        echo=None if args.json else print_line,
    )
    if args.json:
        print_line(json.dumps([one.facts for one in findings], indent=2))
    return FAILED if any(one.is_bad for one in findings) else OK


def photo(args: argparse.Namespace) -> int:
    """Take a photo with one camera of the running service, or with each."""
    from pi_uploader import camera_commands

    spool = load_settings(Settings, os.environ).spool
    return camera_commands.take_photos(spool, args.camera, print_line, log.error)


def arm(args: argparse.Namespace) -> int:
    """Arm one camera of the running service, or all."""
    from pi_uploader import camera_commands

    print_line(camera_commands.arm(load_settings(Settings, os.environ).spool, args.camera))
    return OK


def disarm(args: argparse.Namespace) -> int:
    """Disarm one camera of the running service, or all."""
    from pi_uploader import camera_commands

    settings = load_settings(Settings, os.environ)
    try:
        end = camera_commands.parse_end(args.until, args.duration)
    except ValueError as error:
        log.error("%s", error)
        return MISUSED
    print_line(camera_commands.disarm(settings.spool, args.camera, end))
    return OK


def config_check(_: argparse.Namespace) -> int:
    """Print every mistake in the settings, and every package that they need and is missing."""
    from pi_uploader.settings.packages import missing_packages

    problems: list[str] = []
    warnings: list[str] = []
    zone = ""
    parts: tuple[type[Settings], ...] = (OnceSettings, UploadSettings, ServeSettings, MqttSettings)
    for part in parts:
        try:
            settings = load_settings(part, os.environ)
        except SettingsError as error:
            problems += [one for one in error.problems if one not in problems]
            continue
        problems += [one for one in settings.missing if one not in problems]
        warnings += [f"warning: {one}" for one in settings.warnings if one not in settings.missing]
        if isinstance(settings, CaptureSettings):
            zone = settings.zone_sentence
    problems += map(str, missing_packages(os.environ))
    for one in (
        *sort_by_line(problems, os.environ),
        *warnings,
        *_service_warnings(problems),
    ):
        print_line(one)
    if zone:
        print_line(zone)
    print_line(counted(len(problems), "mistake") if problems else "The settings are right.")
    return MISCONFIGURED if problems else OK


def _service_warnings(problems: list[str]) -> list[str]:
    """Return warnings about what stops the capture service, but not `capture --once`."""
    try:
        load_settings(CaptureSettings, os.environ)
    except SettingsError as error:
        return [f"warning: {one}" for one in error.problems if one not in problems]
    return []


def config_example(_: argparse.Namespace) -> int:
    """Print a config file with comments."""
    from pi_uploader import help_text

    sys.stdout.write(help_text.config_example())
    return OK


def print_line(line: str) -> None:
    """Print a line, in which half a surrogate pair is escaped: it is not Unicode text."""
    sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")
