"""Count the requests to and from a backend, as Azure bills them."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from function_app.notification_queue.notifier import CHANNELS_EXIST
from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.recorder import Recorded, Recorder


class Meter:
    """A backend with recorders of all requests to it and from it."""

    def __init__(self, backend: Backend, front: Recorder, blobs: Recorder, tables: Recorder):
        self.api = Api(backend)
        self.api.backend = _seen_through(backend, front)
        self.camera = new_camera()
        self._front, self._blobs, self._tables = front, blobs, tables

    def count(self, action: Callable[[], object]) -> dict[str, int]:
        """Return what Azure would bill for this action, laid out as in transactions.json, without
        what an instance reads once a minute."""
        recorders = (self._front, self._blobs, self._tables)
        starts = [len(one.exchanges) for one in recorders]
        action()
        front, blobs, tables = (
            [seen for seen in one.exchanges[start:] if CHANNELS_EXIST not in seen.path]
            for one, start in zip(recorders, starts, strict=True)
        )
        counted = Counter(blob_kind(one) for one in blobs)
        counted["executions"] = len(front)
        counted["table_requests"] = len(tables)
        return {kind: count for kind, count in counted.items() if count}

    def put(self, number: int) -> str:
        """Store the photo with this number, and return its id."""
        name = name_of(self.camera, MOMENT + timedelta(seconds=number))
        reply = self.api.put(jpeg(seed=number), photo_headers(name))
        assert reply.status_code in (200, 201), reply.text
        return str(name)


def _seen_through(backend: Backend, front: Recorder) -> Backend:
    return Backend(
        backend.connection_string,
        backend.log,
        backend.function_key,
        backend.read_token,
        backend.admin_token,
        backend.password,
        port=front.port,
    )


def blob_kind(seen: Recorded) -> str:
    """Return the kind under which this request to the blob service is billed; deleting is free."""
    if seen.method == "DELETE":
        return "blob_deletes"
    lists = "comp=list" in seen.path
    return "blob_writes" if seen.method == "PUT" or lists else "blob_reads"
