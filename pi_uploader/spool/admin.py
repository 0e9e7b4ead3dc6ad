"""What a person may do with a spool by hand: list, verify, requeue, export."""

import getpass
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from photo_wire.moment import format_time
from pi_uploader.small_file import open_regular
from pi_uploader.spool.archive import KeptPhoto
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.integrity import BLOCK, DamagedPhotoError
from pi_uploader.spool.spool import Spool

SENT_WITH = ".json"  # beside each exported photo: what the spool knew of it
REACHABLE = Path("/var/tmp/photos")  # noqa: S108  where every user may have a folder

OnFailure = Callable[[str], None]
"""Is told of a photo that was left out, and why."""


def ignore(problem: str) -> None:
    """No-op."""


def listed(spool: Spool) -> Iterator[tuple[str, SpooledPhoto]]:
    """Every photo of the spool, each after where it is: `waiting`, `undated`,
    `quarantine/REASON` or `lost/REASON`."""
    for photo in spool.photos_waiting():
        yield "waiting", photo
    for photo in spool.photos_undated():
        yield "undated", photo
    for reason, photo in spool.photos_set_aside():
        yield f"quarantine/{reason}", photo
    for loss in spool.losses.unreported():
        yield f"lost/{loss.reason}", loss.photo


def damaged(spool: Spool) -> Iterator[tuple[SpooledPhoto, str]]:
    """The photos that wait and whose bytes are not those of the camera, each with what is wrong.
    Reads every byte of the spool."""
    for photos in (spool.photos_waiting(), spool.photos_undated()):
        for photo in photos:
            try:
                spool.open(photo).close()
            except DamagedPhotoError as error:
                yield photo, str(error)
            except FileNotFoundError:
                continue  # delivered a moment ago
            except OSError as error:
                yield photo, f"{photo.name}: cannot be opened: {error.strerror}"


def requeue(spool: Spool, on_failure: OnFailure = ignore) -> Iterator[SpooledPhoto]:
    """Let every photo that was set aside wait again, except those that are damaged. One that the
    disk will not move goes to `on_failure`."""
    for reason, photo in list(spool.photos_set_aside()):
        if reason == "damaged":
            continue
        try:
            spool.requeue(photo, reason)
        except FileNotFoundError:
            continue  # given up to make room, a moment ago
        except OSError as error:
            on_failure(f"{photo.name}: cannot be moved: {error.strerror}")
        else:
            yield photo


def export(spool: Spool, target: Path, on_failure: OnFailure = ignore) -> Iterator[Path]:
    """Copy every photo whose bytes are here into a folder, under its own id, with what is known of
    it in a JSON file beside it; those that are kept on the device, too. The spool stays as it is.

    A photo that cannot be read goes to `on_failure`, and the others are copied. Raises OSError
    where the folder cannot be written.
    """
    target.mkdir(parents=True, exist_ok=True)
    for source, file_name, facts in _to_export(spool):
        copy = target / file_name
        try:
            copied = _copy(source, copy)
        except _CannotBeReadError as error:
            on_failure(f"{copy.stem}: cannot be read: {error}")
            continue
        if copied is None:
            continue  # delivered a moment ago
        size, sha256 = copied
        about = {"size": size, "sha256": sha256, **facts}  # of the camera's bytes, if that is known
        copy.with_suffix(SENT_WITH).write_text(json.dumps(about, indent=2) + "\n")
        yield copy


def _to_export(spool: Spool) -> Iterator[tuple[Path, str, dict[str, object]]]:
    """Each photo's file, the name of its copy, and what is known of it."""
    for place, photo in listed(spool):
        if not place.startswith("lost/"):
            source = spool.folder / place / (photo.file_name if "/" in place else photo.path)
            yield source, f"{photo.name}.{photo.media.suffix}", described(place, photo)
    for kept in spool.kept.photos():
        yield kept.file, kept.file.name, described_kept(kept)


class _CannotBeReadError(Exception):
    """The photo's own file is at fault, not that of its copy."""


def _copy(source: Path, copy: Path) -> tuple[int, str] | None:
    """Copy a file; return its size and SHA-256, or None if it is gone. A copy that would not be
    whole is removed."""
    try:
        file = open_regular(source)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _CannotBeReadError(error.strerror) from error
    digest, size = hashlib.sha256(), 0
    try:
        with file, copy.open("wb") as written:
            while block := _read(file):
                written.write(block)
                digest.update(block)
                size += len(block)
    except _CannotBeReadError:
        copy.unlink()
        raise
    return size, digest.hexdigest()


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(BLOCK)
    except OSError as error:
        raise _CannotBeReadError(error.strerror) from error


def lasting_folder(target: Path) -> Path:
    """The whole path of a folder to export into.

    Raises OSError for one in systemd's RUNTIME_DIRECTORY, which is removed when the process ends
    (systemd.exec(5)), and the copies with it: `sudo pi-uploader` works in such a folder.
    """
    whole = Path(os.path.abspath(target))  # noqa: PTH100  resolve() needs rights to all of it
    for fleeting in filter(None, os.environ.get("RUNTIME_DIRECTORY", "").split(":")):
        if whole.is_relative_to(fleeting):
            raise OSError(
                f"nothing is exported: {target} would be in {fleeting}, which is removed when this "
                f"command ends; give the whole path of a folder, such as {REACHABLE}"
            )
    return whole


def next_step_to_write(folder: Path) -> str:
    """What to do so that this process's user may write into a folder in which it may not."""
    user = getpass.getuser()
    for parent in reversed(folder.parents):
        if not os.access(parent, os.X_OK) and parent.exists():
            return (
                f"the user {user}, as whom this runs, may not enter {parent}; export into a folder "
                f"elsewhere: sudo install -d -o {user} {REACHABLE}"
            )
    return (
        f"the user {user}, as whom this runs, may not write into {folder}; first: "
        f"sudo install -d -o {user} {folder}"
    )


def described(place: str, photo: SpooledPhoto) -> dict[str, object]:
    """What the spool knows of a photo."""
    return {
        "id": str(photo.name),
        "place": place,
        "captured_at": format_time(photo.name.captured_at),
        "trigger": photo.trigger.value,
        "clock": photo.clock.value,
        "content_type": photo.media.content_type,
        "size": photo.size,
        "sha256": photo.sha256,
    }


def described_kept(photo: KeptPhoto) -> dict[str, object]:
    """What its name says of a photo that stays on the device."""
    return {
        "id": str(photo.name),
        "place": f"kept/{photo.file.parent.parent.name}/{photo.file.parent.name}",
        "captured_at": format_time(photo.name.captured_at),
        "content_type": photo.media.content_type,
    }
