"""What is known of a stored photo, and what else the stores keep."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple, TypeVar
from urllib.parse import quote, unquote

from function_app.media.previews import Preview
from function_app.storage.errors import DamagedRecordError
from function_app.storage.row_keys import UNKNOWN_SUFFIX, count_down
from photo_wire.alert import Alert
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.motion import Label, Motion, format_labels, parse_labels, parse_motion
from photo_wire.name import PhotoName, parse_name
from photo_wire.receipt import Receipt

Value = TypeVar("Value")
_PREVIEW = re.compile(r"([0-9]{1,9}) ([1-9][0-9]{0,4}) ([1-8])")  # MAX_BYTES has five digits

_YES = "yes"  # the value of a property that is left out if it is not true

# What `Photo.clock` says beside photo_wire's ClockStatus, of a photo without a time:
SERVER_CLOCK = "server"  # its time is that of its arrival
EXIF_CLOCK = "exif"  # its time is what its file says: EXIF, or the header of a clip


class State(StrEnum):
    """What is known of a photo's id. The values are persisted."""

    LISTED = "listed"
    LOST = "lost"  # its device reported it lost, and it never came
    DELETED = "deleted"  # a person deleted it
    EXPIRED = "expired"  # retention deleted it
    MISSING = "missing"  # its bytes were gone from the store


CAME = (State.LISTED, State.DELETED, State.EXPIRED)
"""The states of a photo that was stored, and of which nothing was lost."""


class PhotoStateError(Exception):
    """A photo is not indexed because of the state of its id. `media` is the format of the photo
    that had the id."""

    def __init__(self, name: PhotoName, state: State, media: Media) -> None:
        super().__init__(f"{name} is {state}")
        self.state = state
        self.media = media


class Reindexed(IntEnum):
    """What `PhotoIndex.reindex` did. The first counts as false."""

    OTHER_FORMAT = 0  # nothing: a photo of another format is indexed under the id
    REWRITTEN = 1  # it had rows
    ADDED = 2  # it had none


UNKNOWN = "unknown"  # the standing of a sender that may be somebody else than the camera's device


@dataclass(frozen=True, slots=True)
class Sender:
    """The device that sent something: the name under which it signed, and its standing: "verified"
    or UNKNOWN. `signature_input` and `signature` are the headers that it sent; empty if they were
    not kept."""

    device: str | None
    standing: str
    signature_input: str = ""
    signature: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether it may be somebody else than the camera's device."""
        return self.standing == UNKNOWN

    def to_properties(self) -> dict[str, str]:
        """Return what is stored of the sender."""
        properties = {
            "device": self.device,
            "standing": self.standing,
            "signature_input": self.signature_input,
            "signature": self.signature,
        }
        return {name: value for name, value in properties.items() if value}


def parse_sender(properties: Mapping[str, str]) -> Sender | None:
    """Return the sender that `Sender.to_properties` described, if a record has one."""
    if "standing" not in properties:
        return None
    return Sender(
        properties.get("device"),
        properties["standing"],
        properties.get("signature_input", ""),
        properties.get("signature", ""),
    )


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is stored. `sha256` (hex) and `size` (bytes) are those of the stored bytes.
    `trigger` and `clock` come from the device, `site` from an old client; None if it sent none.
    `preview` is where a JPEG contains a small one; photos of older versions state none. `sender` is
    None if the photo was not signed, and its camera has no device with a key. Retention deletes no
    photo that `is_protected`. `motion` is what its device saw of motion in the picture, None if it
    did not look; `labels` are the words for what it found there.
    With `deleted_at` this is a photo that was deleted then: it is in the trash with its bytes if it
    `is_trashed`, and else a tombstone without bytes.
    """

    name: PhotoName
    media: Media
    sha256: str
    size: int
    received_at: datetime
    trigger: str | None = None
    clock: str | None = None
    site: str | None = None
    preview: Preview | None = None
    deleted_at: datetime | None = None
    sender: Sender | None = None
    is_trashed: bool = False
    is_protected: bool = False
    motion: Motion | None = None
    labels: tuple[Label, ...] = ()

    @property
    def is_tombstone(self) -> bool:
        """Whether its bytes were removed."""
        return self.deleted_at is not None and not self.is_trashed

    @property
    def is_stub(self) -> bool:
        """Whether its device was triggered, and saw no motion in the picture. Lists and counts of
        photos leave it out (docs/decisions/0155-stubs-have-keys-of-their-own.md)."""
        return self.motion is not None and self.motion.box is None

    @property
    def path(self) -> str:
        """The name of the photo's blob: `{camera}/{YYYY}/{MM}/{DD}/{id}.{suffix}`."""
        return blob_path(self.name, self.media)

    def receipt(self) -> Receipt:
        return Receipt(self.name, self.sha256, self.size, self.received_at)

    def to_properties(self) -> dict[str, str]:
        """Return all fields as ASCII text: the blob's metadata, and the columns of its rows."""
        properties = {
            "id": str(self.name),
            "camera": self.name.camera,
            "captured_at": format_time(self.name.captured_at),
            "received_at": format_time(self.received_at),
            "content_type": self.media.content_type,
            "sha256": self.sha256,
            "size": str(self.size),
            "trigger": self.trigger,
            "clock": self.clock,
            "site": quote(self.site) if self.site else None,  # may hold any letter of any language
            "preview": _preview_to_text(self.preview) if self.preview else None,
            "deleted_at": format_time(self.deleted_at) if self.deleted_at else None,
            "trashed": _YES if self.is_trashed else None,
            "protected": _YES if self.is_protected else None,
            "motion": str(self.motion) if self.motion else None,
            "labels": format_labels(self.labels) if self.labels else None,
        }
        stated = {name: value for name, value in properties.items() if value is not None}
        return stated | (self.sender.to_properties() if self.sender else {})


