"""Count lost photos by camera and day without counting all of them again.

A count goes on from where the last one ended, as for photos (docs/decisions/0008-counting-on.md),
but in the order in which the alerts of all cameras came in. A row for each month and camera has the
counts by day and the moment up to which it counts; one checkpoint has the moment up to which all of
them count. The checkpoint is written last: after a crash, or while another instance counts, some
rows have counted further already, and what they contain is not added again.

Losses that were taken back are counted too, and subtracted. A day (UTC) is that on which the photo
was taken.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from function_app.storage.interfaces import Alerts
from function_app.storage.models import StoredAlert, alert_key
from function_app.storage.photo_counts import MALFORMED
from function_app.storage.row_keys import (
    LOSS_CHECKPOINT,
    LOSS_MONTHS,
    LOSSES_TAKEN_BACK,
    camera_of_loss_key,
    count_down,
    loss_month_key,
)
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore, query_all
from photo_wire.alert import LOSS
from photo_wire.errors import WireError
from photo_wire.name import PhotoName, parse_name

# An alert may be stored a little after the moment at which it came in: a request ends within this.
SETTLE_TIME = timedelta(minutes=5)
_THREADS = 16

# The persisted columns. COUNTED_UP_TO is a moment's `count_down`, as the keys of alerts begin: the
# later the moment, the lower it is.
COUNTED_UP_TO = "up_to"
DAYS = "days"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Month:
    """The losses of one camera in one month by day, and the row that has them."""

    days: Counter[date]
    row: Entity
    counted_up_to: str


class LossCounts:
    """Counts the losses among `alerts`; keeps the counts in `rows`. All methods raise
    StorageUnavailableError."""

    def __init__(self, rows: TableStore, alerts: Alerts) -> None:
        self.rows = rows
        self.alerts = alerts

    def count(self, now: datetime, damaged: set[str] | None = None) -> dict[str, Counter[date]]:
        """Return the losses of every camera that had some, by day. It takes three requests, and
        those for what is not counted yet, which are saved for the next count.

        A damaged row is logged and does not count; its camera is added to `damaged`."""
        damaged = set() if damaged is None else damaged
        checkpoint = self.rows.get(*LOSS_CHECKPOINT)  # before the months, which are never behind it
        months = {month.row.key: month for month in self._months(damaged)}
        counted_up_to = checkpoint.properties[COUNTED_UP_TO] if checkpoint else None
        settled = count_down(now - SETTLE_TIME)
        older: defaultdict[str, Counter[date]] = defaultdict(Counter)
        recent: defaultdict[str, Counter[date]] = defaultdict(Counter)
        has_settled = False
        for stored in self._alerts_since(counted_up_to):
            name, alert_position = stored.alert.name, alert_key(stored)
            key = loss_month_key(name.camera, name.captured_at.date())
            is_settled = alert_position > settled
            has_settled = has_settled or is_settled
            is_counted = key in months and alert_position > months[key].counted_up_to
            if stored.alert.kind == LOSS and not is_counted and not stored.is_unknown:
                (older if is_settled else recent)[key][name.captured_at.date()] += 1
        if has_settled:
            self._save(older, months, settled, checkpoint)
        losses: defaultdict[str, Counter[date]] = defaultdict(Counter)
        for part in ({key: month.days for key, month in months.items()}, older, recent):
            for key, days in part.items():
                losses[camera_of_loss_key(key)].update(days)
        for name in self._taken_back():
            losses[name.camera][name.captured_at.date()] -= 1
        return {camera: +days for camera, days in losses.items() if +days}

    def take_back(self, name: PhotoName) -> None:
        """Take back the report that this photo was lost, if there is one, because it arrived. It
        may be repeated, also after it was stopped at any point.

        The alert leaves the lists, but its row stays: nobody can tell whether a count has passed it
        yet. So every loss is counted, and every one that was taken back is subtracted.
        """
        stored = self.alerts.find(name, LOSS)
        if stored is None:
            return
        self.rows.insert(LOSSES_TAKEN_BACK, str(name), {})
        self.alerts.take_back(stored)
        log.info("the loss of %s is taken back: it arrived", name)

    def forget(self, camera: str) -> None:
        """Remove the counts of a camera whose alerts are deleted."""
        for row in list(query_all(self.rows, LOSS_MONTHS)):
            if camera_of_loss_key(row.key) == camera:
                self.rows.remove(LOSS_MONTHS, row.key)
        for name in list(self._taken_back()):
            if name.camera == camera:
                self.rows.remove(LOSSES_TAKEN_BACK, str(name))

    def _taken_back(self) -> Iterator[PhotoName]:
        """Yield the photos whose losses were taken back."""
        for row in query_all(self.rows, LOSSES_TAKEN_BACK):
            try:
                yield parse_name(row.key)
            except WireError:
                log.warning("losses: the row %s of %s is no photo's", row.key, LOSSES_TAKEN_BACK)

    def _alerts_since(self, counted_up_to: str | None) -> Iterator[StoredAlert]:
        """Yield the alerts that came in after this moment, the last first."""
        after: str | None = None
        while page := self.alerts.newest(PAGE_SIZE, after, counted_up_to):
            yield from page
            if len(page) < PAGE_SIZE:
                return
            after = alert_key(page[-1])

    def _months(self, damaged: set[str]) -> Iterator[_Month]:
        """Yield the months; log those that are damaged, and add their cameras to `damaged`."""
        for row in query_all(self.rows, LOSS_MONTHS):
            try:
                days = json.loads(row.properties[DAYS])
                counts = {date.fromisoformat(day): int(count) for day, count in days.items()}
                month = _Month(Counter(counts), row, row.properties[COUNTED_UP_TO])
            except MALFORMED as error:
                log.warning(
                    "losses: the row %s of %s is damaged (%s): the figures of its camera stay as "
                    "they are",
                    *(row.key, LOSS_MONTHS, type(error).__name__),
                )
                damaged.add(camera_of_loss_key(row.key))
            else:
                yield month

    def _save(
        self,
        older: Mapping[str, Counter[date]],
        months: Mapping[str, _Month],
        settled: str,
        checkpoint: Entity | None,
    ) -> None:
        """Write what was counted up to the moment `settled`. A row that another instance wrote
        meanwhile stays as it is: the next count goes on from wherever each row is."""

        def write(key: str) -> bool:
            month = months.get(key)
            days = sorted(((month.days if month else Counter()) + older[key]).items())
            text = json.dumps({f"{day}": count for day, count in days}, separators=(",", ":"))
            properties = {DAYS: text, COUNTED_UP_TO: settled}
            return self._write(LOSS_MONTHS, key, month.row if month else None, properties)

        with ThreadPoolExecutor(_THREADS) as pool:
            is_written = all(pool.map(write, older))
        if is_written:
            self._write(*LOSS_CHECKPOINT, checkpoint, {COUNTED_UP_TO: settled})

    def _write(
        self, partition: str, key: str, row: Entity | None, properties: Mapping[str, str]
    ) -> bool:
        """Write a row in place of `row`; return False if it was changed meanwhile."""
        if row is None:
            return self.rows.insert(partition, key, properties)
        return self.rows.replace(partition, row, properties)
