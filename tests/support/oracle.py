"""The invariants of a spool's folder, whatever happened to it."""

import hashlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import DamagedPhotoError, PhotoInfo, Quota, Spool, SpooledPhoto
from pi_uploader.spool.admin import count_spool
from pi_uploader.spool.photo import parse_file_name

HOLDING = ("waiting", "undated", "quarantine")
LOSSES = ("lost", "reported")


def entries(folder: Path, parts: Collection[str]) -> Iterator[tuple[Path, SpooledPhoto]]:
    """Yield the files in these folders that are named as photos, found without the spool's code."""
    for part in parts:
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and (photo := parse_file_name(path.name)):
                yield path, photo


def whereabouts(folder: Path) -> dict[str, list[str]]:
    """Return in which of a spool's folders each photo is: the invariant allows one for each.

    The keys are the SHA-256 of its bytes, which stays when a photo is renamed: use different ones.
    """
    found: dict[str, list[str]] = {}
    for path, photo in entries(folder, (*HOLDING, *LOSSES)):
        found.setdefault(photo.sha256, []).append(path.relative_to(folder).parts[0])
    return found


def problems(
    folder: Path,
    acknowledged: Collection[SpooledPhoto],
    removed: Collection[SpooledPhoto] = (),
    or_lost: bool = False,
) -> list[str]:
    """What is wrong in a spool's folder, before and after a new Spool is started on it.

    `acknowledged`: those for which put() had returned. `removed`: those whose remove() had been
    called. `or_lost`: a photo may be on record as lost instead of being there. The new spool is
    put to work here: it takes one more photo, and all that wait are opened and removed.
    """
    allowed = {*HOLDING, *(LOSSES if or_lost else ())}
    removed_hashes = {photo.sha256 for photo in removed}
    expected = [photo for photo in acknowledged if photo.sha256 not in removed_hashes]
    return list(_problems(folder, expected, allowed))


def _problems(folder: Path, expected: list[SpooledPhoto], allowed: set[str]) -> Iterator[str]:
    yield from _wrong_files(folder, expected, allowed)
    spool = Spool(folder, quota=Quota(reserve=0))
    name = new_name("next", datetime.now(UTC))
    put = spool.put(
        b"the next photo", PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
    )
    yield from _wrong_files(folder, [*expected, put], allowed)
    waiting = [photo for _, photo in entries(folder, ["waiting"])]
    if spool.newest() != max(waiting, key=lambda photo: photo.sequence) or spool.newest() != put:
        yield f"the newest is {spool.newest()}, not the photo that was just put"
    if spool.oldest() != min(waiting, key=lambda photo: (photo.sequence, photo.file_name)):
        yield f"the oldest is {spool.oldest()}"
    counts = count_spool(folder)
    found = tuple(sum(1 for _ in entries(folder, parts)) for parts in (HOLDING, LOSSES))
    if (counts.waiting + counts.quarantined, counts.losses) != found:
        yield f"the counts are {counts}, but {found} photos are kept and lost"
    for photo in waiting:
        try:
            with spool.open(photo) as file:
                if hashlib.sha256(file.read()).hexdigest() != photo.sha256:
                    yield f"open() gives other bytes than those of {photo.name}"
        except DamagedPhotoError as error:
            yield f"open() says {error}"
        spool.remove(photo)
    if left := spool.oldest():
        yield f"{left.name} waits, though every photo was removed"


def _wrong_files(folder: Path, expected: list[SpooledPhoto], allowed: set[str]) -> Iterator[str]:
    for path, photo in entries(folder, HOLDING):
        if hashlib.sha256(path.read_bytes()).hexdigest() != photo.sha256:
            yield f"{path.relative_to(folder)} does not hold the bytes of the photo"
    places = whereabouts(folder)
    for photo in expected:
        if not set(places.get(photo.sha256, ())) & allowed:
            yield f"{photo.name} was acknowledged and is gone"
    for _, photo in entries(folder, (*HOLDING, *LOSSES)):
        found = places.pop(photo.sha256, [])
        if len(found) > 1:
            yield f"{photo.name} is in {' and '.join(found)}"
