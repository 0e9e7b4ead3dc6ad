"""The stores in memory: what the Azure adapters promise, without Azure."""

import threading

from function_app.storage.records import Claim, KeptAlert, Photo, alert_key, blob_path
from photo_wire.media import Media
from photo_wire.name import PhotoName


class MemoryBlobs:
    """PhotoBlobs in a dictionary."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[Photo, bytes]] = {}
        self._lock = threading.Lock()

    def add(self, photo: Photo, body: bytes) -> Photo | None:
        with self._lock:
            if photo.path in self.stored:
                return self.stored[photo.path][0]
            self.stored[photo.path] = (photo, body)
            return None

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        stored = self.stored.get(photo.path)
        return stored[1][first : first + count] if stored else None

    def find(self, name: PhotoName, media: Media) -> Photo | None:
        stored = self.stored.get(blob_path(name, media))
        return stored[0] if stored else None

    def remove(self, photo: Photo) -> None:
        self.stored.pop(photo.path, None)

    def check(self) -> None:
        return


class MemoryIndex:
    """PhotoIndex in two dictionaries."""

    def __init__(self) -> None:
        self.listed: dict[PhotoName, Photo] = {}
        self.claims: dict[tuple[str, str], Claim] = {}
        self._lock = threading.Lock()

    def add(self, photo: Photo) -> Photo | None:
        with self._lock:
            if photo.name in self.listed:
                return self.listed[photo.name]
            self.listed[photo.name] = photo
            return None

    def get(self, name: PhotoName) -> Photo | None:
        return self.listed.get(name)

    def newest(self, count: int, camera: str | None, after: PhotoName | None) -> list[Photo]:
        names = [name for name in self.listed if camera in (None, name.camera)]
        if after:
            names = [name for name in names if _age(name) > _age(after)]
        return [self.listed[name] for name in sorted(names, key=_age)[:count]]

    def claim(self, claim: Claim) -> Claim:
        with self._lock:
            return self.claims.setdefault((claim.name.camera, claim.sha256), claim)

    def check(self) -> None:
        return


class MemoryAlerts:
    """Alerts in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptAlert] = {}

    def add(self, alerts: list[KeptAlert]) -> None:
        self.kept.update({alert_key(one.alert): one for one in alerts})

    def newest(self, count: int, after: str | None) -> list[KeptAlert]:
        keys = sorted(one for one in self.kept if one > (after or ""))
        return [self.kept[one] for one in keys[:count]]


def _age(name: PhotoName) -> tuple[float, str]:
    """What sorts the newest first, and photos of one moment by their id."""
    return -name.captured_at.timestamp(), str(name)
