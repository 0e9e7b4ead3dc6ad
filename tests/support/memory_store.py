"""The stores in memory: what the Azure adapters promise, without Azure."""

import json
import threading
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from function_app.auth.audit_log import AuditLog
from function_app.auth.device_keys import DeviceKeys
from function_app.new_alerts import CountedAlerts
from function_app.notification_queue.notifier import Notifier
from function_app.notification_queue.notifying_alerts import NotifyingAlerts
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.figures import FiguresTable
from function_app.storage.loss_counts import LossCounts
from function_app.storage.models import (
    CAME,
    LastSeen,
    NameReservation,
    Photo,
    PhotoStateError,
    PhotoTimes,
    QueuedMessage,
    Reindexed,
    State,
    StoredAlert,
    StoredBlob,
    alert_key,
    blob_path,
)
from function_app.storage.photo_counters import PhotoCounters
from function_app.storage.photo_counts import POSITION, Arrival, PhotoCounts
from function_app.storage.row_keys import (
    ALL_RETENTION,
    PHOTOS,
    View,
    arrival_position,
    camera_of_retention_key,
    count_up,
    counts_of,
    retention_key,
    trash_position,
)
from function_app.storage.table_store import (
    ConditionalUpdate,
    Entity,
    KeyRange,
)
from photo_wire.alert import Alert
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName

# Azure's limits ("Understanding the Table service data model", "Performing entity group
# transactions" in Microsoft's reference). A stored character takes two bytes (UTF-16).
MAX_PROPERTIES = 252  # of a row, without its two keys and its Timestamp
MAX_PROPERTY_BYTES, MAX_ROW_BYTES, MAX_TRANSACTION_BYTES = 64 * 1024, 1 << 20, 4 << 20
MAX_ROWS = 100  # in a transaction
MAX_PHOTOS = 1_000_000  # of a list
MAX_SELECTED = 255  # columns of a query


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


