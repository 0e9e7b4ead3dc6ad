"""The headers that describe a photo on its way up. Old clients send none but Content-Type."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from photo_wire.errors import WireError, quoted
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, check_camera, parse_name

UPLOAD_PATH = "/api/camera/photo"
FUNCTION_KEY = "x-functions-key"
CONTENT_TYPE = "Content-Type"
CONTENT_DIGEST = "Content-Digest"
PHOTO_ID = "X-Photo-Id"
CAMERA_ID = "X-Camera-Id"
CAPTURED_AT = "X-Captured-At"
TRIGGER = "X-Trigger"
CLOCK = "X-Clock"
WAITING = "X-Waiting"

Word = TypeVar("Word", bound=StrEnum)  # PEP 695 needs Python 3.12; the Pi may have 3.11
_SHA256_MEMBER = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class Trigger(StrEnum):
    """What made the camera take the photo."""

    MOTION = "motion"
    GPIO = "gpio"
    SCHEDULE = "schedule"
    DEMAND = "demand"


class ClockStatus(StrEnum):
    """How far the photo's time can be trusted: the device's clock was set when it was taken, was
    set later and the time worked out from that, or never was."""

    SYNCED = "synced"
    CORRECTED = "corrected"
    UNSYNCED = "unsynced"


@dataclass(frozen=True, slots=True)
class PhotoHeaders:
    """What a client says of the photo in its body; None where it said nothing. `waiting`: how many
    photos still wait on the device.

    `sha256` is in hex. `media` None also stands for a Content-Type that names no kind of photo;
    `content_type` then says which one it was.
    """

    name: PhotoName | None = None
    camera: str | None = None
    captured_at: datetime | None = None
    trigger: Trigger | None = None
    clock: ClockStatus | None = None
    content_type: str | None = None
    sha256: str | None = None
    waiting: int | None = None

    @property
    def media(self) -> Media | None:
        return Media.of_content_type(self.content_type or "")

    def to_headers(self) -> dict[str, str]:
        """These words as HTTP headers."""
        said: dict[str, str | None] = {
            CONTENT_TYPE: self.content_type,
            CONTENT_DIGEST: content_digest(self.sha256) if self.sha256 else None,
            PHOTO_ID: str(self.name) if self.name else None,
            CAMERA_ID: self.camera,
            CAPTURED_AT: format_time(self.captured_at) if self.captured_at else None,
            TRIGGER: self.trigger,
            CLOCK: self.clock,
            WAITING: None if self.waiting is None else str(self.waiting),
        }
        return {header: str(value) for header, value in said.items() if value is not None}


def parse_headers(headers: Mapping[str, str]) -> PhotoHeaders:
    """What the headers of an upload say.

    `headers` is asked by the names above: give it a mapping that ignores case. Raises WireError,
    naming the header, for one that is malformed, and where two of them contradict each other.
    """
    digest, photo_id = headers.get(CONTENT_DIGEST), headers.get(PHOTO_ID)
    camera, captured_at = headers.get(CAMERA_ID), headers.get(CAPTURED_AT)
    trigger, clock = headers.get(TRIGGER), headers.get(CLOCK)
    waiting = headers.get(WAITING)
    said = PhotoHeaders(
        name=parse_name(photo_id, PHOTO_ID) if photo_id is not None else None,
        camera=check_camera(camera, CAMERA_ID) if camera is not None else None,
        captured_at=parse_time(captured_at, CAPTURED_AT) if captured_at is not None else None,
        trigger=_one_of(Trigger, trigger, TRIGGER) if trigger is not None else None,
        clock=_one_of(ClockStatus, clock, CLOCK) if clock is not None else None,
        content_type=headers.get(CONTENT_TYPE),
        sha256=parse_content_digest(digest) if digest is not None else None,
        waiting=_count(waiting) if waiting is not None else None,
    )
    if said.name and said.camera not in (None, said.name.camera):
        raise WireError(CAMERA_ID, f"is not the camera of {PHOTO_ID} ({said.name.camera})")
    if said.name and said.captured_at not in (None, said.name.captured_at):
        raise WireError(CAPTURED_AT, f"is not the time in {PHOTO_ID} ({said.name})")
    return said


def content_digest(sha256: str) -> str:
    """The Content-Digest header of bytes whose SHA-256 is given in hex (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def parse_content_digest(text: str) -> str | None:
    """The SHA-256, in hex, that a Content-Digest header states; None if it states only others.

    The header is a dictionary and may hold several algorithms (RFC 9530, section 2). Raises
    WireError where it has a sha-256 that is not one.
    """
    members = [member.strip() for member in text.split(",")]
    stated = [member for member in members if member.partition("=")[0] == "sha-256"]
    if not stated:
        return None
    match = _SHA256_MEMBER.fullmatch(stated[-1])  # of two the later one counts (RFC 8941, 3.2)
    try:
        return base64.b64decode(match[1], validate=True).hex() if match else _no_digest(text)
    except binascii.Error:
        return _no_digest(text)


def _no_digest(text: str) -> str:
    raise WireError(CONTENT_DIGEST, f"{quoted(text)} is not sha-256=:BASE64 OF 32 BYTES:")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise WireError(WAITING, f"{quoted(text)} is not a number of photos")
    return int(text)


def _one_of(words: type[Word], text: str, field: str) -> Word:
    try:
        return words(text)
    except ValueError:
        known = ", ".join(words)
        raise WireError(field, f"{quoted(text)} is not one of {known}") from None
