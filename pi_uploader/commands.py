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
from typing import TYPE_CHECKING, TypeVar

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

if TYPE_CHECKING:
    from pi_uploader.spool import Spool

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
            _print(report.problem or report.model)
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
    _print(f"device: {identity.device}")
    _print(f"fingerprint of its key: {identity.fingerprint}")
    return OK


def doctor(args: argparse.Namespace) -> int:
    """Print what the doctor finds."""
    from pi_uploader.doctor import examine

    findings = examine(
        os.environ,
        wait_for_pins=args.pins,
        has_hardware=not args.no_hardware,
        echo=None if args.json else _print,
    )
    if args.json:
        _print(json.dumps([one.facts for one in findings], indent=2))
    return FAILED if any(one.is_bad for one in findings) else OK


def photo(args: argparse.Namespace) -> int:
    """Take a photo with one camera of the running service, or with each."""
    from pi_uploader import camera_commands

    spool = load_settings(Settings, os.environ).spool
    return camera_commands.take_photos(spool, args.camera, _print, log.error)


def arm(args: argparse.Namespace) -> int:
    """Arm one camera of the running service, or all."""
    from pi_uploader import camera_commands

    _print(camera_commands.arm(load_settings(Settings, os.environ).spool, args.camera))
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
    _print(camera_commands.disarm(settings.spool, args.camera, end))
    return OK


def config_check(_: argparse.Namespace) -> int:
    """Print every mistake in the settings."""
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
    for one in (
        *sort_by_line(problems, os.environ),
        *warnings,
        *_service_warnings(problems),
    ):
        _print(one)
    if zone:
        _print(zone)
    _print(counted(len(problems), "mistake") if problems else "The settings are right.")
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


def spool_list(args: argparse.Namespace) -> int:
    """Print every photo in the spool and in the archive."""
    from pi_uploader.spool.admin import describe, describe_kept, list_photos

    spool = _open_spool()
    for location, photo in list_photos(spool):
        line = f"{location:24} {photo.name}  {photo.trigger:8} {photo.size:>10} bytes"
        if photo.motion:
            box = photo.motion.box
            line += f"  motion at {box}" if box else "  without motion"
        _print(json.dumps(describe(location, photo)) if args.json else line)
    for kept in spool.archive.photos():
        facts = describe_kept(kept)
        _print(json.dumps(facts) if args.json else f"{facts['place']:24} {kept.name}")
    return FAILED if _report_unreadable_folders(spool) else OK


def spool_verify(_: argparse.Namespace) -> int:
    """Compare every waiting photo with its SHA-256, and print those that differ."""
    from pi_uploader.spool.admin import verify

    spool = _open_spool()
    problems = 0
    for _photo, problem in verify(spool):
        _print(problem)
        problems += 1
    _print(f"{problems} damaged; the upload quarantines damaged photos and sends the others")
    return FAILED if problems + _report_unreadable_folders(spool) else OK


def spool_requeue(_: argparse.Namespace) -> int:
    """Move photos from quarantine back into the spool."""
    from pi_uploader.spool.admin import DAMAGED, requeue

    spool = _open_spool()
    requeued = 0
    failures: list[str] = []
    for photo in requeue(spool, failures.append):
        _print(f"{photo.name} waits again")
        requeued += 1
    damaged = sum(reason == DAMAGED for reason, _photo in spool.quarantined_photos())
    if damaged:
        _print(
            f"{counted(damaged, 'damaged photo')} left in quarantine: the bytes are not the "
            "camera's, so they are not sent; pi-uploader spool export FOLDER copies them out"
        )
    elif not requeued and not failures:
        _print("no photo is in quarantine")
    return _finish(f"{requeued} requeued", failures)


def spool_export(args: argparse.Namespace) -> int:
    """Copy all photos into a folder."""
    from pi_uploader.spool.export import export, permission_advice, resolve_target

    folder = resolve_target(args.folder)
    spool = _open_spool()
    copied = 0
    failures: list[str] = []
    try:
        for copy in export(spool, folder, failures.append):
            _print(str(copy))
            copied += 1
    except PermissionError as error:
        raise OSError(f"{copied} copied: {permission_advice(folder)}") from error
    unreadable = _report_unreadable_folders(spool)
    code = _finish(f"{copied} copied into {folder}", failures)
    return FAILED if unreadable else code


def _finish(summary: str, failures: list[str]) -> int:
    """Log the failures and print the summary; return the exit code."""
    for problem in failures:
        log.error("%s", problem)
    _print(f"{summary}, {len(failures)} left out: see above" if failures else summary)
    return FAILED if failures else OK


def _report_unreadable_folders(spool: "Spool") -> int:
    """Log the folders that cannot be read; return their number."""
    folders = list(spool.unreadable_folders())
    for folder, problem in folders:
        log.error("%s cannot be read, nor the photos in it: %s", folder, problem)
    return len(folders)


def _open_spool() -> "Spool":
    from pi_uploader.spool import Spool

    settings = load_settings(Settings, os.environ)
    folder = settings.spool
    if not folder.is_dir():
        raise FileNotFoundError(f"nothing spooled yet: there is no folder {folder}")
    return Spool(folder, runtime=settings.runtime)


def _print(line: str) -> None:
    sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")
