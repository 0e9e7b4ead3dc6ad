"""Alerts in memory."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import islice

from function_app.storage.models import StoredAlert, alert_key
from photo_wire.alert import Alert
from photo_wire.name import PhotoName


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
            stored = self.kept.get(alert_key(first))
            if stored is None:
                if alert_key(joined) not in self.kept:
                    self._put(joined)
                return
            together = combine(stored.together or stored.alert)
            self._put(replace(stored, together=together))
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

    def take_back(self, stored: StoredAlert) -> None:
        self._put(replace(stored, is_taken_back=True))
