"""What is known of a stored photo, and what else the stores keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from urllib.parse import quote, unquote

from function_app.storage.row_keys import count_down
from photo_wire.alert import Alert
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name
from photo_wire.receipt import Receipt

# What `Photo.clock` says beside photo_wire's ClockStatus, of a photo without a time:
SERVER_CLOCK = "server"  # its time is that of its arrival
EXIF_CLOCK = "exif"  # its time is what its EXIF says


class StorageUnavailableError(Exception):
    """Storage did not do what it was asked to; whether it will later is for the caller to try.
    The text says why, and holds no secret."""


class DamagedRecordError(Exception):
    """What is kept under a photo's name was not written by Nightjar, or was changed since."""


class State(StrEnum):
    """What is known of a photo's id. The words are kept in the store."""

    LISTED = "listed"
    LOST = "lost"  # its device reported it lost, and it never came
    DELETED = "deleted"  # a person deleted it
    EXPIRED = "expired"  # retention deleted it
    MISSING = "missing"  # its bytes were gone from the store


CAME = (State.LISTED, State.DELETED, State.EXPIRED)
"""The states of a photo that was stored, and of which nothing was lost."""


class PhotoStateError(Exception):
    """A photo is not listed because of what is known of its id. `media`: of which kind it was."""

    def __init__(self, name: PhotoName, state: State, media: Media) -> None:
        super().__init__(f"{name} is {state}")
        self.state = state
        self.media = media


class Relisted(IntEnum):
    """What `PhotoIndex.relist` did. The first counts as false."""

    OTHER_FORMAT = 0  # nothing: a photo of another kind is listed under the id
    REWRITTEN = 1  # its rows were there
    ADDED = 2  # it had none


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is stored. `sha256` (hex) and `size` (bytes) are those of the stored bytes.
    `trigger` and `clock` are the device's words, `site` an old client's; None where it said none.
    `deleted_at`: its bytes are gone since, and this is the mark that they left.
    """

    name: PhotoName
    media: Media
    sha256: str
    size: int
    received_at: datetime
    trigger: str | None = None
    clock: str | None = None
    site: str | None = None
    deleted_at: datetime | None = None

    @property
    def path(self) -> str:
        """The blob's name: `{camera}/{YYYY}/{MM}/{DD}/{id}.{suffix}`."""
        return blob_path(self.name, self.media)

    def receipt(self) -> Receipt:
        return Receipt(self.name, self.sha256, self.size, self.received_at)

    def to_properties(self) -> dict[str, str]:
        """All of this as ASCII text: the blob's metadata, and the columns of the index's rows."""
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
            "deleted_at": format_time(self.deleted_at) if self.deleted_at else None,
        }
        return {word: value for word, value in properties.items() if value is not None}


def blob_path(name: PhotoName, media: Media) -> str:
    """The name of a photo's blob, made of nothing but the photo's parsed name."""
    day = name.captured_at.astimezone(UTC)
    return f"{name.camera}/{day:%Y/%m/%d}/{name}.{media.suffix}"


def parse_photo(record: Mapping[str, object]) -> Photo:
    """The photo that `Photo.to_words` described. What is no text in the record (a date that
    somebody typed in Storage Explorer) counts as missing. Raises DamagedRecordError."""
    properties = {word: value for word, value in record.items() if isinstance(value, str)}
    try:
        media = Media.of_content_type(properties["content_type"])
        if media is None:
            raise ValueError("its content type is no photo's")
        return Photo(
            name=parse_name(properties["id"]),
            media=media,
            sha256=properties["sha256"],
            size=int(properties["size"]),
            received_at=parse_time(properties["received_at"]),
            trigger=properties.get("trigger"),
            clock=properties.get("clock"),
            site=unquote(properties["site"]) if "site" in properties else None,
            deleted_at=parse_time(properties["deleted_at"]) if "deleted_at" in properties else None,
        )
    except (KeyError, ValueError) as error:  # WireError is a ValueError
        name = properties.get("id", "a record")
        raise DamagedRecordError(f"{name} cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class NameReservation:
    """The name that a photo was given here, because it came without a time. Who sends the same
    bytes from the same camera again finds the claim, and so the same name."""

    name: PhotoName
    sha256: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """An alert, when it first came in, and whether it was taken back since: then it is counted, and
    shown to nobody."""

    alert: Alert
    received_at: datetime
    is_taken_back: bool = False


def alert_key(kept: KeptAlert) -> str:
    """What orders the alerts: the last that came in has the lowest; of those that came in together,
    that of the last photo."""
    name = kept.alert.name
    return f"{count_down(kept.received_at)}~{count_down(name.captured_at)}~{name}~{kept.alert.kind}"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last that was listed of a camera: which photo, when, and how many the device said were
    still waiting."""

    last: PhotoName
    listed_at: datetime
    waiting: int | None = None
