"""What each command of `pi-uploader` does; returns the process's exit code.

What a command needs is imported when it is used: each process loads only its own part.
"""

import argparse
import json
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING

from pi_uploader.plural import counted
from pi_uploader.settings import (
    MISCONFIGURED,
    CaptureSettings,
    OnceSettings,
    Settings,
    SettingsError,
    UploadSettings,
    load_settings,
)

if TYPE_CHECKING:
    from pi_uploader.spool import Spool

FINE, FAILED = 0, 1  # argparse exits with 2

log = logging.getLogger("pi-uploader")


def run(_: argparse.Namespace) -> int:
    from pi_uploader.supervisor import run as keep_running

    return keep_running()


def capture(words: argparse.Namespace) -> int:
    from pi_uploader.cameras import CameraGoneError
    from pi_uploader.capture import capture_once, run_capture
    from pi_uploader.signals import STOP_SIGNALS, on_signals

    stop = threading.Event()
    try:
        if words.once:
            return capture_once(_capture_settings(OnceSettings), words.trigger)
        with on_signals(STOP_SIGNALS, lambda _: stop.set()):
            return run_capture(_capture_settings_or_wait(stop), stop)
    except CameraGoneError as error:
        log.error("%s", error)
        return FAILED


def _capture_settings(kind: type[CaptureSettings]) -> CaptureSettings:
    settings = load_settings(kind, os.environ)
    for warning in settings.warnings:
        log.warning("%s", warning)
    return settings


def _capture_settings_or_wait(stop: threading.Event) -> CaptureSettings:
    """The settings of the service. Wrong ones are raised later each time, as a start that fails."""
    from pi_uploader.capture.start_backoff import StartBackoff

    try:
        return _capture_settings(CaptureSettings)
    except SettingsError as error:
        StartBackoff(os.environ).wait(error, stop)
        raise


def upload(_: argparse.Namespace) -> int:
    from pi_uploader.signals import STOP_SIGNALS, on_signals
    from pi_uploader.upload.process import run_upload

    settings = load_settings(UploadSettings, os.environ)
    for warning in settings.warnings:
        log.warning("%s", warning)
    stop = threading.Event()
    with on_signals(STOP_SIGNALS, lambda _: stop.set()):
        return run_upload(settings, stop)


def status(words: argparse.Namespace) -> int:
    from pi_uploader.clock import Clock
    from pi_uploader.status import status as look

    settings = load_settings(Settings, os.environ)
    clock = Clock(settings.clock_is_trusted)
    text, facts = look(settings.spool, clock, settings.runtime)
    sys.stdout.write((json.dumps(facts, indent=2) if words.json else text) + "\n")
    return FINE


def doctor(words: argparse.Namespace) -> int:
    from pi_uploader.doctor import examine

    findings = examine(os.environ, wait_for_pins=words.pins, say=None if words.json else _say)
    if words.json:
        _say(json.dumps([one.facts for one in findings], indent=2))
    return FAILED if any(one.is_bad for one in findings) else FINE


def config_check(_: argparse.Namespace) -> int:
    problems: list[str] = []
    warnings: list[str] = []
    zone = ""
    for part in (OnceSettings, UploadSettings):
        try:
            found = load_settings(part, os.environ)
        except SettingsError as error:
            problems += [one for one in error.problems if one not in problems]
            continue
        problems += found.missing
        warnings += [f"warning: {one}" for one in found.warnings if one not in found.missing]
        if isinstance(found, CaptureSettings):
            zone = found.zone_sentence
    for one in (*problems, *warnings, *_only_once(problems)):
        _say(one)
    if zone:
        _say(zone)
    _say(counted(len(problems), "mistake") if problems else "The settings are right.")
    return MISCONFIGURED if problems else FINE


def _only_once(problems: list[str]) -> list[str]:
    """What keeps the capture service from running, but not `capture --once`."""
    try:
        load_settings(CaptureSettings, os.environ)
    except SettingsError as error:
        return [f"warning: {one}" for one in error.problems if one not in problems]
    return []


def config_example(_: argparse.Namespace) -> int:
    from pi_uploader.help_text import config_example as example

    sys.stdout.write(example())
    return FINE


def spool_list(words: argparse.Namespace) -> int:
    from pi_uploader.spool.admin import describe, describe_kept, list_photos

    spool = _spool()
    for place, photo in list_photos(spool):
        line = f"{place:24} {photo.name}  {photo.trigger:8} {photo.size:>10} bytes"
        _say(json.dumps(describe(place, photo)) if words.json else line)
    for kept in spool.archive.photos():
        facts = describe_kept(kept)
        _say(json.dumps(facts) if words.json else f"{facts['place']:24} {kept.name}")
    return FAILED if _report_unreadable_folders(spool) else FINE


def spool_verify(_: argparse.Namespace) -> int:
    from pi_uploader.spool.admin import verify

    spool = _spool()
    problems = 0
    for _photo, problem in verify(spool):
        _say(problem)
        problems += 1
    _say(f"{problems} damaged; the upload sets damaged photos aside and sends the others")
    return FAILED if problems + _report_unreadable_folders(spool) else FINE


def spool_requeue(_: argparse.Namespace) -> int:
    from pi_uploader.spool.admin import requeue

    requeued = 0
    failures: list[str] = []
    for photo in requeue(_spool(), failures.append):
        _say(f"{photo.name} waits again")
        requeued += 1
    return _finish(f"{requeued} requeued", failures)


def spool_export(words: argparse.Namespace) -> int:
    from pi_uploader.spool.export import export, permission_advice, resolve_target

    folder = resolve_target(words.folder)
    spool = _spool()
    copied = 0
    failures: list[str] = []
    try:
        for copy in export(spool, folder, failures.append):
            _say(str(copy))
            copied += 1
    except PermissionError as error:
        raise OSError(f"{copied} copied: {permission_advice(folder)}") from error
    unreadable = _report_unreadable_folders(spool)
    code = _finish(f"{copied} copied into {folder}", failures)
    return FAILED if unreadable else code


def _finish(done: str, failures: "list[str]") -> int:
    for problem in failures:
        log.error("%s", problem)
    _say(f"{done}, {len(failures)} left out: see above" if failures else done)
    return FAILED if failures else FINE


def _report_unreadable_folders(spool: "Spool") -> int:
    """Log the folders of which nobody knows what is in them; return how many they are."""
    folders = list(spool.unreadable_folders())
    for folder, problem in folders:
        log.error("%s cannot be read, nor the photos in it: %s", folder, problem)
    return len(folders)


def _spool() -> "Spool":
    from pi_uploader.spool import Spool

    settings = load_settings(Settings, os.environ)
    folder = settings.spool
    if not folder.is_dir():
        raise FileNotFoundError(f"nothing spooled yet: there is no folder {folder}")
    return Spool(folder, runtime=settings.runtime)


def _say(line: str) -> None:
    sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")
