"""The headers of an upload, which describe the photo. Old clients send only Content-Type."""

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
from photo_wire.motion import (
    LABELS,
    MOTION,
    Label,
    Motion,
    format_labels,
    parse_labels,
    parse_motion,
)
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
HEARTBEAT = "X-Heartbeat"  # see heartbeat.py

Choice = TypeVar("Choice", bound=StrEnum)  # PEP 695 needs Python 3.12; the Pi may have 3.11
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
    """A client's description of the photo in the body; None for headers that it did not send.
    `waiting` is the number of photos that still wait on the device, `sha256` is in hex. `motion` is
    None if nobody looked for motion, `labels` are empty without the header.

    `media` is also None for a Content-Type that is not one of a photo; see `content_type` then.
    """

    name: PhotoName | None = None
    camera: str | None = None
    captured_at: datetime | None = None
    trigger: Trigger | None = None
    clock: ClockStatus | None = None
    content_type: str | None = None
    sha256: str | None = None
    waiting: int | None = None
    motion: Motion | None = None
    labels: tuple[Label, ...] = ()

    @property
    def media(self) -> Media | None:
        return Media.of_content_type(self.content_type or "")

    def to_headers(self) -> dict[str, str]:
        """Return the description as HTTP headers."""
        headers: dict[str, str | None] = {
            CONTENT_TYPE: self.content_type,
            CONTENT_DIGEST: content_digest(self.sha256) if self.sha256 else None,
            PHOTO_ID: str(self.name) if self.name else None,
            CAMERA_ID: self.camera,
            CAPTURED_AT: format_time(self.captured_at) if self.captured_at else None,
            TRIGGER: self.trigger,
            CLOCK: self.clock,
            WAITING: None if self.waiting is None else str(self.waiting),
            MOTION: str(self.motion) if self.motion else None,
            LABELS: format_labels(self.labels) if self.labels else None,
        }
        return {header: str(value) for header, value in headers.items() if value is not None}


def parse_headers(headers: Mapping[str, str]) -> PhotoHeaders:
    """Return the description in the headers of an upload. `headers` must ignore the case of names.

    Raises WireError, naming the header, if one is malformed or if two contradict each other.
    """
    digest, photo_id = headers.get(CONTENT_DIGEST), headers.get(PHOTO_ID)
    camera, captured_at = headers.get(CAMERA_ID), headers.get(CAPTURED_AT)
    trigger, clock = headers.get(TRIGGER), headers.get(CLOCK)
    waiting, motion, labels = headers.get(WAITING), headers.get(MOTION), headers.get(LABELS)
    photo = PhotoHeaders(
        name=parse_name(photo_id, PHOTO_ID) if photo_id is not None else None,
        camera=check_camera(camera, CAMERA_ID) if camera is not None else None,
        captured_at=parse_time(captured_at, CAPTURED_AT) if captured_at is not None else None,
        trigger=_one_of(Trigger, trigger, TRIGGER) if trigger is not None else None,
        clock=_one_of(ClockStatus, clock, CLOCK) if clock is not None else None,
        content_type=headers.get(CONTENT_TYPE),
        sha256=parse_content_digest(digest) if digest is not None else None,
        waiting=_count(waiting) if waiting is not None else None,
        motion=parse_motion(motion) if motion is not None else None,
        labels=parse_labels(labels) if labels is not None else (),
    )
    if photo.name and photo.camera not in (None, photo.name.camera):
        raise WireError(CAMERA_ID, f"is not the camera of {PHOTO_ID} ({photo.name.camera})")
    if photo.name and photo.captured_at not in (None, photo.name.captured_at):
        raise WireError(CAPTURED_AT, f"is not the time in {PHOTO_ID} ({photo.name})")
    return photo


def content_digest(sha256: str) -> str:
    """Return the Content-Digest header (RFC 9530) of bytes with this SHA-256 (hex)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def parse_content_digest(text: str) -> str | None:
    """Return the SHA-256 (hex) in a Content-Digest header; None if it has only other algorithms.

    The header is a dictionary of algorithms (RFC 9530, section 2). Raises WireError if its sha-256
    is malformed.
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


def _one_of(choices: type[Choice], text: str, field: str) -> Choice:
    try:
        return choices(text)
    except ValueError:
        known = ", ".join(choices)
        raise WireError(field, f"{quoted(text)} is not one of {known}") from None