def blob_path(name: PhotoName, media: Media) -> str:
    """Return the name of a photo's blob, made of nothing but the photo's parsed name and format."""
    day = name.captured_at.astimezone(UTC)
    return f"{name.camera}/{day:%Y/%m/%d}/{name}.{media.suffix}"


def parse_photo(record: Mapping[str, object]) -> Photo:
    """Return the photo that `Photo.to_properties` described. A property that is not a string, such
    as a date that somebody typed in Storage Explorer, counts as missing. Raises
    DamagedRecordError."""
    properties = {name: value for name, value in record.items() if isinstance(value, str)}
    try:
        media = Media.of_content_type(properties["content_type"])
        if media is None:
            raise ValueError("its content type is not that of a photo")
        return Photo(
            name=parse_name(properties["id"]),
            media=media,
            sha256=properties["sha256"],
            size=int(properties["size"]),
            received_at=parse_time(properties["received_at"]),
            trigger=properties.get("trigger"),
            clock=properties.get("clock"),
            site=unquote(properties["site"]) if "site" in properties else None,
            preview=_parse_preview(properties.get("preview", ""), int(properties["size"])),
            deleted_at=parse_time(properties["deleted_at"]) if "deleted_at" in properties else None,
            sender=parse_sender(properties),
            is_trashed=properties.get("trashed") == _YES and "deleted_at" in properties,
            is_protected=properties.get("protected") == _YES,
            motion=_or_none(parse_motion, properties.get("motion")),
            labels=_or_none(parse_labels, properties.get("labels")) or (),
        )
    except (KeyError, ValueError) as error:  # WireError is a ValueError
        name = properties.get("id", "a record")
        raise DamagedRecordError(f"{name} cannot be read: {error}") from None


def _or_none(parse: Callable[[str], Value], text: str | None) -> Value | None:
    """Return what a text says; None without one, and for one that somebody changed: the photo can
    be shown without it."""
    try:
        return parse(text) if text is not None else None
    except WireError:
        return None


def _preview_to_text(preview: Preview) -> str:
    return f"{preview.offset} {preview.size} {preview.orientation}"


def _parse_preview(text: str, photo_size: int) -> Preview | None:
    """Return the preview that a photo's record states; None if it states none, or something else,
    such as a place beyond the photo's end: a thumbnail is then made of the photo."""
    match = _PREVIEW.fullmatch(text)
    preview = Preview(*map(int, match.groups())) if match else None
    return preview if preview and preview.offset + preview.size <= photo_size else None


class NameReservation(NamedTuple):
    """The name that a photo got here, because it came without a time. When the same bytes come from
    the same camera again, they get the same name."""

    name: PhotoName
    sha256: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that a device may read or write, as it was read. `etag` changes whenever it is
    written."""

    content: bytes
    etag: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert, and when it first came in. One that was taken back since is counted, but not
    indexed. One of an unknown sender (UNKNOWN) is listed, and has no effect. `together` is what the
    list of all shows in its place, if others were joined to it; these are not in that list."""

    alert: Alert
    received_at: datetime
    is_taken_back: bool = False
    sender: Sender | None = None
    together: Alert | None = None
    is_joined: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether somebody else than the camera's device may have sent it."""
        return self.sender is not None and self.sender.is_unknown


def alert_key(stored: StoredAlert) -> str:
    """Return the key that orders the alerts: the last that came in has the lowest, and of those
    that came in together that of the last photo."""
    name, kind = stored.alert.name, stored.alert.kind
    key = f"{count_down(stored.received_at)}~{count_down(name.captured_at)}~{name}~{kind}"
    return key + UNKNOWN_SUFFIX if stored.is_unknown else key


class PhotoTimes(NamedTuple):
    """When an indexed photo was taken and when it was received. `clock` is that of `Photo`."""

    name: PhotoName
    received_at: datetime
    clock: str | None


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that was received from a queue, for the `count`th time. `receipt` removes it, until
    it is received once more."""

    text: str
    id: str
    receipt: str
    count: int


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The photo of a camera that was indexed last, when, and how many others the device had in its
    backlog at the last upload. `stub_at` is when a stub was indexed last, of which no photo was
    seen since. `last` is None, and `indexed_at` that of the stub, if only stubs came."""

    last: PhotoName | None
    indexed_at: datetime
    waiting: int | None = None
    stub_at: datetime | None = None

    @property
    def arrived_at(self) -> datetime:
        """When a photo or a stub was indexed last."""
        return max(self.indexed_at, self.stub_at or self.indexed_at)
