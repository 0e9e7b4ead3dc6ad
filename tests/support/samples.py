"""Photos and alerts that tests make up."""

from datetime import datetime, timedelta

from function_app.storage.models import Photo, StoredAlert
from photo_wire.alert import LOSS, Alert
from photo_wire.media import Media
from tests.support.api import MOMENT, name_of

SHA = "ab" * 32
BODY = b"the bytes of a photo"


def photo_of(camera: str, moment: datetime = MOMENT, tag: str = "5f3a9c2e") -> Photo:
    """Return a photo of this camera that was taken at this moment."""
    return Photo(name_of(camera, moment, tag), Media.JPEG, SHA, len(BODY), MOMENT)


def losses(count: int, minutes: int = 0) -> list[StoredAlert]:
    """Return losses that came in together, this many minutes after MOMENT."""
    names = [name_of("gate", MOMENT + timedelta(seconds=number)) for number in range(count)]
    came = MOMENT + timedelta(minutes=minutes)
    return [StoredAlert(Alert(name, LOSS, f"{minutes}"), came) for name in names]


def in_order(kept: list[StoredAlert]) -> list[StoredAlert]:
    """Return them as the list has them: the last that came in first, of these the newest photo
    first."""
    by_time = sorted(kept, key=lambda one: (one.received_at, one.alert.name.captured_at))
    return by_time[::-1]
