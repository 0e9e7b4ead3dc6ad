"""The alerts in Table Storage, in one partition. Each has three rows: one in the list of all, which
begins with the last that came in, the same in its camera's own list (`c~`), and a guard (`k~`),
whose key does not depend on when it came in. One transaction inserts the three, so that an alert
that comes again changes nothing, even at the same moment.

Alerts of versions without lists by camera have no row there. Until `index_by_camera` has copied
them, a camera's list is read from that of all.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import call, error_code
from function_app.storage.azure.filters import key_range, literal
from function_app.storage.azure.queries import Query
from function_app.storage.azure.tables import CHANGED, create_table, insert
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert, alert_key, parse_sender
from function_app.storage.row_keys import UNKNOWN_SUFFIX
from function_app.storage.table_store import MAX_ATTEMPTS, MAX_CHANGES, PAGE_SIZE, Entity
from photo_wire.alert import Alert
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

TABLE = "alerts"
ALERTS = "alerts"  # the partition
BATCH_SIZE = 33  # alerts in a transaction: three rows each
TAKEN_BACK = "taken_back"  # a column
JOINED = "joined"  # another one
TOGETHER = "together"  # another one, in the list of all: an alert as JSON
_END = ":"  # of the list: the character that follows 9
_RUNS_KEY = "m~by-camera"  # of the row that counts the runs of index_by_camera
# The second run, an hour after the first, finds what instances of the old version wrote during the
# upgrade.
_RUNS = 2

log = logging.getLogger(__name__)


class AzureAlerts:
    """Alerts in one table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._queries = account.queries
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)
        self._is_indexed = False  # True once all alerts were found in the lists by camera

    def add(self, alerts: list[StoredAlert]) -> None:
        # The first of each id and kind: a transaction cannot insert a row twice. In the order of
        # their keys, so that one request tells which alerts of a batch are stored already.
        by_key = {_guard(one)["RowKey"]: one for one in reversed(alerts)}
        all_keys = sorted(by_key)
        for start in range(0, len(all_keys), BATCH_SIZE):
            keys = all_keys[start : start + BATCH_SIZE]
            if self._insert([by_key[key] for key in keys]) or len(keys) == 1:
                continue
            stored = self._stored_guards(keys)
            new = [by_key[key] for key in keys if key not in stored]
            if new and not self._insert(new):
                # Another instance stores some of them meanwhile, or they lie far apart.
                for one in new:
                    self._insert([one])

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[StoredAlert]:
        return self._list(after or "", end or _END, count)

    def newest_of(self, camera: str, count: int, after: str | None) -> list[StoredAlert]:
        if not self._is_indexed and self._runs() < _RUNS:
            return list(islice(self._filtered(camera, after), count))
        self._is_indexed = True
        prefix = _list_prefix(camera)
        return self._list(prefix + (after or ""), prefix + _END, count)

    def newest_of_some(
        self, cameras: Collection[str], count: int, after: str | None
    ) -> list[StoredAlert] | None:
        query = Query(TABLE, key_range(ALERTS, after or "", _END), min(count, PAGE_SIZE))
        first_of = self._queries.first_of_cameras
        return call(lambda: first_of(query, cameras, count, _parse_alert))

    def find(self, name: PhotoName, kind: str) -> StoredAlert | None:
        guard = self._find(_guard_key(name, kind))
        list_key = guard.properties.get("list_key") if guard else None
        row = self._find(list_key) if list_key else None
        return _parse_alert(row) if row else None

    def take_back(self, stored: StoredAlert) -> None:
        key = alert_key(stored)
        change = {"PartitionKey": ALERTS, "RowKey": key, TAKEN_BACK: "yes"}

        def merge() -> None:
            with suppress(ResourceNotFoundError):  # another request removed it just now
                self._table.update_entity(change, UpdateMode.MERGE)

        call(merge)
        own_key = _list_prefix(stored.alert.name.camera) + key
        call(lambda: self._table.delete_entity(ALERTS, own_key))  # no error if it does not exist

    def remove_some_of(self, camera: str) -> int:
        page = self.newest_of(camera, BATCH_SIZE, None)
        keys = [row["RowKey"] for stored in page for row in _rows(stored)]
        if keys and not self._remove(keys):
            # One by one; the camera's own row of each, by which it is found, comes last.
            for key in keys:
                call(partial(self._table.delete_entity, ALERTS, key))
        return len(page)

    def join(
        self, first: StoredAlert, joined: StoredAlert, combine: Callable[[Alert], Alert]
    ) -> None:
        rows = _rows(replace(joined, is_joined=True))
        for _ in range(MAX_ATTEMPTS):
            row = self._find(alert_key(first))
            stored = _parse_alert(row) if row else None
            if row is None or stored is None:  # it was removed together with its camera
                self.add([joined])
                return
            together = combine(stored.together or stored.alert)
            shown = {
                "PartitionKey": ALERTS,
                "RowKey": row.key,
                **row.properties,
                TOGETHER: _together_to_text(together),
            }
            changes: list[Change] = [(Operation.PUT, one) for one in (shown, *rows)]
            if call(partial(self._try_submit, changes, row.etag)):
                return
        raise StorageUnavailableError(f"other instances changed {alert_key(first)} each time")

    def _try_submit(self, changes: list[Change], etag: str) -> bool:
        """Make these changes; return False, and make none, if the first row has another etag."""
        try:
            self._submit(changes, etag)
        except HttpResponseError as error:
            if error_code(error) not in CHANGED:
                raise
            return False
        return True

    def _remove(self, keys: list[str]) -> bool:
        """Remove all of these rows; return False, and remove none, if one does not exist."""
        changes = [(Operation.DELETE, {"PartitionKey": ALERTS, "RowKey": key}) for key in keys]

        def submit() -> bool:
            try:
                self._submit(changes)
            except HttpResponseError as error:
                if error_code(error) != "ResourceNotFound":
                    raise
                return False
            return True

        return call(submit)

    def _find(self, key: str) -> Entity | None:
        return call(lambda: self._queries.get(TABLE, ALERTS, key))

    def index_by_camera(self) -> None:
        runs = self._runs()
        if runs >= _RUNS:
            return
        after: str | None = None
        while page := self.newest(PAGE_SIZE, after):
            shown = [one for one in page if not one.is_taken_back]
            rows = [
                (Operation.PUT, _row(one, _list_prefix(one.alert.name.camera))) for one in shown
            ]
            for start in range(0, len(rows), MAX_CHANGES):
                call(partial(self._submit, rows[start : start + MAX_CHANGES]))
            after = alert_key(page[-1])
        row = {"PartitionKey": ALERTS, "RowKey": _RUNS_KEY, "runs": str(runs + 1)}
        call(lambda: self._table.upsert_entity(row), self._create)

    def _runs(self) -> int:
        """Return how often index_by_camera came to its end."""

        row = self._find(_RUNS_KEY)
        return int(row.properties["runs"]) if row else 0

    def _filtered(self, camera: str, after: str | None) -> Iterator[StoredAlert]:
        """Yield a camera's alerts from the list of all."""
        while page := self.newest(PAGE_SIZE, after):
            shown = (one for one in page if not one.is_taken_back)
            yield from (one for one in shown if one.alert.name.camera == camera)
            after = alert_key(page[-1])

    def _list(self, first: str, end: str, count: int) -> list[StoredAlert]:
        """Return up to `count` alerts whose rows lie between two keys, both excluded."""

        query = Query(TABLE, key_range(ALERTS, first, end), min(count, PAGE_SIZE))
        return call(
            lambda: list(islice(filter(None, map(_parse_alert, self._queries.rows(query))), count))
        )

    def _stored_guards(self, keys: list[str]) -> set[str]:
        """Return which of these guards, sorted by key, exist, as far as one request tells."""

        where = (
            f"PartitionKey eq {literal(ALERTS)}"
            f" and RowKey ge {literal(keys[0])} and RowKey le {literal(keys[-1])}"
        )
        query = Query(TABLE, where, columns=[])
        return call(lambda: {row.key for row in islice(self._queries.rows(query), PAGE_SIZE)})

    def _insert(self, alerts: list[StoredAlert]) -> bool:
        """Store all of these alerts; return False, and store none, if one is stored already."""
        changes = [(Operation.INSERT, row) for one in alerts for row in _rows(one)]
        return insert(self._submit, changes, self._create)


