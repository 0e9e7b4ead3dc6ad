"""The command `pi-uploader`."""

import argparse
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from photo_wire import __version__
from photo_wire.errors import printable
from photo_wire.headers import Trigger
from pi_uploader import commands, help_text
from pi_uploader.settings import MISCONFIGURED, SettingsError

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
        return commands.FAILED
    except Exception:
        log.exception("this was not foreseen")
        return commands.FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "pi-uploader",
        description=help_text.DESCRIPTION,
        epilog="\n".join((help_text.settings_text(), help_text.EXAMPLE, help_text.EXIT_CODES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pi-uploader {__version__}")
    parts = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, what, command in (
        ("run", "capture and upload, as two processes that are kept running", commands.run),
        ("capture", "only take photos, into the spool", commands.capture),
        ("upload", "only deliver what is in the spool", commands.upload),
        ("status", "show what is in the spool", commands.status),
        ("doctor", "try camera, pins, clock, disk, network and key, one by one", commands.doctor),
    ):
        words = parts.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        words.set_defaults(command=command)
        if name in ("status", "doctor"):
            words.add_argument("--json", action="store_true", help="as JSON, for programs")
        if name == "doctor":
            words.add_argument("--pins", action="store_true", help="wait for each pin's trigger")
        if name == "capture":
            _add_once(words)
    _add_config_commands(parts)
    _add_spool_commands(parts)
    return parser


def _add_once(words: argparse.ArgumentParser) -> None:
    words.add_argument(
        "--once", action="store_true", help="take one photo with each camera, and end"
    )
    words.add_argument(
        "--trigger",
        type=Trigger,
        choices=list(Trigger),
        default=Trigger.DEMAND,
        help="what --once says of why it was taken (default: demand)",
    )


def _add_config_commands(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    config = parts.add_parser(
        "config", help="check the settings, or print an example of a config file"
    ).add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, what, command in (
        ("check", "report every mistake in the settings at once", commands.config_check),
        ("example", "print a commented config file", commands.config_example),
    ):
        words = config.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        words.set_defaults(command=command)


def _add_spool_commands(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    spool = parts.add_parser(
        "spool", help="list, verify, requeue or export what is in the spool"
    ).add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, what, command in (
        ("list", "show every photo: where it is, its id, size and trigger", commands.spool_list),
        (
            "verify",
            "read every photo that waits and compare it with its SHA-256",
            commands.spool_verify,
        ),
        (
            "requeue",
            "let photos that were set aside wait again, but not damaged ones",
            commands.spool_requeue,
        ),
        (
            "export",
            "copy all photos into a folder; the spool stays as it is",
            commands.spool_export,
        ),
    ):
        words = spool.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        words.set_defaults(command=command)
        if name == "list":
            words.add_argument("--json", action="store_true", help="a JSON object on each line")
        if name == "export":
            words.add_argument("folder", type=Path, help="where to; it is made if it is not there")


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
        lines = super().format(record).splitlines()
        return " | ".join(printable(line, len(line), keep="\t") for line in lines)
