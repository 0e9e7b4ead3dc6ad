"""What the file name of a spooled photo says: everything, so that no second file can disagree.

0000042117~entry-20261120T120134567Z-5f3a9c2e~motion~synced~483112~{sha256}.jpg
sequence   id                                 trigger clock size   of the camera's bytes
"""

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

from photo_wire.errors import WireError
from photo_wire.headers import Clock, PhotoHeaders, Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name

BATCH = 250
"""Photos to a folder: with 100,000 waiting, 400 folders of 250 are the quickest to choose from."""

MAX_SEQUENCE = 9_999_999_999  # ten digits
_BATCH_NAME = re.compile("[0-9]{8}")

_ENTRY = re.compile(
    r"([0-9]{10})~([^~]+)~([a-z]+)(\+first)?~([a-z]+)(?:@([0-9a-f]{8})-([0-9]{1,15}))?"
    r"~([0-9]{1,12})~([0-9a-f]{64})\.([a-z0-9]{3})"
)


@dataclass(frozen=True, slots=True)
class BootTime:
    """A moment of one run of the device, whatever its wall clock said: which boot (the first eight
    hex digits of its id), and milliseconds since it (CLOCK_BOOTTIME)."""

    boot: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class SpooledPhoto:
    """A photo in the spool. `sequence` orders the spool, whatever the clock did; `size` is in
    bytes and `sha256` in hex, both of the bytes as the camera gave them. `first` marks the first
    photo of an event. `taken` is there while the photo's time may still be corrected."""

    sequence: int
    name: PhotoName
    media: Media
    trigger: Trigger
    clock: Clock
    size: int
    sha256: str
    first: bool = False
    taken: BootTime | None = None

    @property
    def file_name(self) -> str:
        trigger = f"{self.trigger}+first" if self.first else f"{self.trigger}"
        clock = f"{self.clock}"
        if self.taken:
            clock += f"@{self.taken.boot}-{self.taken.milliseconds}"
        return (
            f"{self.sequence:010d}~{self.name}~{trigger}~{clock}"
            f"~{self.size}~{self.sha256}.{self.media.suffix}"
        )

    @property
    def path(self) -> PurePath:
        """Where the photo lies, seen from the folder of those that wait."""
        return PurePath(f"{self.sequence // BATCH:08d}", self.file_name)

    @property
    def headers(self) -> PhotoHeaders:
        """How the photo is described on the wire."""
        return PhotoHeaders(
            name=self.name,
            camera=self.name.camera,
            captured_at=self.name.captured_at,
            trigger=self.trigger,
            clock=self.clock,
            content_type=self.media.content_type,
            sha256=self.sha256,
        )

    def named(self, name: PhotoName, clock: Clock) -> "SpooledPhoto":
        """The same photo under its final name."""
        return replace(self, name=name, clock=clock, taken=None)


def parse_batch(name: str) -> int | None:
    """The number of a folder of photos; None for a name that the spool did not give."""
    if not _BATCH_NAME.fullmatch(name) or int(name) > MAX_SEQUENCE // BATCH:
        return None
    return int(name)


def next_batch(sequence: int) -> int:
    """The first sequence number of the folder after the one of this number."""
    return (sequence // BATCH + 1) * BATCH


def parse_entry(file_name: str) -> SpooledPhoto | None:
    """The photo that a file name describes; None for a name that the spool did not give."""
    match = _ENTRY.fullmatch(file_name)
    if match is None:
        return None
    sequence, name, trigger, first, clock, boot, since, size, sha256, suffix = match.groups()
    media = Media.of_suffix(suffix)
    if media is None:
        return None
    try:
        return SpooledPhoto(
            sequence=int(sequence),
            name=parse_name(name),
            media=media,
            trigger=Trigger(trigger),
            clock=Clock(clock),
            size=int(size),
            sha256=sha256,
            first=first is not None,
            taken=BootTime(boot, int(since)) if boot else None,
        )
    except (WireError, ValueError):
        return None
