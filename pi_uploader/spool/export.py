"""Copying all photos of a spool into another folder (`pi-uploader spool export`)."""

import getpass
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pi_uploader.errors import NightjarError
from pi_uploader.spool.admin import OnFailure, describe, describe_kept, ignore, list_photos
from pi_uploader.spool.spool import Spool
from pi_uploader.state_files import open_regular_file

DESCRIPTION_SUFFIX = ".json"  # beside each exported photo: what the spool knows of it
SHARED_FOLDER = Path("/var/tmp/photos")  # noqa: S108  where every user may have a folder
_READ_SIZE = 256 * 1024  # bytes


def export(spool: Spool, target: Path, on_failure: OnFailure = ignore) -> Iterator[Path]:
    """Copy every photo whose bytes are here into a folder, under its id, and yield the copy. Write
    what is known of it to a JSON file beside it. Kept photos are copied too. The spool is not
    changed.

    A photo that cannot be read goes to `on_failure`, and the others are copied. Raises OSError
    if the folder cannot be written.
    """
    target.mkdir(parents=True, exist_ok=True)
    for source, file_name, facts in _to_export(spool):
        copy = target / file_name
        try:
            copied = _copy(source, copy)
        except _SourceError as error:
            on_failure(f"{copy.stem}: cannot be read: {error}")
            continue
        if copied is None:
            continue  # delivered a moment ago
        size, sha256 = copied
        # If the spool knows size and SHA-256 of the camera's bytes, these win over the copy's.
        description = {"size": size, "sha256": sha256, **facts}
        copy.with_suffix(DESCRIPTION_SUFFIX).write_text(json.dumps(description, indent=2) + "\n")
        yield copy


def _to_export(spool: Spool) -> Iterator[tuple[Path, str, dict[str, object]]]:
    """Yield each photo's file, the name of its copy, and what is known of it."""
    for location, photo in list_photos(spool):
        if not location.startswith("lost/"):
            source = spool.folder / location / (photo.file_name if "/" in location else photo.path)
            yield source, f"{photo.name}.{photo.media.suffix}", describe(location, photo)
    for kept in spool.archive.photos():
        yield kept.file, kept.file.name, describe_kept(kept)


class _SourceError(NightjarError):
    """The photo's own file cannot be read; its copy is not at fault."""


def _copy(source: Path, copy: Path) -> tuple[int, str] | None:
    """Copy a file; return its size and SHA-256, or None if it is missing. Remove a copy that is
    not whole."""
    try:
        file = open_regular_file(source)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _SourceError(error.strerror) from error
    digest, size = hashlib.sha256(), 0
    try:
        with file, copy.open("wb") as written:
            while block := _read(file):
                written.write(block)
                digest.update(block)
                size += len(block)
    except _SourceError:
        copy.unlink()
        raise
    return size, digest.hexdigest()


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(_READ_SIZE)
    except OSError as error:
        raise _SourceError(error.strerror) from error


def resolve_target(target: Path) -> Path:
    """Return the absolute path of a folder to export into.

    Raises OSError for a folder in systemd's RUNTIME_DIRECTORY, which is removed with the copies
    when the process ends (systemd.exec(5)): `sudo pi-uploader` works in such a folder.
    """
    absolute = Path(os.path.abspath(target))  # noqa: PTH100  resolve() needs rights to all of it
    for temporary in filter(None, os.environ.get("RUNTIME_DIRECTORY", "").split(":")):
        if absolute.is_relative_to(temporary):
            raise OSError(
                f"nothing is exported: {target} would be in {temporary}, which is removed when "
                f"this command ends; give the absolute path of a folder, such as {SHARED_FOLDER}"
            )
    return absolute


def permission_advice(folder: Path) -> str:
    """Return how to let the user of this process write into a folder."""
    user = getpass.getuser()
    for parent in reversed(folder.parents):
        if not os.access(parent, os.X_OK) and parent.exists():
            return (
                f"the user {user}, as whom this runs, may not enter {parent}; export into a folder "
                f"elsewhere: sudo install -d -o {user} {SHARED_FOLDER}"
            )
    return (
        f"the user {user}, as whom this runs, may not write into {folder}; first: "
        f"sudo install -d -o {user} {folder}"
    )
