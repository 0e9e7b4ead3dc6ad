"""The stores in memory: what the Azure adapters promise, without Azure."""

import threading
from datetime import datetime

from function_app.storage.records import Claim, KeptAlert, Photo, Seen, alert_key, blob_path
from function_app.storage.views import View, arrival_key, arrivals_of, count_up
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
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
        self._arrivals: dict[str, Photo] = {}
        self._seen: dict[str, Seen] = {}
        self._lock = threading.Lock()

    def add(self, photo: Photo, now: datetime) -> Photo | None:
        with self._lock:
            if photo.name in self.listed:
                return self.listed[photo.name]
            self.listed[photo.name] = photo
            self._arrivals[arrival_key(photo.name, now)] = photo
            self._seen[photo.name.camera] = Seen(photo.name, to_milliseconds(now))
            return None

    def get(self, name: PhotoName) -> Photo | None:
        return self.listed.get(name)

    def walk(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        first, end = view.keys(after)
        keys = {view.key(name): photo for name, photo in self.listed.items()}
        if view.camera:
            keys = {key: one for key, one in keys.items() if one.name.camera == view.camera}
        return [keys[key] for key in sorted(keys) if first < key < end][:count]

    def arrived(self, camera: str, before: datetime, count: int) -> list[Photo]:
        end = arrivals_of(camera) + count_up(before)
        keys = sorted(key for key in self._arrivals if arrivals_of(camera) < key < end)
        return [self._arrivals[key] for key in keys][:count]

    def remove(self, photo: Photo) -> None:
        with self._lock:
            self.listed.pop(photo.name, None)
            self._arrivals = {
                key: one for key, one in self._arrivals.items() if one.name != photo.name
            }

    def cameras(self) -> dict[str, Seen]:
        return dict(self._seen)

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
