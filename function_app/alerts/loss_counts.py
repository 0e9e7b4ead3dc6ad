"""How many photos were lost, by camera and day, without counting them all again.

They are counted on from where the last count ended, as photos are (decision 8), but in the order in
which the alerts of all cameras came in. A row for each month and camera has the counts by day, and
the moment up to which it counts; one more row has the moment up to which all of them do. That one
is written last: after a crash, or beside another instance, some rows have counted further already,
and what they have is not added again. Losses that were taken back are counted, too, and subtracted.
Days are those of UTC on which the photos were taken.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from function_app.ingest.stored import TAKEN_BACK
from function_app.services import Services
from function_app.storage.interfaces import Alerts
from function_app.storage.models import KeptAlert, alert_key
from function_app.storage.row_keys import count_down
from function_app.storage.table_store import Entity, query_all
from photo_wire.alert import LOSS
from photo_wire.name import parse_name

MONTHS, UP_TO = "losses~months", "losses~up-to"  # partitions, by names that no camera can have
ALL = "all"
AT_ONCE = 1000
_THREADS = 16
# An alert may be listed a little after the moment at which it came in: a request ends by then.
SETTLED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Month:
    """The losses of one camera in one month by day, of those that came in up to a moment. `up_to`
    is the moment's `count_down`, as the keys of alerts begin: later ones are lower."""

    days: Counter[date]
    up_to: str
    row: Entity


def losses(services: Services, now: datetime, save: bool = True) -> dict[str, Counter[date]]:
    """The losses of every camera that had some, by day: three requests, and those for what is not
    counted yet, which `save` writes down for the next time. Raises StorageUnavailableError."""
    up_to = services.tally.get(UP_TO, ALL)  # read before the months, which are never behind it
    months = {month.row.key: month for month in _months(services)}
    settled = count_down(now - SETTLED)
    older: defaultdict[str, Counter[date]] = defaultdict(Counter)
    fresh: defaultdict[str, Counter[date]] = defaultdict(Counter)
    is_behind = False
    for kept in _came_since(up_to.properties["up_to"] if up_to else None, services.alerts):
        place, day = alert_key(kept), kept.alert.name.captured_at.date()
        is_settled = place > settled
        is_behind = is_behind or is_settled
        key = f"{day.isoformat()[:7]}~{kept.alert.name.camera}"
        is_counted = key in months and place > months[key].up_to
        if kept.alert.kind == LOSS and not is_counted:
            (older if is_settled else fresh)[key][day] += 1
    if is_behind and save:
        _save(older, months, settled, up_to, services)
    found: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for part in ({key: month.days for key, month in months.items()}, older, fresh):
        for key, days in part.items():
            found[key.partition("~")[2]].update(days)
    for row in query_all(services.tally, TAKEN_BACK):
        name = parse_name(row.key)
        found[name.camera][name.captured_at.date()] -= 1
    return {camera: +days for camera, days in found.items() if +days}


def forget_losses(camera: str, services: Services) -> None:
    """Forget how many losses of a camera were counted, when its alerts are gone. Raises
    StorageUnavailableError."""
    for month in list(_months(services)):
        if month.row.key.partition("~")[2] == camera:
            services.tally.remove(MONTHS, month.row.key)
    for row in list(query_all(services.tally, TAKEN_BACK)):
        if parse_name(row.key).camera == camera:
            services.tally.remove(TAKEN_BACK, row.key)


def _came_since(up_to: str | None, alerts: Alerts) -> Iterator[KeptAlert]:
    """The alerts that came in after this moment, the last first."""
    after: str | None = None
    while found := alerts.newest(AT_ONCE, after, up_to):
        yield from found
        if len(found) < AT_ONCE:
            return
        after = alert_key(found[-1])


def _months(services: Services) -> Iterator[Month]:
    after = ""
    while found := services.tally.query(MONTHS, AT_ONCE, after):
        for row in found:
            days = json.loads(row.properties["days"])
            counts = Counter({date.fromisoformat(day): count for day, count in days.items()})
            yield Month(counts, row.properties["up_to"], row)
        if len(found) < AT_ONCE:
            return
        after = found[-1].key


def _save(
    older: Mapping[str, Counter[date]],
    months: Mapping[str, Month],
    settled: str,
    up_to: Entity | None,
    services: Services,
) -> None:
    """Write what was counted, up to the moment `settled`. Where somebody else wrote meanwhile it is
    left at that: the next count goes on from wherever each row is."""

    def write(key: str) -> bool:
        month = months.get(key)
        days = sorted(((month.days if month else Counter()) + older[key]).items())
        text = json.dumps({f"{day}": count for day, count in days}, separators=(",", ":"))
        row = month.row if month else None
        return _write(MONTHS, key, row, {"days": text}, settled, services)

    with ThreadPoolExecutor(_THREADS) as pool:
        is_written = all(pool.map(write, older))
    if is_written:
        _write(UP_TO, ALL, up_to, {}, settled, services)


def _write(
    partition: str,
    key: str,
    row: Entity | None,
    properties: Mapping[str, str],
    settled: str,
    services: Services,
) -> bool:
    """Write a row that counts up to the moment `settled`; False if it was changed meanwhile."""
    properties = {**properties, "up_to": settled}
    if row is None:
        return services.tally.insert(partition, key, properties)
    return services.tally.replace(partition, row, properties)
