"""The command `pi-uploader`."""

import argparse
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from photo_wire import __version__
from pi_uploader import help_text
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


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says (that of the process by default); return the exit code."""
    words = _parser().parse_args(argv)
    _log_to_stderr()
    command: Callable[[argparse.Namespace], int] = words.command
    try:
        return command(words)
    except SettingsError as error:
        for problem in error.problems:
            log.error("%s", problem)
        return MISCONFIGURED
    except OSError as error:
        log.error("%s", error)
        return FAILED
    except Exception:
        log.exception("this was not foreseen")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "pi-uploader",
        description=help_text.DESCRIPTION,
        epilog="\n".join((help_text.settings_text(), help_text.EXAMPLE, help_text.EXIT_CODES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pi-uploader {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, what, command in (
        ("run", "capture and upload, as two processes that are kept running", _run),
        ("capture", "only take photos, into the spool", _capture),
        ("upload", "only deliver what is in the spool", _upload),
        ("status", "show what is in the spool", _status),
    ):
        words = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        words.set_defaults(command=command)
        if name == "status":
            words.add_argument("--json", action="store_true", help="as JSON, for programs")
    _add_spool_commands(commands)
    return parser


def _add_spool_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    spool = commands.add_parser(
        "spool", help="list, verify, requeue or export what is in the spool"
    ).add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, what, command in (
        ("list", "show every photo: where it is, its id, size and trigger", _spool_list),
        ("verify", "read every photo that waits and compare it with its SHA-256", _spool_verify),
        ("requeue", "let photos that were set aside wait again, but not damaged ones", _requeue),
        ("export", "copy all photos into a folder; the spool stays as it is", _spool_export),
    ):
        words = spool.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        words.set_defaults(command=command)
        if name == "list":
            words.add_argument("--json", action="store_true", help="a JSON object on each line")
        if name == "export":
            words.add_argument("folder", type=Path, help="where to; it is made if it is not there")


# What a command needs is imported when it is used: each process loads only its own part.


def _run(_: argparse.Namespace) -> int:
    from pi_uploader.run import run

    return run()


def _capture(_: argparse.Namespace) -> int:
    from pi_uploader.capture import run_capture
    from pi_uploader.signals import on_stop_signal
    from pi_uploader.triggers import TriggerQueue

    settings = CaptureSettings.from_environ(os.environ)
    triggers = TriggerQueue()
    on_stop_signal(triggers.close)
    return run_capture(settings, triggers)


def _upload(_: argparse.Namespace) -> int:
    from pi_uploader.signals import on_stop_signal
    from pi_uploader.upload import run_upload

    settings = UploadSettings.from_environ(os.environ)
    if settings.warning:
        log.warning("%s", settings.warning)
    stop = threading.Event()
    on_stop_signal(stop.set)
    return run_upload(settings, stop)


def _status(words: argparse.Namespace) -> int:
    from pi_uploader.status import status

    text, facts = status(Settings.from_environ(os.environ).spool)
    sys.stdout.write((json.dumps(facts, indent=2) if words.json else text) + "\n")
    return FINE


def _spool_list(words: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import described, listed

    for place, photo in listed(_spool()):
        line = f"{place:24} {photo.name}  {photo.trigger:8} {photo.size:>10} bytes"
        _say(json.dumps(described(place, photo)) if words.json else line)
    return FINE


def _spool_verify(_: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import damaged

    problems = list(damaged(_spool()))
    for _photo, problem in problems:
        _say(problem)
    _say(f"{len(problems)} damaged; the upload sets damaged photos aside and sends the others")
    return FAILED if problems else FINE


def _requeue(_: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import requeue

    requeued = 0
    for photo in requeue(_spool()):
        _say(f"{photo.name} waits again")
        requeued += 1
    _say(f"{requeued} requeued")
    return FINE


def _spool_export(words: argparse.Namespace) -> int:
    from pi_uploader.spool.by_hand import export

    copied = 0
    for copy in export(_spool(), words.folder):
        _say(str(copy))
        copied += 1
    _say(f"{copied} copied into {words.folder}")
    return FINE


def _spool() -> "Spool":
    from pi_uploader.spool import Spool

    folder = Settings.from_environ(os.environ).spool
    if not folder.is_dir():
        raise FileNotFoundError(f"nothing spooled yet: there is no folder {folder}")
    return Spool(folder)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _log_to_stderr() -> None:
    """Standard logging, one line for each occurrence, the time in UTC."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class _OneLine(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return " | ".join(super().format(record).splitlines())
