"""When the newest alerts came in, of each camera and of all: one row, which is written with each
alert.

It lies beside the states of devices, since the page of what is now reads those anyway. So it counts
the new alerts without a request more (docs/decisions/0093-new-alerts-are-kept-beside-devices.md).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from function_app.storage.device_keys import NEW_ALERTS, STATES
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.interfaces import Alerts
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import MAX_ATTEMPTS, PAGE_SIZE, Entity, TableStore
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import UNDELIVERED, Alert
from photo_wire.moment import milliseconds

MAX_OF_ALL = 50  # alerts of the list of all
MAX_OF_CAMERA = 20  # and of a person
_PAGE = 300  # alerts that are read with each change: several instances may add a hundred at once
_COLUMN, _MAX_COLUMN = "alerts", 30_000  # how the columns' names begin; characters in one
# Characters in all columns: a row may have 1 MiB, two bytes for each. 1,400 cameras fit that had
# MAX_OF_CAMERA alerts each.
_MAX_TEXT = 480_000

log = logging.getLogger(__name__)


def person_of(alert: Alert) -> str | None:
    """Return the person whose channel failed, whom nobody else but owners may know; None for other
    alerts."""
    if alert.kind != UNDELIVERED or alert.name.camera != BACKEND:
        return None
    return str(alert.details["person"]) if "person" in alert.details else None


class Newest(NamedTuple):
    """When the newest alerts of a list came in (milliseconds since 1970), the last first.
    `has_older`: the list has further ones."""

    times: tuple[int, ...] = ()
    has_older: bool = False

    def since(self, moment: datetime | None) -> "NewCount":
        """Return how many came in after a moment (None: ever)."""
        first = -1 if moment is None else milliseconds(moment)
        count = sum(one > first for one in self.times)
        return NewCount(count, self.has_older and count == len(self.times))

    def replaced(self, found: list[int], end: int | None, count: int) -> "Newest":
        """Return `count` of the list that begins with these times: all up to `end`, at which there
        may be more; None if there is nothing more. What is older stays as it was."""
        if end is None:
            return Newest(tuple(found[:count]), len(found) > count)
        at_end = max(self.times.count(end) - found.count(end), 0)
        times = [*found, *[end] * at_end, *(one for one in self.times if one < end)]
        return Newest(tuple(times[:count]), self.has_older or len(times) > count)

    def without(self, time: int) -> "Newest":
        """Return the same without one that came in at this time."""
        at = self.times.index(time) if time in self.times else len(self.times)
        return Newest(self.times[:at] + self.times[at + 1 :], self.has_older)


NOTHING = Newest()


@dataclass(frozen=True, slots=True)
class NewCount:
    """How many alerts are new; `or_more`: at least."""

    count: int = 0
    or_more: bool = False


@dataclass(frozen=True, slots=True)
class NewAlerts:
    """When the newest alerts came in: those that all see who may see all cameras, those that only
    owners and one person see, by person, and those of each camera."""

    of_all: Newest = NOTHING
    of_people: Mapping[str, Newest] = field(default_factory=dict)
    of_cameras: Mapping[str, Newest] = field(default_factory=dict)

    def count(
        self,
        since: datetime | None,
        cameras: Collection[str] | None,
        may_see: Callable[[str], bool],
    ) -> NewCount:
        """Return how many alerts came in after a moment (None: ever) that somebody sees who may see
        these cameras (None: all), and what `may_see` says of a person."""
        if cameras is None:
            lists = [self.of_all]
            lists += [one for person, one in self.of_people.items() if may_see(person)]
        else:
            lists = [self.of_cameras[one] for one in cameras if one in self.of_cameras]
        found = [one.since(since) for one in lists]
        return NewCount(sum(one.count for one in found), any(one.or_more for one in found))

    def without_camera(self, camera: str) -> "NewAlerts":
        """Return the same without the alerts of a camera. Which of the list of all were its own is
        not known, so that only the fact remains that there may be older ones."""
        others = {name: one for name, one in self.of_cameras.items() if name != camera}
        return replace(self, of_all=Newest(has_older=True), of_cameras=others)

    def without(self, stored: StoredAlert) -> "NewAlerts":
        """Return the same without an alert that was taken back."""
        at, camera = milliseconds(stored.received_at), stored.alert.name.camera
        of_cameras = {
            name: one.without(at) if name == camera else one
            for name, one in self.of_cameras.items()
        }
        return replace(self, of_all=self.of_all.without(at), of_cameras=of_cameras)


def parse_new_alerts(rows: Iterable[Entity]) -> NewAlerts:
    """Return what the row among those of STATES says; nothing if there is none yet, or if somebody
    changed it by hand: the next alert writes it anew."""
    row = next((one for one in rows if one.key == NEW_ALERTS), None)
    if row is None:
        return NewAlerts()
    columns = (
        row.properties.get(f"{_COLUMN}{number}", "") for number in range(len(row.properties))
    )
    try:
        content: dict[str, Any] = json.loads("".join(columns))
        return NewAlerts(
            _parse(content["all"]),
            {person: _parse(one) for person, one in content["people"].items()},
            {camera: _parse(one) for camera, one in content["cameras"].items()},
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        log.warning("the row %s of %s cannot be read", NEW_ALERTS, STATES)
        return NewAlerts()


class CountedAlerts:
    """Alerts in `alerts`, of which `rows` keep when the newest came in. That is written after each
    change of theirs; if it fails, the next change or `index_by_camera` makes up for it."""

    def __init__(self, alerts: Alerts, rows: TableStore) -> None:
        self.alerts = alerts
        self._rows = rows
        self.newest = alerts.newest
        self.newest_of = alerts.newest_of
        self.newest_of_some = alerts.newest_of_some
        self.find = alerts.find

    def add(self, alerts: list[StoredAlert]) -> None:
        self.alerts.add(alerts)
        self._change(lambda known: self._read(known, _PAGE))

    def join(
        self, first: StoredAlert, joined: StoredAlert, combine: Callable[[Alert], Alert]
    ) -> None:
        self.alerts.join(first, joined, combine)
        self._change(lambda known: self._read(known, _PAGE))

    def take_back(self, stored: StoredAlert) -> None:
        self.alerts.take_back(stored)
        if not stored.is_taken_back:  # else it is out already, and another one has its time
            self._change(lambda known: known and known.without(stored))  # an upload waits for it

    def remove_some_of(self, camera: str) -> int:
        removed = self.alerts.remove_some_of(camera)
        if not removed:
            self._change(lambda known: self._read(known and known.without_camera(camera), _PAGE))
        return removed

    def index_by_camera(self) -> None:
        self.alerts.index_by_camera()
        self._change(lambda known: self._read(known, PAGE_SIZE))

    def _change(self, change: Callable[[NewAlerts | None], NewAlerts | None]) -> None:
        """Write what `change` makes of the row, of None if there is none. It is called after the
        row was read: so whoever writes last has read the list last. Two requests, and those of
        `change`."""
        try:
            for _ in range(MAX_ATTEMPTS):
                row = self._rows.get(STATES, NEW_ALERTS)
                known = parse_new_alerts([row]) if row else None
                changed = change(known)
                if changed is None or changed == known or self._write(row, changed):
                    return
            log.warning("alerts: other instances changed the row %s each time", NEW_ALERTS)
        except StorageUnavailableError as error:
            log.warning("alerts: when the newest came in is not written: %s", error)

    def _read(self, known: NewAlerts | None, count: int) -> NewAlerts:
        """Return what the newest `count` alerts say now, and of what is known the older ones. If
        nothing is known, every list may have older ones. One request."""
        page = self.alerts.newest(count, None)
        end = milliseconds(page[-1].received_at) if len(page) == count else None
        of_all: list[int] = []
        of_people: defaultdict[str, list[int]] = defaultdict(list)
        of_cameras: defaultdict[str, list[int]] = defaultdict(list)
        for one in page:
            if one.is_taken_back:
                continue
            person, at = person_of(one.alert), milliseconds(one.received_at)
            if person is not None:
                of_people[person].append(at)
                continue
            of_cameras[one.alert.name.camera].append(at)
            if not one.is_joined:
                of_all.append(at)
        other = NOTHING if known else Newest(has_older=True)
        before = known or NewAlerts(of_all=other)
        return NewAlerts(
            before.of_all.replaced(of_all, end, MAX_OF_ALL),
            _replaced(before.of_people, of_people, end, other),
            _replaced(before.of_cameras, of_cameras, end, other),
        )

    def _write(self, row: Entity | None, new_alerts: NewAlerts) -> bool:
        """Write the row in place of what was read; return False if it was changed meanwhile."""
        text = _to_text(new_alerts)
        parts = (text[first : first + _MAX_COLUMN] for first in range(0, len(text), _MAX_COLUMN))
        columns = {f"{_COLUMN}{number}": part for number, part in enumerate(parts)}
        if row is None:
            return self._rows.insert(STATES, NEW_ALERTS, columns)
        return self._rows.replace(STATES, row, columns)


def _replaced(
    known: Mapping[str, Newest], found: Mapping[str, list[int]], end: int | None, other: Newest
) -> dict[str, Newest]:
    """Return the lists of these names with what was found; `other` is what was known of a list that
    is not among them."""
    lists = {
        name: known.get(name, other).replaced(found.get(name, []), end, MAX_OF_CAMERA)
        for name in sorted({*known, *found})
    }
    return {name: one for name, one in lists.items() if one != NOTHING}


def _to_text(new_alerts: NewAlerts) -> str:
    """Return the columns' text. Of more cameras than fit those are left out that had no alert for
    the longest time."""
    cameras = dict(
        sorted(new_alerts.of_cameras.items(), key=lambda item: item[1].times, reverse=True)
    )
    while True:
        content = {"all": new_alerts.of_all, "people": new_alerts.of_people, "cameras": cameras}
        text = json.dumps(content, separators=(",", ":"))
        if len(text) <= _MAX_TEXT:
            return text
        cameras = dict(list(cameras.items())[: len(cameras) * 9 // 10])


def _parse(newest: Any) -> Newest:
    times, has_older = newest
    return Newest(tuple(map(int, times)), bool(has_older))
