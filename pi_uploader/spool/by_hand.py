"""What a person may do with a spool by hand: list, verify, requeue, export."""

import getpass
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from photo_wire.moment import format_time
from pi_uploader.spool.checked import DamagedPhotoError
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.spool import Spool

SENT_WITH = ".json"  # beside each exported photo: what the spool knew of it
REACHABLE = Path("/var/tmp/photos")  # noqa: S108  where every user may have a folder


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


def requeue(spool: Spool) -> Iterator[SpooledPhoto]:
    """Let every photo that was set aside wait again, except those that are damaged."""
    for reason, photo in list(spool.photos_set_aside()):
        if reason != "damaged":
            spool.take_up(photo, reason)
            yield photo


def export(spool: Spool, target: Path) -> Iterator[Path]:
    """Copy every photo whose bytes are here into a folder, under its own id, with what is known of
    it in a JSON file beside it. The spool stays as it is.

    Raises OSError where the folder cannot be written.
    """
    target.mkdir(parents=True, exist_ok=True)
    for place, photo in listed(spool):
        if place.startswith("lost/"):
            continue
        copy = target / f"{photo.name}.{photo.media.suffix}"
        source = spool.folder / place / (photo.file_name if "/" in place else photo.path)
        shutil.copyfile(source, copy)
        copy.with_suffix(SENT_WITH).write_text(json.dumps(described(place, photo), indent=2) + "\n")
        yield copy


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
