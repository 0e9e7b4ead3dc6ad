"""The commands of `pi-uploader spool`. Each returns the exit code of the process."""

import argparse
import json
import logging
import os
from typing import TYPE_CHECKING

from pi_uploader.commands import FAILED, OK, print_line
from pi_uploader.messages import counted
from pi_uploader.settings import Settings, load_settings

if TYPE_CHECKING:
    from pi_uploader.spool import Spool

log = logging.getLogger("pi-uploader")


def spool_list(args: argparse.Namespace) -> int:
    """Print every photo in the spool and in the archive."""
    from pi_uploader.spool.admin import describe, describe_kept, list_photos

    spool = _open_spool()
    for location, photo in list_photos(spool):
        line = f"{location:24} {photo.name}  {photo.trigger:8} {photo.size:>10} bytes"
        if photo.motion:
            box = photo.motion.box
            line += f"  motion at {box}" if box else "  without motion"
        print_line(json.dumps(describe(location, photo)) if args.json else line)
    for kept in spool.archive.photos():
        facts = describe_kept(kept)
        print_line(json.dumps(facts) if args.json else f"{facts['place']:24} {kept.name}")
    return FAILED if _report_unreadable_folders(spool) else OK


def spool_verify(_: argparse.Namespace) -> int:
    """Compare every waiting photo with its SHA-256, and print those that differ."""
    from pi_uploader.spool.admin import verify

    spool = _open_spool()
    problems = 0
    for _photo, problem in verify(spool):
        print_line(problem)
        problems += 1
    print_line(f"{problems} damaged; the upload quarantines damaged photos and sends the others")
    return FAILED if problems + _report_unreadable_folders(spool) else OK


def spool_requeue(_: argparse.Namespace) -> int:
    """Move photos from quarantine back into the spool."""
    from pi_uploader.spool.admin import DAMAGED, requeue

    spool = _open_spool()
    requeued = 0
    failures: list[str] = []
    for photo in requeue(spool, failures.append):
        print_line(f"{photo.name} waits again")
        requeued += 1
    damaged = sum(reason == DAMAGED for reason, _photo in spool.quarantined_photos())
    if damaged:
        print_line(
            f"{counted(damaged, 'damaged photo')} left in quarantine: the bytes are not the "
            "camera's, so they are not sent; pi-uploader spool export FOLDER copies them out"
        )
    elif not requeued and not failures:
        print_line("no photo is in quarantine")
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
            print_line(str(copy))
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
    print_line(f"{summary}, {len(failures)} left out: see above" if failures else summary)
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
