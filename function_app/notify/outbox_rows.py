"""The rows of a channel's outbox, which are in one partition.

Every change goes through the row `state`, whose etag is the lock: a transaction that finds it
changed is tried anew.
"""

from collections.abc import Mapping

from function_app.notify.budget import Collected, parse_collected
from function_app.notify.deliveries import State, parse_state
from function_app.notify.pacing import Rate, parse_rate
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import TableStore

STATE, COLLECTION = "state", "collected"  # the keys of rows
ATTEMPTS = 50  # each means that another request changed the row

Rows = dict[str, Mapping[str, str] | None]


class OutboxRows:
    """The rows of one channel in the table `notifications`. All methods raise
    StorageUnavailableError."""

    def __init__(self, table: TableStore, channel: str) -> None:
        self._table = table
        self._partition = f"C-{channel}"
        self.channel = channel

    def state(self) -> State | None:
        """Return the state of the channel."""
        row = self._table.get(self._partition, STATE)
        return parse_state(row) if row else None

    def _collected(self) -> Collected:
        row = self._table.get(self._partition, COLLECTION)
        return parse_collected(row.properties["collected"]) if row else Collected()

    def _rate(self, key: str) -> Rate:
        row = self._table.get(self._partition, key)
        return parse_rate(row.properties["rate"]) if row else Rate()

    def _changed_each_time(self) -> StorageUnavailableError:
        return StorageUnavailableError(f"the channel {self.channel} is changed too often at once")


def event_key(event: str) -> str:
    """Return the key of the row by which an event is remembered."""
    return f"E-{event}"


def delivery_key(number: int) -> str:
    """Return the key of the delivery of this number; those of the first ones come first."""
    return f"D-{number:015d}"
