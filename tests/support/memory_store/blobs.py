"""Photos, thumbnails and what devices read and write, as blobs in memory."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from function_app.storage.models import Photo, StoredBlob, blob_path
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
        return stored[1][first : first + count] or None if stored else None

    def find(self, name: PhotoName, media: Media) -> Photo | None:
        photo = self.find_or_tombstone(name, media)
        return photo if photo and photo.deleted_at is None else None

    def find_or_tombstone(self, name: PhotoName, media: Media) -> Photo | None:
        stored = self.stored.get(blob_path(name, media))
        return stored[0] if stored else None

    def remove(self, photo: Photo) -> None:
        self.stored.pop(photo.path, None)

    def remove_unchanged(self, photo: Photo) -> None:
        with self._lock:
            stored = self.stored.get(photo.path)
            if stored and (stored[0].sha256, stored[0].deleted_at) == (
                photo.sha256,
                photo.deleted_at,
            ):
                del self.stored[photo.path]

    def write_tombstone(self, photo: Photo, now: datetime) -> None:
        self.stored[photo.path] = (replace(photo, deleted_at=now, is_trashed=False), b"")

    def update(
        self, name: PhotoName, media: Media, change: Callable[[Photo], Photo | None]
    ) -> Photo | None:
        path = blob_path(name, media)
        with self._lock:
            if path not in self.stored:
                return None
            photo, body = self.stored[path]
            changed = change(photo)
            if changed is None:
                del self.stored[path]
            else:
                self.stored[path] = (changed, b"" if changed.is_tombstone else body)
            return changed

    def renew(self, photo: Photo) -> None:
        return

    def cameras(self) -> list[str]:
        return sorted({path.partition("/")[0] for path in self.stored})

    def list_photos(self, camera: str) -> Iterator[Photo | None]:
        for path in sorted(self.stored):
            if path.startswith(f"{camera}/"):
                yield self.stored[path][0]

    def check(self) -> None:
        return


class MemoryThumbnails:
    """Thumbnails in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[PhotoName, bytes] = {}

    def read(self, photo: Photo) -> bytes | None:
        return self.kept.get(photo.name)

    def write(self, photo: Photo, body: bytes) -> None:
        self.kept[photo.name] = body

    def remove(self, name: PhotoName) -> None:
        self.kept.pop(name, None)

    def list_names(self, camera: str) -> Iterator[PhotoName]:
        mine = (name for name in list(self.kept) if name.camera == camera)
        yield from sorted(mine, key=lambda name: (name.captured_at, str(name)))


class MemoryDeviceBlobs:
    """DeviceBlobs in a dictionary. Nobody can follow its links."""

    def __init__(self) -> None:
        self.kept: dict[str, StoredBlob] = {}
        self._lock = threading.Lock()
        self._written = 0

    def read(self, path: str, max_bytes: int) -> StoredBlob | None:
        found = self.kept.get(path)
        return found if found and 0 < len(found.content) <= max_bytes else None

    def write(self, path: str, content: bytes, content_type: str, etag: str = "") -> bool:
        with self._lock:
            now = self.kept.get(path)
            if etag != (now.etag if now else ""):
                return False
            self._written += 1
            self.kept[path] = StoredBlob(content, str(self._written), datetime.now(UTC))
            return True

    def remove(self, path: str) -> None:
        self.kept.pop(path, None)

    def link(self, path: str, until: datetime, may_write: bool = False) -> str | None:
        return f"http://memory.example/devices/{path}?until={until:%s}&write={int(may_write)}"
