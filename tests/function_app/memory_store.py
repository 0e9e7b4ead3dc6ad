"""The stores in memory: what the Azure adapters promise, without Azure."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.interfaces import Uncount
from function_app.storage.models import (
    CAME,
    KeptAlert,
    NameReservation,
    Photo,
    PhotoStateError,
    Relisted,
    Seen,
    State,
    alert_key,
    blob_path,
)
from function_app.storage.row_keys import (
    PHOTOS,
    View,
    arrival_place,
    arrivals_of,
    count_up,
    tallies_of,
)
from function_app.storage.table_store import ConditionalUpdate, Entity
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName

MAX_LETTERS = 32 * 1024  # in a property of a table's row


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

    def mark_deleted(self, photo: Photo, now: datetime) -> None:
        self.stored[photo.path] = (replace(photo, deleted_at=now), b"")

    def cameras(self) -> list[str]:
        return sorted({path.partition("/")[0] for path in self.stored})

    def query(self, camera: str) -> Iterator[Photo | None]:
        for path in sorted(self.stored):
            if path.startswith(f"{camera}/"):
                yield self.stored[path][0]

    def check(self) -> None:
        return


class MemoryRows:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Entity] = {}
        self._lock = threading.Lock()
        self._written = 0

    def get(self, partition: str, key: str) -> Entity | None:
        return self.kept.get((partition, key))

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        with self._lock:
            if (partition, key) in self.kept:
                return False
            self._write(partition, key, properties)
            return True

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        with self._lock:
            self._write(partition, key, properties)

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        with self._lock:
            now = self.kept.get((partition, row.key))
            if now is None or now.etag != row.etag:
                return False
            self._write(partition, row.key, properties)
            return True

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        with self._lock:
            there = self.kept.get((partition, rewrite.row.key))
            gone = [key for key, properties in rewrite.others.items() if properties is None]
            if there is None or there.etag != rewrite.row.etag:
                return False
            if any((partition, key) not in self.kept for key in gone):
                return False
            assert len(rewrite.others) < 100
            self._write(partition, rewrite.row.key, rewrite.properties)
            for key, properties in rewrite.others.items():
                if properties is None:
                    del self.kept[partition, key]
                else:
                    self._write(partition, key, properties)
            return True

    def remove(self, partition: str, key: str) -> None:
        self.kept.pop((partition, key), None)

    def query(self, partition: str, count: int, after: str = "", end: str = "") -> list[Entity]:
        keys = sorted(key for one, key in self.kept if one == partition and key > after)
        keys = [key for key in keys if not end or key < end]
        return [self.kept[partition, key] for key in keys[:count]]

    def _write(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        assert all(len(text) <= MAX_LETTERS for text in properties.values())
        self._written += 1
        self.kept[partition, key] = Entity(key, dict(properties), str(self._written))


class MemoryIndex:
    """PhotoIndex in two dictionaries; a removal changes `tally` with them."""

    def __init__(self, tally: MemoryRows | None = None) -> None:
        self.tally = tally or MemoryRows()
        self.listed: dict[PhotoName, Photo] = {}
        self.claims: dict[tuple[str, str], NameReservation] = {}
        self.states: dict[PhotoName, tuple[State, str, Media]] = {}
        self._arrivals: dict[str, Photo] = {}
        self._places: dict[PhotoName, str] = {}
        self._seen: dict[str, Seen] = {}
        self._lock = threading.Lock()

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        with self._lock:
            state, _, media = self.states.get(photo.name, (None, "", photo.media))
            if photo.name not in self.listed and state in (State.LOST, State.DELETED):
                raise PhotoStateError(photo.name, State(state), media)
            return self._add(photo, now, waiting)

    def add_anyway(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        with self._lock:
            return self._add(photo, now, waiting)

    def _add(self, photo: Photo, now: datetime, waiting: int | None) -> Photo | None:
        if photo.name in self.listed:
            return self.listed[photo.name]
        self._list(photo, arrival_place(photo.name, now))
        self._note(Seen(photo.name, to_milliseconds(now), waiting))
        return None

    def _note(self, seen: Seen) -> None:
        """Note this, unless something later is noted."""
        camera = seen.last.camera
        known = self._seen.get(camera, seen)
        self._seen[camera] = max(seen, known, key=lambda one: one.listed_at)

    def _list(self, photo: Photo, place: str) -> None:
        self.listed[photo.name] = photo
        self._places[photo.name] = place
        self._arrivals[arrivals_of(photo.name.camera) + place] = photo
        self.states[photo.name] = (State.LISTED, photo.sha256, photo.media)

    def state(self, name: PhotoName) -> State | None:
        return self.states[name][0] if name in self.states else None

    def forget_states(self, camera: str, before: datetime) -> None:
        """As if all were noted now."""
        gone = [
            name
            for name, (state, *_) in self.states.items()
            if state is not State.LISTED and name.camera == camera
        ]
        for name in gone if before > datetime.now(UTC) else []:
            del self.states[name]

    def note_losses(self, lost: Mapping[PhotoName, str]) -> set[PhotoName]:
        came = set()
        with self._lock:
            for name, sha256 in lost.items():
                state, known, _ = self.states.setdefault(name, (State.LOST, sha256, Media.JPEG))
                if state in CAME and sha256 in ("", known):
                    came.add(name)
        return came

    def note_waiting(self, camera: str, waiting: int) -> None:
        with self._lock:
            if camera in self._seen:
                self._seen[camera] = replace(self._seen[camera], waiting=waiting)

    def get(self, name: PhotoName) -> Photo | None:
        return self.listed.get(name)

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        first, end = view.keys(after)
        keys = {view.key(name): photo for name, photo in self.listed.items()}
        if view.camera:
            keys = {key: one for key, one in keys.items() if one.name.camera == view.camera}
        return [keys[key] for key in sorted(keys) if first < key < end][:count]

    def arrived(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[tuple[str, Photo]]:
        prefix = arrivals_of(camera)
        first, end = prefix + after, prefix + count_up(before)
        keys = sorted(key for key in self._arrivals if first < key < end)[:count]
        return [(key.removeprefix(prefix), self._arrivals[key]) for key in keys]

    def place(self, name: PhotoName) -> str | None:
        return self._places[name] if name in self.listed else None

    def strays(self, camera: str) -> Iterator[str]:
        prefix = arrivals_of(camera)
        for key, photo in sorted(self._arrivals.items()):
            place = key.removeprefix(prefix)
            if photo.name.camera == camera and place != self.place(photo.name):
                yield place

    def forget(self, camera: str, place: str, uncount: Uncount | None = None) -> None:
        key = arrivals_of(camera) + place
        while key in self._arrivals:
            rewrite = uncount(place) if uncount else None
            with self._lock:
                if key in self._arrivals and (
                    rewrite is None or self.tally.rewrite(PHOTOS, rewrite)
                ):
                    del self._arrivals[key]

    def relist(self, photo: Photo) -> Relisted:
        with self._lock:
            listed = self.listed.get(photo.name)
            if listed and listed.media != photo.media:
                return Relisted.OTHER_FORMAT
            place = self.place(photo.name) or arrival_place(photo.name, photo.received_at)
            self._list(photo, place)
            return Relisted.REWRITTEN if listed else Relisted.ADDED

    def note(self, photo: Photo) -> None:
        with self._lock:
            self._note(Seen(photo.name, photo.received_at))

    def remove(
        self, photo: Photo, uncount: Uncount | None = None, state: State = State.EXPIRED
    ) -> None:
        prefix = arrivals_of(photo.name.camera)
        while True:
            place = self.place(photo.name) or arrival_place(photo.name, photo.received_at)
            is_there = prefix + place in self._arrivals
            rewrite = uncount(place) if uncount and is_there else None
            with self._lock:
                if is_there and prefix + place not in self._arrivals:
                    continue
                if rewrite and not self.tally.rewrite(PHOTOS, rewrite):
                    continue
                if self.listed.pop(photo.name, None) or is_there:
                    self.states[photo.name] = (state, photo.sha256, photo.media)
                self._arrivals.pop(prefix + place, None)
                return

    def forget_camera(self, camera: str) -> None:
        self._seen.pop(camera, None)
        first = tallies_of(camera)
        for row in self.tally.query(PHOTOS, 1000, first, f"{first}~"):
            self.tally.remove(PHOTOS, row.key)

    def last_seen(self, camera: str) -> Seen | None:
        return self._seen.get(camera)

    def cameras(self) -> dict[str, Seen]:
        return dict(self._seen)

    def claim(self, claim: NameReservation) -> NameReservation:
        with self._lock:
            return self.claims.setdefault((claim.name.camera, claim.sha256), claim)

    def check(self) -> None:
        return


class MemoryAlerts:
    """Alerts in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptAlert] = {}
        self._lock = threading.Lock()
        self._known: set[tuple[PhotoName, str]] = set()

    def add(self, alerts: list[KeptAlert]) -> None:
        with self._lock:
            for one in alerts:
                if (one.alert.name, one.alert.kind) not in self._known:
                    self._known.add((one.alert.name, one.alert.kind))
                    self.kept[alert_key(one)] = one

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[KeptAlert]:
        keys = sorted(one for one in self.kept if (after or "") < one < (end or ":"))
        return [self.kept[one] for one in keys[:count]]

    def newest_of(self, camera: str, count: int, after: str | None) -> list[KeptAlert]:
        mine = [
            key
            for key, one in self.kept.items()
            if one.alert.name.camera == camera and not one.is_taken_back
        ]
        return [self.kept[key] for key in sorted(mine) if key > (after or "")][:count]

    def remove_some_of(self, camera: str) -> int:
        with self._lock:
            found = self.newest_of(camera, 33, None)
            for one in found:
                self._known.discard((one.alert.name, one.alert.kind))
                del self.kept[alert_key(one)]
        return len(found)

    def index_by_camera(self) -> None:
        return

    def find(self, name: PhotoName, kind: str) -> KeptAlert | None:
        ours = (one for one in list(self.kept.values()) if one.alert.name == name)
        return next((one for one in ours if one.alert.kind == kind), None)

    def take_back(self, kept: KeptAlert) -> None:
        self.kept[alert_key(kept)] = replace(kept, is_taken_back=True)


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

    def query(self, camera: str) -> Iterator[PhotoName]:
        mine = (name for name in list(self.kept) if name.camera == camera)
        yield from sorted(mine, key=lambda name: (name.captured_at, str(name)))


def memory_services(settings: Settings, **parts: Any) -> Services:
    """A backend that keeps everything in memory; `parts` take the place of its own."""
    index = parts.get("index") or MemoryIndex()
    usual = {
        "blobs": MemoryBlobs(),
        "index": index,
        "thumbnails": MemoryThumbnails(),
        "alerts": MemoryAlerts(),
        "people": MemoryRows(),
        "accesses": MemoryRows(),
        "tally": index.tally if isinstance(index, MemoryIndex) else MemoryRows(),
    }
    return Services(**{**usual, **parts}, settings=settings)
