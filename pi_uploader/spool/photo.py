"""A photo in the spool: what its file name tells, and whether its bytes are those of the camera.

0000042117~entry-20261120T120134567Z-5f3a9c2e~motion~synced~483112~{sha256}.jpg
sequence   id                                 trigger clock size   of the camera's bytes

The name holds everything, so no second file can disagree with it. `+first` behind the trigger
marks the first photo of an event, `+further` one that is not the first of its trigger: of a burst,
or of before or after. `+box.125.250.375.500` is where motion was in the picture (left,
top, width and height in thousandths), `+nomotion` that there was none. `@BOOT-MILLISECONDS` behind
the clock is the boot time of a photo that was taken before the clock was set.
"""

import errno
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO

from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus, PhotoHeaders, Trigger
from photo_wire.media import Media
from photo_wire.motion import Box, Motion
from photo_wire.name import CAMERA_AND_DAY, PhotoName, is_day, parse_name
from pi_uploader.clock import BootTime
from pi_uploader.errors import NightjarError
from pi_uploader.spool.disk import Disk

SHARD_SIZE = 250
"""Photos in a folder. With 100,000 waiting, 400 folders of 250 are the quickest to choose from."""

MAX_SEQUENCE = 9_999_999_999  # ten digits
_SHARD_NAME = re.compile("[0-9]{8}")
_WITHOUT_MOTION = "nomotion"
_THOUSANDTHS = r"(?:0|[1-9][0-9]{0,2}|1000)"
_MOTION = rf"(?:\+({_WITHOUT_MOTION}|box(?:\.{_THOUSANDTHS}){{4}}))?"
_FILE_NAME = re.compile(
    rf"([0-9]{{10}})~([^~]+)~([a-z]+)(\+first)?(\+further)?{_MOTION}"
    r"~([a-z]+)(?:@([0-9a-f]{8})-([0-9]{1,15}))?"
    r"~([0-9]{1,12})~([0-9a-f]{64})\.([a-z0-9]{3})"
)
_COUNTED = (  # compiled by its first use: capture starts without it
    rf"/[0-9]{{10}}~{CAMERA_AND_DAY}~(?:{'|'.join(Trigger)})(?:\+first)?(?:\+further)?{_MOTION}"
    rf"~(?:{'|'.join(ClockStatus)})(?:@[0-9a-f]{{8}}-[0-9]{{1,15}})?~([0-9]{{1,12}})"
    rf"~[0-9a-f]{{64}}\.(?:{'|'.join(media.suffix for media in Media)})(?=/|\Z)"
)
MAX_SIZE_IN_MEMORY = 512 * 1024  # bytes of a photo that is sent from memory
_READ_SIZE = 256 * 1024  # bytes
PROCESS_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors of this process or machine, which tell nothing about the file that was to be opened."""


class SpoolError(NightjarError):
    """The spool could not store a photo. The text names the photo and the reason."""

    retryable = True

    def __init__(self, name: PhotoName, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


class DamagedPhotoError(SpoolError):
    """The file does not hold the camera's bytes."""

    retryable = False


class UnreadablePhotoError(DamagedPhotoError):
    """The disk does not return the file's bytes, which may be intact."""

    retryable = True


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What is known of a photo when it is captured. `is_first`: it begins an event. `boot_time` is
    set as long as the photo's time may still be corrected. `motion` is None if nobody looked for
    motion in the picture. `is_further`: its trigger has a photo before it."""

    name: PhotoName
    media: Media
    trigger: Trigger
    clock: ClockStatus
    is_first: bool = False
    is_further: bool = False
    boot_time: BootTime | None = None
    motion: Motion | None = None


@dataclass(frozen=True, slots=True)
class SpooledPhoto:
    """A photo in the spool. `sequence` is its position, which no step of the clock can change.
    `size` (bytes) and `sha256` (hex) are those of the camera's bytes."""

    sequence: int
    info: PhotoInfo
    size: int
    sha256: str

    @property
    def name(self) -> PhotoName:
        return self.info.name

    @property
    def media(self) -> Media:
        return self.info.media

    @property
    def trigger(self) -> Trigger:
        return self.info.trigger

    @property
    def clock(self) -> ClockStatus:
        return self.info.clock

    @property
    def is_first(self) -> bool:
        return self.info.is_first

    @property
    def is_further(self) -> bool:
        return self.info.is_further

    @property
    def boot_time(self) -> BootTime | None:
        return self.info.boot_time

    @property
    def motion(self) -> Motion | None:
        return self.info.motion

    @property
    def is_of_motion(self) -> bool:
        """Whether something moved when it was taken, as far as that is known."""
        return self.motion.box is not None if self.motion else self.trigger is Trigger.MOTION

    @property
    def file_name(self) -> str:
        trigger = f"{self.trigger}+first" if self.is_first else f"{self.trigger}"
        if self.is_further:
            trigger += "+further"
        if self.motion:
            trigger += f"+{_format_motion(self.motion)}"
        clock = f"{self.clock}"
        if self.boot_time:
            clock += f"@{self.boot_time.boot}-{self.boot_time.milliseconds}"
        return (
            f"{self.sequence:010d}~{self.name}~{trigger}~{clock}"
            f"~{self.size}~{self.sha256}.{self.media.suffix}"
        )

    @property
    def path(self) -> PurePath:
        """The photo's path below `waiting/` or `undated/`."""
        return PurePath(f"{shard_of(self.sequence):08d}", self.file_name)

    @property
    def headers(self) -> PhotoHeaders:
        """The photo's description on the wire."""
        return PhotoHeaders(
            name=self.name,
            camera=self.name.camera,
            captured_at=self.name.captured_at,
            trigger=self.trigger,
            clock=self.clock,
            content_type=self.media.content_type,
            sha256=self.sha256,
            motion=self.motion,
        )

    def renamed(self, name: PhotoName, clock: ClockStatus) -> "SpooledPhoto":
        """Return the photo under its final name."""
        return replace(self, info=replace(self.info, name=name, clock=clock, boot_time=None))


