"""The rows that say what is known of each photo's id."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError

from function_app.storage.azure.errors import ask
from function_app.storage.azure.photo_table import PhotoTable, state_row
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.models import CAME, State
from function_app.storage.row_keys import PHOTOS, state_key, states_of
from photo_wire.name import PhotoName

_AT_ONCE = 100  # in a transaction


class PhotoStates(PhotoTable):
    """What is known of the ids, as PhotoIndex promises it."""

    def state(self, name: PhotoName) -> State | None:
        row = self._find(PHOTOS, state_key(name))
        return State(row["state"]) if row else None

    def forget_states(self, camera: str, before: datetime) -> None:
        first = states_of(camera)

        def find() -> list[str]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt @first and RowKey lt @end"
                " and state ne @listed and Timestamp lt @before",
                parameters={
                    "photos": PHOTOS,
                    "first": first,
                    "end": f"{first}~",
                    "listed": State.LISTED.value,
                    "before": before,
                },
                select=["RowKey"],
            )
            try:
                return [row["RowKey"] for row in islice(rows, _AT_ONCE)]
            except ResourceNotFoundError:
                return []

        while keys := ask(find):
            changes: list[Change] = [
                (Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys
            ]
            if self._try(changes, ""):
                return  # somebody else is at it

    def note_losses(self, lost: Mapping[PhotoName, str]) -> set[PhotoName]:
        rows = {name: state_row(name, State.LOST, sha256, None) for name, sha256 in lost.items()}
        if not rows or self._insert(list(rows.values())):
            return set()
        return {name for name, row in rows.items() if not self._note_loss(name, row)}

    def _note_loss(self, name: PhotoName, row: dict[str, str]) -> bool:
        """Note a loss; False if the photo came. Where the report does not say of which bytes it is,
        the id tells."""
        if self._insert([row]):
            return True
        known = self._find(PHOTOS, state_key(name))
        if known is None or known["state"] not in CAME:
            return True
        return row["sha256"] not in ("", known["sha256"])


MAX_WAIT = 2.0  # seconds for another thread's transaction: a stalled one delays no photo for longer

Note = dict[str, str]


class LastSeen:
    """The newest of these rows that this process wrote, by key. Threads share it."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._newest: dict[str, Note] = {}

    def write(self, note: Note, write: Callable[[Note], bool]) -> bool:
        """Call `write` with this row, or with the newest one that was written if that is of a later
        moment. Return what it returns: whether the row was written. Raises what it raises."""
        key = note["RowKey"]
        lock = self._locks.setdefault(key, threading.Lock())
        has_turn = lock.acquire(timeout=MAX_WAIT)
        try:
            newest = self._newest_of(note)
            is_written = write(newest)
            if is_written:
                self._newest[key] = self._newest_of(newest)
            return is_written
        finally:
            if has_turn:
                lock.release()

    def _newest_of(self, note: Note) -> Note:
        """Return this row, or the newest one that was written if that is of a later moment."""
        known = self._newest.get(note["RowKey"], note)
        return max(note, known, key=lambda one: one["listed_at"])

    def forget(self, key: str) -> None:
        """Forget what was written under this key: the row is removed."""
        self._newest.pop(key, None)
