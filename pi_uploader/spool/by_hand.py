"""What a person may do with a spool by hand: list, verify, requeue, export."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from photo_wire.moment import format_time
from pi_uploader.spool.checked import DamagedPhotoError
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.spool import Spool

SENT_WITH = ".json"  # beside each exported photo: what the spool knew of it


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
