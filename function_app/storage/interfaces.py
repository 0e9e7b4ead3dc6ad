"""The interfaces of the stores of alerts, of the blobs that devices use, and of queues; those of
photos are in photo_interfaces.py. Every method may raise StorageUnavailableError."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from function_app.storage.models import QueuedMessage, StoredAlert, StoredBlob
from photo_wire.alert import Alert
from photo_wire.name import PhotoName


class DeviceBlobs(Protocol):
    """Blobs that devices read or write themselves, by links, and large results of commands."""

    def read(self, path: str, max_bytes: int) -> StoredBlob | None:
        """Return the blob; None if there is none, it is empty, or it has over `max_bytes`."""
        ...

    def write(self, path: str, content: bytes, content_type: str, etag: str = "") -> bool:
        """Write the blob in place of the one that was read with this etag; without an etag, only if
        there is none. Return False, and write nothing, if it changed meanwhile."""
        ...

    def remove(self, path: str) -> None:
        """Remove the blob, if there is one."""
        ...

    def link(self, path: str, until: datetime, may_write: bool = False) -> str | None:
        """Return an address by which its holder may read this blob and no other until then, or
        with `may_write` write it instead. None if this account's credentials cannot sign one. The
        address is a secret."""
        ...


class Alerts(Protocol):
    """What the devices reported. An alert's key orders the alerts (models.alert_key)."""

    def add(self, alerts: list[StoredAlert]) -> None:
        """Store these alerts, except for each of which one of the same id and kind is stored
        already, or comes before it here."""
        ...

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[StoredAlert]:
        """Return up to `count` alerts, including those taken back and those joined, the last that
        came in first: those after the key `after` and before the key `end`."""
        ...

    def newest_of(self, camera: str, count: int, after: str | None) -> list[StoredAlert]:
        """Return up to `count` alerts of a camera that were not taken back, the last that came in
        first: those after the key `after`, which may be another camera's."""
        ...

    def newest_of_some(
        self, cameras: Collection[str], count: int, after: str | None
    ) -> list[StoredAlert] | None:
        """As `newest`, of these cameras, one at least. One request for up to 200 cameras, which
        looks through the alerts of all; None if these are too many to find all."""
        ...

    def index_by_camera(self) -> None:
        """Copy alerts of versions without lists by camera into those lists; return at once when all
        are copied. The first calls read all alerts, so they belong to a timer."""
        ...

    def find(self, name: PhotoName, kind: str) -> StoredAlert | None:
        """Return the alert of this id and kind, even if it was taken back; None if there is none,
        or an older version stored it."""
        ...

    def take_back(self, stored: StoredAlert) -> None:
        """Leave an alert out of the lists from now on."""
        ...

    def join(
        self, first: StoredAlert, joined: StoredAlert, combine: Callable[[Alert], Alert]
    ) -> None:
        """Store the alert `joined`, of which `is_joined` is then set. The list of all has what
        `combine` makes of what is shown there for `first`, which is stored; the list of its camera
        has that one as it was. It may be repeated."""
        ...

    def remove_some_of(self, camera: str) -> int:
        """Remove some alerts of a camera; return how many, 0 if it has none."""
        ...


class BegunPut(Protocol):
    """A text that is on its way into a queue, and given up at the end of a `with` block in which it
    is not finished."""

    def __enter__(self) -> "BegunPut": ...

    def __exit__(self, *_: object) -> None: ...

    def finish(self) -> bool:
        """Wait for the queue, a second at most. Return whether the text was put; False if it has to
        be put anew, with `put`. Raises StorageUnavailableError."""
        ...


class Queue(Protocol):
    """A queue of texts. What is received, and not removed, is received again; so a text may come
    twice, and in any order."""

    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        """Put a text into the queue, to be received after this delay (up to 7 days, whole seconds).
        It is dropped after 7 days. Raises RejectedError if the queue can never take it."""
        ...

    def begin_put(self, text: str) -> BegunPut | None:
        """Begin to put a text into the queue, without waiting for anything. Return None if that is
        not possible now, as without an open connection. Raises nothing."""
        ...

    def receive(self, count: int, hidden: timedelta) -> list[QueuedMessage]:
        """Return up to `count` messages (32 at most). Nobody else receives them for this time
        (whole seconds)."""
        ...

    def remove(self, message: QueuedMessage) -> None:
        """Remove a message, unless it was received once more since."""
        ...