class MemoryTable:
    """TableStore in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Entity] = {}
        self._keys: defaultdict[str, list[str]] = defaultdict(list)  # in order
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

    def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        _check_transaction(rows)
        with self._lock:
            for key, properties in rows.items():
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
            removed = [key for key, properties in rewrite.others.items() if properties is None]
            if there is None or there.etag != rewrite.row.etag:
                return False
            if any((partition, key) not in self.kept for key in removed):
                return False
            _check_transaction({rewrite.row.key: rewrite.properties, **rewrite.others})
            self._write(partition, rewrite.row.key, rewrite.properties)
            for key, properties in rewrite.others.items():
                if properties is None:
                    self._remove(partition, key)
                else:
                    self._write(partition, key, properties)
            return True

    def remove(self, partition: str, key: str) -> None:
        with self._lock:
            if (partition, key) in self.kept:
                self._remove(partition, key)

    def query(
        self,
        partition: str,
        count: int,
        after: str = "",
        end: str = "",
        columns: Sequence[str] | None = None,
    ) -> list[Entity]:
        assert columns is None or len({"RowKey", "Timestamp", *columns}) <= MAX_SELECTED
        with self._lock:
            keys = self._keys[partition]
            first = bisect_right(keys, after)
            last = bisect_left(keys, end) if end else len(keys)
            found = [self.kept[partition, key] for key in keys[first:last][:count]]
        return found if columns is None else [_with_columns(row, columns) for row in found]

    def query_ranges(
        self, partition: str, ranges: Sequence[KeyRange], columns: Sequence[str] | None = None
    ) -> list[Entity]:
        with self._lock:
            keys = self._keys[partition]
            found = {
                key
                for first, last in ranges
                for key in keys[bisect_left(keys, first) : bisect_right(keys, last)]
            }
            rows = [self.kept[partition, key] for key in sorted(found)]
        return rows if columns is None else [_with_columns(row, columns) for row in rows]

    def _write(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        _check_row(partition, key, properties)
        self._written += 1
        if (partition, key) not in self.kept:
            insort(self._keys[partition], key)
        self.kept[partition, key] = Entity(key, dict(properties), str(self._written))

    def _remove(self, partition: str, key: str) -> None:
        del self.kept[partition, key]
        del self._keys[partition][bisect_left(self._keys[partition], key)]


def _check_row(partition: str, key: str, properties: Mapping[str, str]) -> None:
    """Assert that Azure would store this row."""
    assert len(properties) <= MAX_PROPERTIES
    sizes = [_utf16(text) for text in properties.values()]
    assert max(sizes, default=0) <= MAX_PROPERTY_BYTES
    columns = sum(sizes) + sum(8 + _utf16(name) + 4 for name in properties)
    assert 4 + _utf16(partition) + _utf16(key) + columns <= MAX_ROW_BYTES


def _check_transaction(rows: Mapping[str, Mapping[str, str] | None]) -> None:
    """Assert that Azure would take these rows in one request, each with up to 1 KiB around it."""
    assert 0 < len(rows) <= MAX_ROWS
    sizes = [1024 + len(json.dumps(dict(row or {}))) for row in rows.values()]
    assert sum(sizes) <= MAX_TRANSACTION_BYTES


def _utf16(text: str) -> int:
    return 2 * len(text) if text.isascii() else len(text.encode("utf-16-le"))


def _with_columns(row: Entity, columns: Sequence[str]) -> Entity:
    properties = {name: row.properties[name] for name in columns if name in row.properties}
    return row._replace(properties=properties)


class MemoryIndex:
    """PhotoIndex in dictionaries; the counts are in `rows`, and a removal changes both at once."""

    def __init__(self, rows: MemoryTable | None = None) -> None:
        self.rows = rows or MemoryTable()
        self._counters = PhotoCounters(self.rows, self)
        self.listed: dict[PhotoName, Photo] = {}
        self.reservations: dict[tuple[str, str], NameReservation] = {}
        self.states: dict[PhotoName, tuple[State, str, Media]] = {}
        self.arrivals: defaultdict[str, dict[str, Photo]] = defaultdict(dict)  # by camera
        self.trashed: dict[PhotoName, tuple[str, Photo]] = {}  # with its place among the arrivals
        self._positions: dict[PhotoName, str] = {}
        self._last_seen: dict[str, LastSeen] = {}
        self._first_seen: dict[str, datetime] = {}
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
        self._write(photo, arrival_position(photo.name, now))
        self._update_last_seen(photo, to_milliseconds(now), waiting)
        return None

    def _write(self, photo: Photo, position: str) -> None:
        self.listed[photo.name] = photo
        self._positions[photo.name] = position
        self.arrivals[photo.name.camera][position] = photo
        self.states[photo.name] = (State.LISTED, photo.sha256, photo.media)

    def reindex(self, photo: Photo) -> Reindexed:
        with self._lock:
            listed = self.listed.get(photo.name)
            if listed and listed.media != photo.media:
                return Reindexed.OTHER_FORMAT
            position = self.position(photo.name)
            self._write(photo, position or arrival_position(photo.name, photo.received_at))
            if not listed or listed.is_protected > photo.is_protected:
                self._restart_retention(photo)
            if listed and listed.is_stub is not photo.is_stub:
                self._move_count(listed, photo)
            return Reindexed.REWRITTEN if listed else Reindexed.ADDED

    def remove(self, photo: Photo, state: State) -> None:
        self._remove(photo, state, is_counted=True)

    def unindex(self, photo: Photo, state: State) -> None:
        self._remove(photo, state, is_counted=False)

    def _remove(self, photo: Photo, state: State, is_counted: bool) -> None:
        arrivals = self.arrivals[photo.name.camera]
        while True:
            fallback = arrival_position(photo.name, photo.received_at)
            position = self.position(photo.name) or fallback
            is_there = position in arrivals
            update = None
            if is_counted and is_there:
                update = self._counters.removal_update(photo, position)
            with self._lock:
                if is_there and position not in arrivals:
                    continue
                if update and not self.rows.rewrite(PHOTOS, update):
                    continue
                if self.listed.pop(photo.name, None) or is_there:
                    self.states[photo.name] = (state, photo.sha256, photo.media)
                arrivals.pop(position, None)
                return

    def trash(self, photo: Photo) -> None:
        arrivals = self.arrivals[photo.name.camera]
        while True:
            position = self.position(photo.name)
            update = self._counters.removal_update(photo, position) if position else None
            with self._lock:
                if position != self.position(photo.name):
                    continue
                if update and not self.rows.rewrite(PHOTOS, update):
                    continue
                earlier = self.trashed[photo.name][0] if photo.name in self.trashed else None
                fallback = arrival_position(photo.name, photo.received_at)
                self.trashed[photo.name] = (position or earlier or fallback, photo)
                self.states[photo.name] = (State.DELETED, photo.sha256, photo.media)
                self.listed.pop(photo.name, None)
                arrivals.pop(position or "", None)
                return

    def restore(self, photo: Photo) -> bool:
        while trashed := self.trashed.get(photo.name):
            position, earlier = trashed
            update = self._counters.restoration_update(photo, position)
            with self._lock:
                if self.trashed.get(photo.name) != trashed:
                    continue
                if photo.name in self.listed or earlier.sha256 != photo.sha256:
                    del self.trashed[photo.name]
                    return False
                if not self.rows.rewrite(PHOTOS, update):
                    continue
                del self.trashed[photo.name]
                self._write(photo, position)
                self._restart_retention(photo)
                return True
        return False

    def get_trashed(self, name: PhotoName) -> Photo | None:
        return self.trashed[name][1] if name in self.trashed else None

    def list_trash(self, count: int, after: str = "", camera: str | None = None) -> list[Photo]:
        found = {
            trash_position(photo.name, photo.deleted_at): photo
            for _, photo in list(self.trashed.values())
            if camera in (None, photo.name.camera) and photo.deleted_at
        }
        return [found[key] for key in sorted(found) if key > after][:count]

    def forget_trashed(self, photo: Photo) -> None:
        with self._lock:
            listed = self.trashed.get(photo.name)
            if listed and listed[1].deleted_at == photo.deleted_at:
                del self.trashed[photo.name]

    def update(self, photo: Photo) -> None:
        with self._lock:
            listed = self.listed.get(photo.name)
            if listed and listed.media is photo.media and listed != photo:
                self._write(photo, self._positions[photo.name])
                if not photo.is_protected:
                    self._restart_retention(photo)
                if listed.is_stub is not photo.is_stub:
                    self._move_count(listed, photo)

    def _move_count(self, before: Photo, after: Photo) -> None:
        position = self._positions[after.name]
        while not self.rows.rewrite(PHOTOS, self._counters.change_update(before, after, position)):
            continue

    def retention_positions(self) -> dict[str, Entity]:
        rows = self.rows.query(PHOTOS, 1000, *ALL_RETENTION)
        return {camera_of_retention_key(row.key): row for row in rows}

    def save_retention_position(self, camera: str, position: str, read: Entity | None) -> bool:
        if read is None:
            return self.rows.insert(PHOTOS, retention_key(camera), {POSITION: position})
        return self.rows.replace(PHOTOS, read, {POSITION: position})

    def _restart_retention(self, photo: Photo) -> None:
        self.rows.upsert(PHOTOS, retention_key(photo.name.camera), {POSITION: ""})

    def remove_orphan(self, camera: str, position: str, counted: Photo | None = None) -> None:
        arrivals = self.arrivals[camera]
        while position in arrivals:
            update = None
            if counted:
                update = self._counters.removal_update(counted, position, is_orphan=True)
            with self._lock:
                if position in arrivals and (update is None or self.rows.rewrite(PHOTOS, update)):
                    del arrivals[position]

    def get(self, name: PhotoName) -> Photo | None:
        return self.listed.get(name)

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        first, end = view.keys(after)
        keys = {
            view.key(name): photo
            for name, photo in self.listed.items()
            if photo.is_stub is view.stubs
        }
        if view.camera:
            keys = {key: one for key, one in keys.items() if one.name.camera == view.camera}
        return [keys[key] for key in sorted(keys) if first < key < end][:count]

    def query_some(self, view: View, cameras: Collection[str], count: int) -> list[Photo] | None:
        return [one for one in self.query(view, MAX_PHOTOS) if one.name.camera in cameras][:count]

    def query_times(
        self, view: View, count: int, after: PhotoName | None = None
    ) -> list[PhotoTimes]:
        first, end = view.keys(after)
        among = self.arrivals[view.camera].values() if view.camera else self.listed.values()
        keys = {view.key(photo.name): photo for photo in list(among) if photo.is_stub is view.stubs}
        found = [keys[key] for key in sorted(keys) if first < key < end][:count]
        return [PhotoTimes(one.name, one.received_at, one.clock) for one in found]

    def list_arrivals(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[Arrival]:
        arrivals, end = self.arrivals[camera], count_up(before)
        positions = sorted(one for one in list(arrivals) if after < one < end)[:count]
        return [(one, arrivals[one]) for one in positions]

    def position(self, name: PhotoName) -> str | None:
        return self._positions[name] if name in self.listed else None

    def list_orphans(self, camera: str) -> Iterator[str]:
        for position, photo in sorted(self.arrivals[camera].items()):
            if position != self.position(photo.name):
                yield position

    def count_photos(
        self, now: datetime, cameras: Mapping[str, LastSeen] | None = None
    ) -> dict[str, PhotoCounts]:
        return self._counters.count(self.cameras() if cameras is None else cameras, now)

    def invalidate_counts(self, camera: str, until: datetime) -> None:
        self._counters.invalidate(camera, until)

    def state(self, name: PhotoName) -> State | None:
        return self.states[name][0] if name in self.states else None

    def query_states(
        self, camera: str, start: datetime, end: datetime
    ) -> list[tuple[PhotoName, State]]:
        return sorted(
            (
                (name, state)
                for name, (state, *_) in self.states.items()
                if name.camera == camera
                and start <= name.captured_at < end
                and state is not State.LISTED
            ),
            key=lambda one: (one[0].captured_at, one[0].tag),
        )

    def purge_states(self, camera: str, before: datetime) -> None:
        """As if all were recorded now."""
        expired = [
            name
            for name, (state, *_) in self.states.items()
            if state is not State.LISTED and name.camera == camera
        ]
        for name in expired if before > datetime.now(UTC) else []:
            del self.states[name]

    def record_losses(self, losses: Mapping[PhotoName, str]) -> set[PhotoName]:
        came = set()
        with self._lock:
            for name, sha256 in losses.items():
                state, known, _ = self.states.setdefault(name, (State.LOST, sha256, Media.JPEG))
                if state in CAME and sha256 in ("", known):
                    came.add(name)
        return came

    def cameras(self, among: Collection[str] | None = None) -> dict[str, LastSeen]:
        known = dict(self._last_seen)
        return {one: known[one] for one in known if among is None or one in among}

    def last_seen(self, camera: str) -> LastSeen | None:
        return self._last_seen.get(camera)

    def update_last_seen(self, photo: Photo) -> None:
        with self._lock:
            self._update_last_seen(photo, photo.received_at)

    def _update_last_seen(self, photo: Photo, at: datetime, waiting: int | None = None) -> None:
        known = self._last_seen.get(photo.name.camera)
        last, stub_at = (known.last, known.stub_at) if known else (None, None)
        if photo.is_stub:
            stub_at = max(at, stub_at or at)
            seen = LastSeen(last, known.indexed_at if known and last else stub_at, waiting, stub_at)
        elif known and last and known.indexed_at > at:
            return
        else:
            seen = LastSeen(photo.name, at, waiting, stub_at)
        self._last_seen[photo.name.camera] = seen

    def update_waiting(self, camera: str, waiting: int) -> None:
        with self._lock:
            if camera in self._last_seen:
                self._last_seen[camera] = replace(self._last_seen[camera], waiting=waiting)

    def first_seen(self) -> dict[str, datetime]:
        return dict(self._first_seen)

    def is_first_seen_known(self, camera: str) -> bool:
        return camera in self._first_seen

    def record_first_seen(self, camera: str, now: datetime) -> None:
        self._first_seen.setdefault(camera, now)

    def forget_camera(self, camera: str) -> None:
        self._last_seen.pop(camera, None)
        for row in self.rows.query(PHOTOS, 1000, *counts_of(camera)):
            self.rows.remove(PHOTOS, row.key)
        self.rows.remove(PHOTOS, retention_key(camera))
        self._first_seen.pop(camera, None)

    def reserve_name(self, reservation: NameReservation) -> NameReservation:
        with self._lock:
            key = (reservation.name.camera, reservation.sha256)
            return self.reservations.setdefault(key, reservation)

    def check(self) -> None:
        return


class MemoryAlerts:
    """Alerts in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, StoredAlert] = {}
        self._keys: list[str] = []  # in order
        self._lock = threading.Lock()
        self._known: set[tuple[PhotoName, str, bool]] = set()

    def add(self, alerts: list[StoredAlert]) -> None:
        with self._lock:
            for one in alerts:
                if (guard := (one.alert.name, one.alert.kind, one.is_unknown)) not in self._known:
                    self._known.add(guard)
                    self._put(one)

    def _put(self, alert: StoredAlert) -> None:
        key = alert_key(alert)
        is_new = key not in self.kept
        self.kept[key] = alert  # first: a thread that reads finds whatever is in `_keys`
        if is_new:
            insort(self._keys, key)

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[StoredAlert]:
        first, last = bisect_right(self._keys, after or ""), bisect_left(self._keys, end or ":")
        return [self.kept[one] for one in self._keys[first:last][:count]]

    def newest_of(self, camera: str, count: int, after: str | None) -> list[StoredAlert]:
        older = (self.kept[key] for key in self._keys[bisect_right(self._keys, after or "") :])
        mine = (one for one in older if one.alert.name.camera == camera and not one.is_taken_back)
        return [replace(one, together=None) for one in islice(mine, count)]

    def newest_of_some(
        self, cameras: Collection[str], count: int, after: str | None
    ) -> list[StoredAlert] | None:
        all_newest = self.newest(len(self.kept), after)
        return [one for one in all_newest if one.alert.name.camera in cameras][:count]

    def join(
        self, first: StoredAlert, joined: StoredAlert, combine: Callable[[Alert], Alert]
    ) -> None:
        with self._lock:
            kept = self.kept.get(alert_key(first))
            if kept is None:
                if alert_key(joined) not in self.kept:
                    self._put(joined)
                return
            together = combine(kept.together or kept.alert)
            self._put(replace(kept, together=together))
            self._known.add((joined.alert.name, joined.alert.kind, joined.is_unknown))
            self._put(replace(joined, is_joined=True))

    def remove_some_of(self, camera: str) -> int:
        with self._lock:
            found = self.newest_of(camera, 33, None)
            for one in found:
                self._known.discard((one.alert.name, one.alert.kind, one.is_unknown))
                del self._keys[bisect_left(self._keys, alert_key(one))]
                del self.kept[alert_key(one)]
        return len(found)

    def index_by_camera(self) -> None:
        return

    def find(self, name: PhotoName, kind: str) -> StoredAlert | None:
        newest_first = reversed(list(self.kept.values()))
        ours = (one for one in newest_first if one.alert.name == name and not one.is_unknown)
        return next((one for one in ours if one.alert.kind == kind), None)

    def take_back(self, kept: StoredAlert) -> None:
        self._put(replace(kept, is_taken_back=True))


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


