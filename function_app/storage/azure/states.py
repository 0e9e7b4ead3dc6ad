"""What is known of photo ids and of cameras, also while no photo of theirs is indexed."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import call
from function_app.storage.azure.filters import key_range, literal
from function_app.storage.azure.photo_table import (
    STUB_AT,
    TABLE,
    PhotoTable,
    Row,
    last_seen_row,
    parse_last_seen,
    parse_state_row,
    state_row,
    stub_seen_row,
)
from function_app.storage.azure.queries import Query
from function_app.storage.azure.tables import AzureTable
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import CAME, LastSeen, Photo, State
from function_app.storage.row_keys import (
    ALL_LAST_SEEN,
    NEW_CAMERAS,
    PHOTOS,
    ids_between,
    last_seen_key,
    state_key,
    states_of,
)
from function_app.storage.table_store import (
    MAX_ATTEMPTS,
    MAX_CHANGES,
    query_all,
    single_keys,
)
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName

MAX_WAIT_SECONDS = 2.0  # for another thread's transaction: a stalled one delays no photo for longer


class LastSeenWriter:
    """Writes what was last seen of each camera, in the order in which the photos were indexed.

    Requests of one camera may overlap, and the last to write need not be the last that came. So the
    threads of a process take turns at a camera, and a late one writes the newest row that this
    process wrote instead of its own. That costs no request. Two cases are accepted: another
    instance may write an older row within moments, and so may a thread that was not waited for; the
    camera's next photo corrects both.
    """

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._newest: dict[str, Row] = {}
        self._stub_at: dict[str, str] = {}

    def write(self, row: Row, write: Callable[[Row], bool]) -> bool:
        """Call `write` with this row, or with the newest that was written if that one is later.
        Return what it returns: whether the row was written. Raises what it raises."""
        key = row["RowKey"]
        with self._turn(key):
            newest = self._newest_of(row)
            stub_at = self._stub_at.get(key)
            is_written = write({**newest, STUB_AT: stub_at} if stub_at else newest)
            if is_written:
                self._newest[key] = self._newest_of(newest)
            return is_written

    def write_stub(self, row: Row, write: Callable[[Row], bool]) -> bool:
        """As `write`, for the columns that a stub changes."""
        key = row["RowKey"]
        with self._turn(key):
            stub_at = max(row[STUB_AT], self._stub_at.get(key, ""))
            is_written = write({**row, STUB_AT: stub_at})
            if is_written:
                self._stub_at[key] = stub_at
            return is_written

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        lock = self._locks.setdefault(key, threading.Lock())
        has_turn = lock.acquire(timeout=MAX_WAIT_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                lock.release()

    def _newest_of(self, row: Row) -> Row:
        """Return this row, or the newest that was written if that one is later."""
        known = self._newest.get(row["RowKey"], row)
        return max(row, known, key=lambda one: one["listed_at"])

    def forget(self, key: str) -> None:
        """Forget what was written under this key: the row is removed."""
        self._newest.pop(key, None)
        self._stub_at.pop(key, None)


class States(PhotoTable):
    """The methods of PhotoIndex on ids and cameras."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._last_seen = LastSeenWriter()
        self._rows = AzureTable(account, TABLE)

    def state(self, name: PhotoName) -> State | None:
        row = self._find(PHOTOS, state_key(name))
        return State(row.properties["state"]) if row else None

    def query_states(
        self, camera: str, start: datetime, end: datetime
    ) -> list[tuple[PhotoName, State]]:
        where = f"{key_range(PHOTOS, *ids_between(camera, start, end))}"
        where += f" and state ne {literal(State.LISTED)}"
        query = Query(TABLE, where, columns=["state"])
        parse = partial(parse_state_row, camera)
        return call(lambda: list(filter(None, map(parse, self._queries.rows(query)))))

    def purge_states(self, camera: str, before: datetime) -> None:
        expired = (
            f"{key_range(PHOTOS, *states_of(camera))} and state ne {literal(State.LISTED)}"
            f" and Timestamp lt datetime'{before.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"
        )
        query = Query(TABLE, expired, MAX_CHANGES, columns=[])

        def find() -> list[str]:
            return [row.key for row in islice(self._queries.rows(query), MAX_CHANGES)]

        while keys := call(find):
            changes: list[Change] = [
                (Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys
            ]
            if self._try_submit(changes):
                return  # another instance removes them just now

    def record_losses(self, losses: Mapping[PhotoName, str]) -> set[PhotoName]:
        rows = {name: state_row(name, State.LOST, sha256, None) for name, sha256 in losses.items()}
        if not rows or self._insert(list(rows.values())):
            return set()
        return {name for name, row in rows.items() if not self._record_loss(name, row)}

    def _record_loss(self, name: PhotoName, row: Row) -> bool:
        """Record a loss; return False if the photo came. If the report does not say which bytes
        were lost, any photo of this id counts as the lost one."""
        if self._insert([row]):
            return True
        known = self._find(PHOTOS, state_key(name))
        if known is None or known.properties["state"] not in CAME:
            return True
        return row["sha256"] not in ("", known.properties["sha256"])

    def cameras(self, among: Collection[str] | None = None) -> dict[str, LastSeen]:
        if among is not None and not among:
            return {}
        if among is not None:
            rows = self._rows.query_ranges(PHOTOS, single_keys(map(last_seen_key, among)))
        else:
            query = Query(TABLE, key_range(PHOTOS, *ALL_LAST_SEEN))
            rows = call(lambda: list(self._queries.rows(query)))
        return dict(filter(None, map(parse_last_seen, rows)))

    def last_seen(self, camera: str) -> LastSeen | None:
        row = self._find(PHOTOS, last_seen_key(camera))
        parsed = parse_last_seen(row) if row else None
        return parsed[1] if parsed else None

    def update_last_seen(self, photo: Photo) -> None:
        make = stub_seen_row if photo.is_stub else last_seen_row
        new = make(photo.name, photo.received_at)
        for _ in range(MAX_ATTEMPTS):
            row = self._find(PHOTOS, new["RowKey"])
            if row is None:
                if self._insert([new]):
                    return
                continue
            parsed = parse_last_seen(row)
            if parsed and _is_later(parsed[1], photo):
                return
            operation = Operation.PUT if parsed is None else Operation.MERGE
            if not self._try_submit([(operation, new)], row.etag):
                return
        raise StorageUnavailableError(
            f"other instances changed what was last seen of {photo.name.camera} each time"
        )

    def update_waiting(self, camera: str, waiting: int) -> None:
        change = {"PartitionKey": PHOTOS, "RowKey": last_seen_key(camera), "waiting": str(waiting)}

        def merge() -> None:
            with suppress(ResourceNotFoundError):  # no photo of this camera was ever indexed
                self._table.update_entity(change, UpdateMode.MERGE)

        call(merge)

    def first_seen(self) -> dict[str, datetime]:
        rows = query_all(self._rows, NEW_CAMERAS)
        return {row.key: parse_time(row.properties["at"]) for row in rows}

    def is_first_seen_known(self, camera: str) -> bool:
        return self._find(NEW_CAMERAS, camera) is not None

    def record_first_seen(self, camera: str, now: datetime) -> None:
        self._rows.insert(NEW_CAMERAS, camera, {"at": format_time(now)})

    def _forget_last_seen(self, camera: str) -> None:
        key = last_seen_key(camera)
        call(partial(self._table.delete_entity, PHOTOS, key))  # no error if it does not exist
        self._last_seen.forget(key)


def _is_later(seen: LastSeen, photo: Photo) -> bool:
    """Return whether a photo, or of stubs one, was seen that was indexed as late as this one."""
    photo_at = seen.indexed_at if seen.last else None
    seen_at = seen.stub_at if photo.is_stub else photo_at
    return seen_at is not None and seen_at >= photo.received_at