def parse_file_name(file_name: str) -> SpooledPhoto | None:
    """Return the photo that a file name describes; None if the spool did not give that name."""
    match = _FILE_NAME.fullmatch(file_name)
    if match is None:
        return None
    (sequence, name, trigger, first, further, motion, clock, boot, since, size, sha256, suffix) = (
        match.groups()
    )
    media = Media.of_suffix(suffix)
    if media is None:
        return None
    try:
        info = PhotoInfo(
            name=parse_name(name),
            media=media,
            trigger=Trigger(trigger),
            clock=ClockStatus(clock),
            is_first=first is not None,
            is_further=further is not None,
            boot_time=BootTime(boot, int(since)) if boot else None,
            motion=_parse_motion(motion) if motion else None,
        )
    except (WireError, ValueError):
        return None
    return SpooledPhoto(int(sequence), info, int(size), sha256)


def cameras_and_sizes(file_names: Iterable[str]) -> list[tuple[str, int]]:
    """Return the camera and the size of each photo among these names.

    They are the photos that `parse_file_name` returns, read ten times as fast: one search for the
    names of a whole folder, and no object for each.
    """
    found = re.findall(_COUNTED, "/" + "/".join(file_names))  # a slash is in no file name
    return [
        (camera, int(size))
        for camera, day, motion, size in found
        if is_day(day) and (not motion or _is_motion(motion))
    ]


def _format_motion(motion: Motion) -> str:
    """Return what a file name says of the motion."""
    if motion.box is None:
        return _WITHOUT_MOTION
    box = motion.box
    shares = (box.left, box.top, box.width, box.height)
    return ".".join(["box", *(str(round(share * 1000)) for share in shares)])


def _parse_motion(text: str) -> Motion:
    """Return the motion in a file name. Raises ValueError if the box is not within the picture."""
    if text == _WITHOUT_MOTION:
        return Motion()
    left, top, width, height = (int(share) / 1000 for share in text.split(".")[1:])
    return Motion(Box(left, top, width, height))


def _is_motion(text: str) -> bool:
    try:
        _parse_motion(text)
    except ValueError:
        return False
    return True


def shard_of(sequence: int) -> int:
    """Return the number of the folder that holds the photo of this sequence number."""
    return sequence // SHARD_SIZE


def first_sequence(shard: int) -> int:
    """Return the lowest sequence number of a folder."""
    return shard * SHARD_SIZE


def parse_shard(name: str) -> int | None:
    """Return the number of a folder of photos; None if the spool did not give that name."""
    if not _SHARD_NAME.fullmatch(name) or int(name) > shard_of(MAX_SEQUENCE):
        return None
    return int(name)


def open_verified(path: Path, photo: SpooledPhoto, disk: Disk) -> BinaryIO:
    """Open a photo's file at its beginning, after comparing its SHA-256. The caller closes it.

    A photo of up to MAX_SIZE_IN_MEMORY is read once: what is returned holds the very bytes that
    were compared. A larger one is returned as its file, which is read again.

    Raises DamagedPhotoError if the bytes differ, UnreadablePhotoError if they cannot be read,
    FileNotFoundError if there is no such file, OSError if this process cannot open any file now.
    """
    try:
        file = disk.open(path)
    except OSError as error:
        # A dangling symlink counts as unreadable, not missing.
        is_missing = isinstance(error, FileNotFoundError) and not path.is_symlink()
        if is_missing or error.errno in PROCESS_ERRORS:
            raise
        raise _unreadable(photo, "opened", error) from error
    try:
        # A file that is longer than the photo is another one: stop there, it may never end.
        if photo.size <= MAX_SIZE_IN_MEMORY:
            with file:
                content = file.read(photo.size + 1)
            file, digest = BytesIO(content), hashlib.sha256(content)
        else:
            digest, size = hashlib.sha256(), 0
            while size <= photo.size and (block := file.read(_READ_SIZE)):
                digest.update(block)
                size += len(block)
            file.seek(0)
    except OSError as error:
        file.close()
        raise _unreadable(photo, "read", error) from error
    if digest.hexdigest() != photo.sha256:
        file.close()
        raise DamagedPhotoError(photo.name, "its bytes are not those that the camera delivered")
    return file


def _unreadable(photo: SpooledPhoto, operation: str, error: OSError) -> UnreadablePhotoError:
    return UnreadablePhotoError(photo.name, f"cannot be {operation}: {error.strerror}")
