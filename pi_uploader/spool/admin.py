"""What a person does with a spool: count, list, verify, requeue. (export.py copies photos out.)"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from photo_wire.moment import format_time
from pi_uploader.spool.archive import Archive, KeptPhoto
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import PARTS, WAITING_PARTS, iter_listings
from pi_uploader.spool.losses import Losses, fallback_folder
from pi_uploader.spool.photo import (
    DamagedPhotoError,
    SpooledPhoto,
    cameras_and_sizes,
    parse_file_name,
)
from pi_uploader.spool.spool import Spool

DAMAGED = "damaged"  # the reason of photos in quarantine that are not requeued

OnFailure = Callable[[str], None]
"""Called with a sentence about a photo that was skipped."""


def ignore(problem: str) -> None:
    """No-op."""


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """The photos that wait, `undated` ones included; `bytes` is their size together."""

    photos: int
    undated: int
    bytes: int
    oldest: SpooledPhoto | None


@dataclass(frozen=True, slots=True)
class SpoolCounts:
    """Numbers of photos. `unreported` are the losses that the backend does not know yet; `losses`
    are these and the last thousand that it knows. `kept` photos are in the archive. Photos in
    `unreadable` folders (each with the disk's error) are not counted."""

    backlog: WaitingCounts
    quarantined: int
    losses: int
    unreported: int
    kept: int
    unreadable: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        return self.backlog.photos


def count_spool(folder: Path, runtime: Path | None = None, disk: Disk | None = None) -> SpoolCounts:
    """Count what is in the spool in `folder`, without changing it; nothing if there is no such
    folder. This lists each folder once and parses the name of the oldest photo alone. `runtime` and
    `disk`: as for a Spool."""
    disk = disk or Disk()
    losses = Losses(folder, disk, fallback_folder(runtime, folder) if runtime else None)
    lost_in_fallback, reported_in_fallback = losses.in_fallback()
    photos: Counter[str] = Counter()  # by part of the spool
    sizes: Counter[str] = Counter()
    unreadable: list[str] = []
    oldest = None
    for part in PARTS:
        for listing in iter_listings(folder, part, disk):
            names = listing.names
            if listing.problem:
                unreadable.append(f"{listing.folder}: {listing.problem}")
            if part == "lost" and reported_in_fallback:
                names = [name for name in names if name not in reported_in_fallback]
            found = cameras_and_sizes(names)
            photos[part] += len(found)
            sizes[part] += sum(size for _, size in found)
            if not oldest and part in WAITING_PARTS:
                oldest = next(filter(None, map(parse_file_name, sorted(names))), None)
    unreported = photos["lost"] + lost_in_fallback
    return SpoolCounts(
        WaitingCounts(
            photos=photos["waiting"] + photos["undated"],
            undated=photos["undated"],
            bytes=sizes["waiting"] + sizes["undated"],
            oldest=oldest,
        ),
        quarantined=photos["quarantine"],
        losses=unreported + photos["reported"] + len(reported_in_fallback),
        unreported=unreported,
        kept=Archive(folder / "kept", disk).count(),
        unreadable=tuple(unreadable),
    )


def list_photos(spool: Spool) -> Iterator[tuple[str, SpooledPhoto]]:
    """Yield every photo of the spool after its location: `waiting`, `undated`, `quarantine/REASON`
    or `lost/REASON`."""
    for photo in spool.waiting_photos():
        yield "waiting", photo
    for photo in spool.undated_photos():
        yield "undated", photo
    for reason, photo in spool.quarantined_photos():
        yield f"quarantine/{reason}", photo
    for loss in spool.losses.unreported():
        yield f"lost/{loss.reason}", loss.photo


def describe(location: str, photo: SpooledPhoto) -> dict[str, object]:
    """Return what the spool knows of a photo, for JSON; `motion` only if the camera looked for it,
    since older versions printed none."""
    return {
        "id": str(photo.name),
        "place": location,
        "captured_at": format_time(photo.name.captured_at),
        "trigger": photo.trigger.value,
        "clock": photo.clock.value,
        "content_type": photo.media.content_type,
        "size": photo.size,
        "sha256": photo.sha256,
        **({"motion": photo.motion.to_json()} if photo.motion else {}),
    }


def describe_kept(photo: KeptPhoto) -> dict[str, object]:
    """Return what the archive knows of a kept photo, for JSON."""
    return {
        "id": str(photo.name),
        "place": f"kept/{photo.file.parent.parent.name}/{photo.file.parent.name}",
        "captured_at": format_time(photo.name.captured_at),
        "content_type": photo.media.content_type,
    }


def verify(spool: Spool) -> Iterator[tuple[SpooledPhoto, str]]:
    """Yield the waiting photos whose bytes are not the camera's, each with what is wrong. This
    reads every byte of them."""
    for photos in (spool.waiting_photos(), spool.undated_photos()):
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
    """Requeue every photo in quarantine, except damaged ones, and yield it. For a photo that
    cannot be moved, `on_failure` is called."""
    for reason, photo in list(spool.quarantined_photos()):
        if reason == DAMAGED:
            continue
        try:
            spool.requeue(photo, reason)
        except FileNotFoundError:
            continue  # evicted a moment ago
        except OSError as error:
            on_failure(f"{photo.name}: cannot be moved: {error.strerror}")
        else:
            yield photo
