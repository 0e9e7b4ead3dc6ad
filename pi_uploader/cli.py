"""The command line of `pi-uploader`."""

import argparse
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from photo_wire import __version__
from photo_wire.errors import printable
from photo_wire.headers import Trigger
from pi_uploader import commands, help_text, spool_commands
from pi_uploader.errors import NightjarError
from pi_uploader.log_ring import LogRing
from pi_uploader.settings import MISCONFIGURED, SettingsError

log = logging.getLogger("pi-uploader")

Command = Callable[[argparse.Namespace], int]
if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of the command line (by default that of the process); return the exit
    code."""
    args = _parser().parse_args(argv)
    _log_to_stderr()
    command: Command = args.command
    try:
        return command(args)
    except SettingsError as error:
        for problem in error.problems:
            log.error("%s", problem)
        return MISCONFIGURED
    except NightjarError as error:
        log.error("%s%s", error, f": {error.hint}" if error.hint else "")
        return commands.FAILED
    except OSError as error:
        log.error("%s", error)
        return commands.FAILED
    except Exception:
        log.exception("unexpected error")
        return commands.FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "pi-uploader",
        description=help_text.DESCRIPTION,
        epilog="\n".join((help_text.settings_text(), help_text.EXAMPLE, help_text.EXIT_CODES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pi-uploader {__version__}")
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_process_commands(subcommands)
    _add_device_commands(subcommands)
    _add_camera_commands(subcommands)
    _add_config_commands(subcommands)
    _add_spool_commands(subcommands)
    return parser


def _add(
    subparsers: "Subparsers", name: str, text: str, command: Command
) -> argparse.ArgumentParser:
    """Add a subcommand; `text` is its help, without a capital letter and a full stop."""
    parser = subparsers.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(command=command)
    return parser


def _add_process_commands(subparsers: "Subparsers") -> None:
    _add(
        subparsers,
        "run",
        "capture and upload, in processes that are kept running",
        commands.run,
    )
    capture = _add(
        subparsers, "capture", "take photos into the spool, without uploading", commands.capture
    )
    capture.add_argument(
        "--once", action="store_true", help="take one photo with each camera, and exit"
    )
    capture.add_argument(
        "--trigger",
        type=Trigger,
        choices=list(Trigger),
        help="the trigger that --once records with the photo (default: demand)",
    )
    _add(subparsers, "upload", "upload the photos in the spool, without capturing", commands.upload)
    serve = _add(
        subparsers, "serve", "show this device's own page to the local network", commands.serve
    )
    serve.description = f"{serve.description} {help_text.SERVE}"
    _add(
        subparsers,
        "mqtt",
        "publish this device's state to an MQTT broker, for Home Assistant",
        commands.mqtt,
    )
    detect = _add(
        subparsers,
        "detect",
        "tell what photos of motion show, where CAMERA_DETECT names a model",
        commands.detect,
    )
    detect.add_argument(
        "--check", metavar="CAMERA", help="load the model of this camera, say what it is, and exit"
    )


def _add_device_commands(subparsers: "Subparsers") -> None:
    status = _add(subparsers, "status", "show what is in the spool", commands.status)
    status.description = f"{status.description} {help_text.STATUS}"
    doctor = _add(
        subparsers,
        "doctor",
        "test camera, pins, clock, disk, network and key, one by one",
        commands.doctor,
    )
    for parser_with_json in (status, doctor):
        parser_with_json.add_argument("--json", action="store_true", help="as JSON, for programs")
    doctor.add_argument("--pins", action="store_true", help="wait for each pin's trigger")
    doctor.add_argument(
        "--no-hardware",
        action="store_true",
        help="leave out the cameras and pins, which are in use",
    )
    _add(
        subparsers,
        "identity",
        "print this device's name and its key's fingerprint; make the key if there is none",
        commands.identity,
    )


def _add_camera_commands(subparsers: "Subparsers") -> None:
    photo = _add(
        subparsers,
        "photo",
        "take a photo with the running service, also while the camera is disarmed",
        commands.photo,
    )
    arm = _add(subparsers, "arm", "let a camera take photos again that was disarmed", commands.arm)
    disarm = _add(
        subparsers,
        "disarm",
        "let a camera take no photos, except on demand, until it is armed again",
        commands.disarm,
    )
    for parser in (photo, arm, disarm):
        parser.add_argument("camera", nargs="?", help="the camera's name (default: every camera)")
    end = disarm.add_mutually_exclusive_group()
    end.add_argument(
        "--until",
        metavar="TIME",
        help="when it arms itself: the next 07:30 by this device's clock, or 2026-12-01T07:30",
    )
    end.add_argument(
        "--for",
        dest="duration",
        metavar="DURATION",
        help="after how long it arms itself, such as 30m, 2h or 3d",
    )


def _add_config_commands(subparsers: "Subparsers") -> None:
    config = subparsers.add_parser(
        "config", help="check the settings, or print an example of a config file"
    ).add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add(config, "check", "report every mistake in the settings at once", commands.config_check)
    _add(config, "example", "print a config file with comments", commands.config_example)


def _add_spool_commands(subparsers: "Subparsers") -> None:
    spool = subparsers.add_parser(
        "spool", help="list, verify, requeue or export the photos in the spool"
    ).add_subparsers(title="commands", required=True, metavar="COMMAND")
    spool_list = _add(
        spool,
        "list",
        "show every photo: its folder, id, size and trigger",
        spool_commands.spool_list,
    )
    spool_list.add_argument("--json", action="store_true", help="a JSON object on each line")
    _add(
        spool, "verify", "compare every waiting photo with its SHA-256", spool_commands.spool_verify
    )
    _add(
        spool,
        "requeue",
        "move photos from quarantine back into the spool, except damaged ones",
        spool_commands.spool_requeue,
    )
    export = _add(
        spool,
        "export",
        "copy all photos into a folder, without changing the spool",
        spool_commands.spool_export,
    )
    export.add_argument("folder", type=Path, help="the target folder; it is created if missing")


def _log_to_stderr() -> None:
    """Log to standard error, and keep the last lines: one for each message, its time in UTC."""
    handlers = [logging.StreamHandler(), LogRing()]
    formatter = _OneLineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=handlers)


class _OneLineFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).splitlines()
        return " | ".join(printable(line, len(line), keep="\t") for line in lines)
