"""The index of photos in memory."""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from function_app.storage.models import (
    CAME,
    LastSeen,
    NameReservation,
    Photo,
    PhotoStateError,
    PhotoTimes,
    Reindexed,
    State,
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
from function_app.storage.table_store import Entity
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName
from tests.support.memory_store.table import MemoryTable

MAX_PHOTOS = 1_000_000  # of a list


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
        while True:
            listed = self.listed.get(photo.name)
            if listed and listed.media != photo.media:
                return Reindexed.OTHER_FORMAT
            if listed and self._replace(listed, photo):
                return Reindexed.REWRITTEN
            with self._lock:
                if photo.name not in self.listed:
                    self._write(photo, arrival_position(photo.name, photo.received_at))
                    self._restart_retention(photo)
                    return Reindexed.ADDED

    def _replace(self, listed: Photo, photo: Photo) -> bool:
        """Write a photo in place of the listed one; return False if that, or the counts, changed
        meanwhile. What is read from the counts is read without the lock: a test may let others act
        before each of these calls."""
        position, update = self.position(photo.name), None
        if position and listed.is_stub is not photo.is_stub:
            update = self._counters.change_update(listed, photo, position)
        with self._lock:
            if position is None or self.listed.get(photo.name) is not listed:
                return False
            if update and not self.rows.rewrite(PHOTOS, update):
                return False
            self._write(photo, position)
            if listed.is_protected and not photo.is_protected:
                self._restart_retention(photo)
            return True

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
        while listed := self.listed.get(photo.name):
            if listed.media is not photo.media or listed == photo or self._replace(listed, photo):
                return

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
        while photo := arrivals.get(position):
            update = self._counters.removal_update(counted, position, True) if counted else None
            with self._lock:
                if self.position(photo.name) == position:  # it was restored
                    return
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
