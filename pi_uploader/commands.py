"""What each command of `pi-uploader` does; returns the process's exit code.

What a command needs is imported when it is used: each process loads only its own part.
"""

import argparse
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pi_uploader.settings import (
    MISCONFIGURED,
    CaptureSettings,
    Settings,
    SettingsError,
    UploadSettings,
)

if TYPE_CHECKING:
    from pi_uploader.spool import Spool

FINE, FAILED = 0, 1  # argparse exits with 2

log = logging.getLogger("pi-uploader")


def run(_: argparse.Namespace) -> int:
    from pi_uploader.run import run as keep_running

    return keep_running()


def capture(words: argparse.Namespace) -> int:
    from pi_uploader.cameras import CameraGoneError
    from pi_uploader.capture import capture_once, run_capture
    from pi_uploader.signals import STOP_SIGNALS, on_signals

    settings = CaptureSettings.from_environ(os.environ)
    stop = threading.Event()
    try:
        if words.once:
            return capture_once(settings, words.trigger)
        with on_signals(STOP_SIGNALS, lambda _: stop.set()):
            return run_capture(settings, stop)
    except CameraGoneError as error:
        log.error("%s", error)
        return FAILED


def upload(_: argparse.Namespace) -> int:
    from pi_uploader.signals import STOP_SIGNALS, on_signals
    from pi_uploader.upload import run_upload

    settings = UploadSettings.from_environ(os.environ)
    if settings.warning:
        log.warning("%s", settings.warning)
    stop = threading.Event()
    with on_signals(STOP_SIGNALS, lambda _: stop.set()):
        return run_upload(settings, stop)


def status(words: argparse.Namespace) -> int:
    from pi_uploader.status import status as look

    text, facts = look(Settings.from_environ(os.environ).spool)
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
    for part in (CaptureSettings, UploadSettings):
        try:
            part.from_environ(os.environ)
        except SettingsError as error:
            problems += [one for one in error.problems if one not in problems]
    for one in problems:
        _say(one)
    _say(f"{len(problems)} mistakes" if problems else "The settings are right.")
    return MISCONFIGURED if problems else FINE


def config_example(_: argparse.Namespace) -> int:
    from pi_uploader.help_text import config_example as example

    sys.stdout.write(example())
    return FINE


def spool_list(words: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import described, listed

    for place, photo in listed(_spool()):
        line = f"{place:24} {photo.name}  {photo.trigger:8} {photo.size:>10} bytes"
        _say(json.dumps(described(place, photo)) if words.json else line)
    return FINE


def spool_verify(_: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import damaged

    problems = list(damaged(_spool()))
    for _photo, problem in problems:
        _say(problem)
    _say(f"{len(problems)} damaged; the upload sets damaged photos aside and sends the others")
    return FAILED if problems else FINE


def spool_requeue(_: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import requeue

    requeued = 0
    for photo in requeue(_spool()):
        _say(f"{photo.name} waits again")
        requeued += 1
    _say(f"{requeued} requeued")
    return FINE


def spool_export(words: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import export, lasting_folder, next_step_to_write

    folder = lasting_folder(words.folder)
    spool = _spool()
    copied = 0
    try:
        for copy in export(spool, folder):
            _say(str(copy))
            copied += 1
    except PermissionError as error:
        if spool.folder in Path(error.filename).parents:
            raise
        raise OSError(f"{copied} copied: {next_step_to_write(folder)}") from error
    _say(f"{copied} copied into {folder}")
    return FINE


def _spool() -> "Spool":
    from pi_uploader.spool import Spool

    folder = Settings.from_environ(os.environ).spool
    if not folder.is_dir():
        raise FileNotFoundError(f"nothing spooled yet: there is no folder {folder}")
    return Spool(folder)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
