"""Find the photos whose ids end with a tag: in the spool, in quarantine, or kept."""

from collections.abc import Iterator
from pathlib import Path

from photo_wire.errors import WireError
from photo_wire.name import PhotoName, parse_name
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import WAITING_PARTS, list_names
from pi_uploader.spool.photo import parse_file_name

KEPT = "kept"


def find_by_tag(spool: Path, tag: str, disk: Disk | None = None) -> list[PhotoName]:
    """Return the photos with this tag (eight hex digits) in the spool of this folder. Photos that
    were lost are not among them.

    Names are compared as texts and only those that match are parsed: with 100,000 photos this takes
    a fraction of a second.
    """
    disk = disk or Disk()
    found = [_spooled(name) for name in _names(spool, (*WAITING_PARTS, "quarantine"), disk, tag)]
    found += [_kept(name) for name in _kept_names(spool / KEPT, disk, tag)]
    return sorted({name for name in found if name and name.tag == tag}, key=str)


def _names(spool: Path, parts: tuple[str, ...], disk: Disk, tag: str) -> Iterator[str]:
    mark = f"-{tag}~"
    for part in parts:
        for folder in list_names(spool / part, disk):
            for name in list_names(spool / part / folder, disk):
                if mark in name:
                    yield name


def _kept_names(kept: Path, disk: Disk, tag: str) -> Iterator[str]:
    mark = f"-{tag}."
    for camera in list_names(kept, disk):
        for day in list_names(kept / camera, disk):
            for name in list_names(kept / camera / day, disk):
                if mark in name:
                    yield name


def _spooled(file_name: str) -> PhotoName | None:
    photo = parse_file_name(file_name)
    return photo.name if photo else None


def _kept(file_name: str) -> PhotoName | None:
    try:
        return parse_name(file_name.partition(".")[0])
    except WireError:
        return None