def _guard_key(name: PhotoName, kind: str) -> str:
    """Return the key of the guard; it comes after all keys of the list."""
    return f"k~{name}~{kind}"


def _list_prefix(camera: str) -> str:
    """Return how the keys of the camera's own list begin."""
    return f"c~{camera}~"


def _rows(stored: StoredAlert) -> list[dict[str, str]]:
    together = {TOGETHER: _together_to_text(stored.together)} if stored.together else {}
    own_row = _row(stored, _list_prefix(stored.alert.name.camera))
    return [_guard(stored), _row(stored) | together, own_row]


def _guard(stored: StoredAlert) -> dict[str, str]:
    key = _guard_key(stored.alert.name, stored.alert.kind)
    key += UNKNOWN_SUFFIX if stored.is_unknown else ""
    return {"PartitionKey": ALERTS, "RowKey": key, "list_key": alert_key(stored)}


def _row(stored: StoredAlert, prefix: str = "") -> dict[str, str]:
    """Return the alert's row in the list whose keys begin with `prefix`."""
    alert = stored.alert
    return {
        "PartitionKey": ALERTS,
        "RowKey": prefix + alert_key(stored),
        "id": str(alert.name),
        "camera": alert.name.camera,
        "kind": alert.kind,
        "reason": alert.reason,
        "details": json.dumps(dict(alert.details), ensure_ascii=False),
        "received_at": format_time(stored.received_at),
        **(stored.sender.to_properties() if stored.sender else {}),
        **({JOINED: "yes"} if stored.is_joined else {}),
    }


def _together_to_text(alert: Alert) -> str:
    return json.dumps(alert.to_properties(), ensure_ascii=False)


def _parse_alert(row: Entity) -> StoredAlert | None:
    """Return the alert of a row; None for one that somebody changed by hand, which must not close
    the whole list."""
    column = row.properties
    try:
        details = json.loads(column["details"])
        alert = Alert(parse_name(column["id"]), column["kind"], column["reason"], details)
        together = None
        if text := column.get(TOGETHER):
            shown = json.loads(text)
            together = replace(alert, reason=shown["reason"], details=shown["details"])
        received_at = parse_time(column["received_at"])
        sender = parse_sender(column)
        is_taken_back, is_joined = TAKEN_BACK in column, JOINED in column
        return StoredAlert(alert, received_at, is_taken_back, sender, together, is_joined)
    except (KeyError, TypeError, ValueError) as error:  # WireError is a ValueError
        log.warning("left out of the alerts: %s: %s", row.key, error)
        return None