class MemoryQueue:
    """Queue in a list. `clock` says when a text may be received; `kept` has those that are not
    removed."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.kept: list[QueuedMessage] = []
        self._due: dict[str, datetime] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._written = 0

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.kept]

    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        with self._lock:
            one = QueuedMessage(text, self._next(), self._next(), 0)
            self._due[one.id] = self._clock() + delay
            self.kept.append(one)

    def begin_put(self, text: str) -> None:
        """Nothing can be begun here."""

    def receive(self, count: int, hidden: timedelta) -> list[QueuedMessage]:
        assert 1 <= count <= 32
        now = self._clock()
        received: list[QueuedMessage] = []
        with self._lock:
            for at, one in enumerate(self.kept):
                if len(received) < count and self._due[one.id] <= now:
                    self._due[one.id] = now + hidden
                    self.kept[at] = replace(one, receipt=self._next(), count=one.count + 1)
                    received.append(self.kept[at])
        return received

    def remove(self, message: QueuedMessage) -> None:
        with self._lock:
            self.kept = [one for one in self.kept if one.receipt != message.receipt]

    def _next(self) -> str:
        self._written += 1
        return str(self._written)


def memory_services(settings: Settings, **parts: Any) -> Services:
    """Services that keep everything in memory; `parts` replace some of them. `rows` are those of
    the counts."""
    rows = parts.pop("rows", None) or MemoryTable()
    notifications = parts.get("notifications") or MemoryTable()
    notifier = parts.get("notifier") or Notifier(MemoryQueue(), notifications)
    devices = parts.get("devices") or MemoryTable()
    kept = CountedAlerts(parts.pop("alerts", None) or MemoryAlerts(), devices)
    alerts = NotifyingAlerts(kept, notifier)
    default = {
        "blobs": MemoryBlobs(),
        "index": MemoryIndex(rows),
        "thumbnails": MemoryThumbnails(),
        "alerts": alerts,
        "accounts": MemoryTable(),
        "devices": devices,
        "device_blobs": MemoryDeviceBlobs(),
        "device_keys": DeviceKeys(devices, alerts),
        "audit_log": AuditLog(MemoryTable(), settings.network.trusted_proxies),
        "loss_counts": LossCounts(rows, alerts),
        "figures": FiguresTable(rows),
        "notifications": notifications,
        "notifier": notifier,
        "poison": MemoryQueue(),
    }
    return Services(**{**default, **parts}, settings=settings)
