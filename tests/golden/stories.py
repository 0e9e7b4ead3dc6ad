"""What is recorded of a version: everything that its clients send and its backend answers.

A new kind of request, header, or reply gets a story here; the order is that of the recording.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.alerts.reporter import loss_alert
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Loss, PhotoInfo, SpooledPhoto
from tests.e2e.first_seed import send_with_header, send_with_query
from tests.support.pictures import dng, mp4

MAX_MB = 1  # the recorded backend's MAX_PHOTO_MB
WRONG_KEY = "a-wrong-key"
_START = datetime(2026, 11, 20, 12, 1, 34, 567_000, UTC)
# A grey picture of 8 by 8 pixels; fixed, since another Pillow would draw other bytes.
_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1"
    "tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAA"
    "AAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)


@dataclass(frozen=True)
class Story:
    """`send` has the uploader send something; `other` is another client, given URL and key."""

    name: str
    what: str
    send: Callable[[BackendClient], object] | None = None
    other: Callable[[str, str], object] | None = None
    key: str | None = None  # in place of the right one
    storage: str = "here"


def jpeg(number: int) -> bytes:
    """A JPEG of its own: the picture with a comment behind its first marker."""
    comment = b"golden %06d" % number
    length = (len(comment) + 2).to_bytes(2, "big")
    return _JPEG[:2] + b"\xff\xfe" + length + comment + _JPEG[2:]


def stories() -> list[Story]:
    motion, mp4_clip = jpeg(1), mp4(3)
    raw = dng(2)
    first = _photo(1, motion)
    given_up = replace(_photo(20, jpeg(20)), sequence=20)
    return [
        Story("jpeg", "A JPEG, on motion, by a clock that is set.", _put(first, motion)),
        Story("jpeg-again", "The same once more: its receipt was lost.", _put(first, motion)),
        Story(
            "dng",
            "A raw picture, by the timer; the clock was never set.",
            _put(_photo(2, raw, Media.DNG, Trigger.SCHEDULE, ClockStatus.UNSYNCED), raw),
        ),
        Story(
            "mp4",
            "A clip, by a pin; its time was worked out once the clock was set.",
            _put(_photo(3, mp4_clip, Media.MP4, Trigger.GPIO, ClockStatus.CORRECTED), mp4_clip),
        ),
        Story(
            "on-demand",
            "A JPEG, taken by hand.",
            _put(_photo(4, jpeg(4), trigger=Trigger.DEMAND), jpeg(4)),
        ),
        Story(
            "id-taken",
            "Other bytes under the id of a stored photo.",
            _put(_photo(5, jpeg(5)).renamed(first.name, ClockStatus.SYNCED), jpeg(5)),
        ),
        Story("no-photo", "Bytes that are no photo.", _put(_photo(6, b"text"), b"text")),
        Story(
            "cut-short",
            "A JPEG whose end is missing.",
            _put(_photo(7, jpeg(7)[:-2]), jpeg(7)[:-2]),
        ),
        Story(
            "damaged-on-the-way",
            "Bytes that do not match their digest.",
            _put(_photo(8, jpeg(9)).renamed(_photo(8, b"").name, ClockStatus.SYNCED), jpeg(8)),
        ),
        Story(
            "wrong-type",
            "A JPEG that is called a clip.",
            _put(_photo(10, jpeg(10), Media.MP4), jpeg(10)),
        ),
        Story("empty", "No bytes.", _put(_photo(11, b""), b"")),
        Story(
            "too-large",
            f"More bytes than the backend's limit, {MAX_MB} MB here.",
            _put(_photo(12, _large()), _large()),
        ),
        Story(
            "wrong-key",
            "A key that the backend does not know.",
            _put(_photo(13, jpeg(13)), jpeg(13)),
            key=WRONG_KEY,
        ),
        Story(
            "storage-away",
            "The backend cannot reach its storage.",
            _put(_photo(14, jpeg(14)), jpeg(14)),
            storage="away",
        ),
        Story(
            "losses",
            "Two photos that were given up; the first had arrived after all.",
            _report(Loss(first, "no-room"), Loss(given_up, "disk-error")),
        ),
        Story("key-tried", "`pi-uploader doctor` tries the key with an empty report.", _report()),
        Story(
            "losses-storage-away",
            "Losses, while the backend cannot reach its storage.",
            _report(Loss(given_up, "no-room")),
            storage="away",
        ),
        Story("losses-wrong-key", "Losses, with a wrong key.", _report(), key=WRONG_KEY),
        Story(
            "first-client",
            "The first seed's client: a picture and a key in a header.",
            other=lambda url, key: send_with_header(url, jpeg(30), key),
        ),
        Story(
            "first-client-again",
            "The same picture once more.",
            other=lambda url, key: send_with_header(url, jpeg(30), key),
        ),
        Story(
            "second-client",
            "The first seed's newer client: site, camera and key in the address.",
            other=lambda url, key: send_with_query(url, jpeg(31), key, "Allotment 7", "Back Gate"),
        ),
    ]


def _photo(
    number: int,
    body: bytes,
    media: Media = Media.JPEG,
    trigger: Trigger = Trigger.MOTION,
    clock: ClockStatus = ClockStatus.SYNCED,
) -> SpooledPhoto:
    name = new_name("golden", _START + timedelta(seconds=number), f"{number:08x}")
    sha256 = hashlib.sha256(body).hexdigest()
    return SpooledPhoto(number, PhotoInfo(name, media, trigger, clock), len(body), sha256)


def _large() -> bytes:
    return jpeg(12) + bytes(MAX_MB * 1024 * 1024)


def _put(photo: SpooledPhoto, body: bytes) -> Callable[[BackendClient], object]:
    return lambda delivery: delivery.send_photo(photo, BytesIO(body))


def _report(*losses: Loss) -> Callable[[BackendClient], object]:
    return lambda delivery: delivery.send_alerts([loss_alert(loss) for loss in losses])
