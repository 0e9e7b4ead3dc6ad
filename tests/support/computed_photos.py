"""A backend in memory with as many photos as one likes: each is computed when it is asked for."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app import build_app
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.models import LastSeen, Photo
from function_app.storage.row_keys import View
from local.host import Host
from local.server import Server
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.media.preview import draw_preview
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from tests.support.memory_store import (
    MemoryBlobs,
    MemoryIndex,
    MemoryThumbnails,
    memory_services,
)

CAMERAS = ("gate", "entry", "drive", "yard")
BURST, IN_BURST = 5, timedelta(seconds=3)  # photos for a trigger, and the time between two
BETWEEN = timedelta(minutes=8)  # two triggers


@dataclass(frozen=True, slots=True)
class Photos:
    """`count` photos: 900 a day, in bursts of five, of four cameras in turn, the last one taken at
    `newest`. Number 0 is the newest."""

    count: int
    newest: datetime

    @property
    def oldest(self) -> datetime:
        """When the first photo was taken."""
        return self.name(self.count - 1).captured_at

    def name(self, number: int) -> PhotoName:
        """Return the name of the photo of this number."""
        burst, place = divmod(number, BURST)
        at = self.newest - burst * BETWEEN - place * IN_BURST
        return new_name(CAMERAS[burst % len(CAMERAS)], at, f"{number:08x}")

    def photo(self, number: int) -> Photo:
        """Return the photo of this number."""
        name = self.name(number)
        trigger = Trigger.DEMAND if number % 100 == 0 else Trigger.MOTION
        return Photo(name, Media.JPEG, "ab" * 32, 500_000, name.captured_at, trigger, "synced")

    def before(self, moment: datetime) -> int:
        """Return the number of the newest photo that was taken before a moment."""
        first = min(self.count, max(0, BURST * ((self.newest - moment) // BETWEEN - 1)))
        while first < self.count and self.name(first).captured_at >= moment:
            first += 1
        return first

    def query(self, view: View, count: int, after: PhotoName | None) -> list[Photo]:
        """Return the photos of a view as an index does."""
        first = self.before(view.until) if view.until else 0
        end = self.before(view.since) if view.since else self.count
        if after and view.oldest_first:
            end = min(end, self.before(after.captured_at + timedelta(milliseconds=1)))
        elif after:
            first = max(first, self.before(after.captured_at))
        numbers = range(first, end)
        found = []
        for number in reversed(numbers) if view.oldest_first else numbers:
            if view.camera in (None, CAMERAS[number // BURST % len(CAMERAS)]):
                found.append(self.photo(number))
                if len(found) == count:
                    break
        return found


class ComputedIndex(MemoryIndex):
    """PhotoIndex of computed photos, which do not change."""

    def __init__(self, photos: Photos) -> None:
        super().__init__()
        self._photos = photos

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        return [] if view.stubs else self._photos.query(view, count, after)

    def get(self, name: PhotoName) -> Photo | None:
        number = int(name.tag, 16)
        is_there = number < self._photos.count and self._photos.name(number) == name
        return self._photos.photo(number) if is_there else None

    def cameras(self, among: Collection[str] | None = None) -> dict[str, LastSeen]:
        last = [self._photos.name(BURST * number) for number in range(len(CAMERAS))]
        seen = {one.camera: LastSeen(one, one.captured_at) for one in last}
        return {camera: one for camera, one in seen.items() if among is None or camera in among}


class _SameBlobs(MemoryBlobs):
    """Has the same picture for each photo, with zeros up to the photo's size."""

    def __init__(self, picture: bytes) -> None:
        super().__init__()
        self._picture = picture

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        return self._picture.ljust(photo.size, b"\0")[first : first + count] or None


class _SameThumbnails(MemoryThumbnails):
    """Has the same thumbnail for each photo."""

    def __init__(self, picture: bytes) -> None:
        super().__init__()
        self._picture = picture

    def read(self, photo: Photo) -> bytes | None:
        return self._picture


def computed_services(photos: Photos, password: str) -> Services:
    """Return services with these photos, and with an owner who has this password."""
    camera = SimulatedCamera("gate", lambda: photos.newest)
    picture = camera.take(CaptureContext("gate", Trigger.MOTION, photos.newest)).content
    return memory_services(
        Settings("", secrets=Secrets(gallery_password=password)),
        index=ComputedIndex(photos),
        blobs=_SameBlobs(picture),
        thumbnails=_SameThumbnails(draw_preview(picture)),
    )


@contextmanager
def served(services: Callable[[], Services]) -> Iterator[str]:
    """Serve the backend over these services in a thread; yield its address."""
    server = Server(Host(build_app(services).get_functions(), []).handle)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.base_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
