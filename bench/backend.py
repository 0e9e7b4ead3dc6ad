"""The backend: how fast it stores photos, beside the same writes without any backend."""

import contextlib
import http.client
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

from azure.data.tables import TransactionOperation
from azure.storage.blob import (
    AccountSasPermissions,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
)

from bench.effort import Effort
from bench.memory import MB
from bench.repeat import Samples, in_turns, percentile
from bench.report import Figure
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.blobs import CONTAINER
from function_app.storage.azure.errors import call
from function_app.storage.azure.photo_table import (
    TABLE,
    indexed_row,
    last_seen_row,
    photo_rows,
)
from function_app.storage.models import Photo
from local.azurite import Azurite
from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.recorder import Recorded, Recorder

SHA256 = "ab" * 32
Put = Callable[[bytes], None]
"""Store these bytes as a new photo."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    with running(folder, Azurite(None)) as (azurite, backend):
        return _uploads(azurite, backend, effort)


@contextlib.contextmanager
def running(
    folder: Path, azurite: AbstractContextManager[Azurite], env: Mapping[str, str] | None = None
) -> Iterator[tuple[Azurite, Backend]]:
    """Run a backend with this Azurite, until the end of the block. `env` adds to its
    environment."""
    folder.mkdir(exist_ok=True)
    with azurite as azurite:
        backend = Backend(
            connection_string=azurite.connection_string,
            log=folder / "backend.log",
            function_key=secrets.token_urlsafe(16),
            read_token=secrets.token_urlsafe(16),
            admin_token=secrets.token_urlsafe(16),
            password=secrets.token_urlsafe(16),
            env=env or {},
        )
        backend.start()
        try:
            yield azurite, backend
        finally:
            backend.stop()


@dataclass
class Timings:
    """The timings of one path: photos per second of each round, and the seconds of each photo."""

    rate: Samples
    each: list[float]

    @property
    def p95(self) -> float:
        return percentile(self.each, 95)


def _uploads(azurite: Azurite, backend: Backend, effort: Effort) -> list[Figure]:
    account = open_account(azurite.connection_string, 4 * MB)
    paths: dict[str, Callable[[], Put]] = {
        "backend": lambda: to_backend(backend),
        "SDKs": lambda: _through_sdks(account),
        "raw": lambda: _raw(azurite),
    }
    result = []
    for size in effort.pick((50_000, 500_000, 2_000_000), (50_000, 500_000), (50_000,)):
        for clients in effort.pick((1, 4, 16), (1, 4), (4,)):
            what = f"PUT of {size // 1000:,} KB, {clients} at once"
            times = _path_timings(paths, _picture(size), clients, effort, what)
            ours, sdks, raw = times["backend"], times["SDKs"], times["raw"]
            result += [
                Figure(f"{what}: share of the SDKs'", ours.rate / sdks.rate, "", 0.9),
                Figure("  share of the raw writes'", ours.rate / raw.rate, "", 0.55),
                Figure("  p95 in terms of the SDKs'", ours.p95 / sdks.p95, "times", 1.5, True),
                Figure("  photos a second", ours.rate, "/s", remark=f"p95 {ours.p95 * 1e3:.0f} ms"),
            ]
    return result


def _path_timings(
    paths: dict[str, Callable[[], Put]], body: bytes, clients: int, effort: Effort, what: str
) -> dict[str, Timings]:
    photos = effort.pick(24, 12, 2) * (1 if len(body) > 10**6 else 2)
    each: dict[str, list[float]] = {name: [] for name in paths}

    def rate(name: str) -> float:
        seconds, of_each = _timed(paths[name], body, clients, photos)
        each[name] += of_each
        return photos / seconds

    for path in paths.values():  # to warm up
        _timed(path, body, clients, clients)
    rates = in_turns(effort, *(partial(rate, name) for name in paths), what=what)
    return {name: Timings(one, each[name]) for name, one in zip(paths, rates, strict=True)}


def _timed(
    path: Callable[[], Put], body: bytes, clients: int, photos: int
) -> tuple[float, list[float]]:
    """Store photos with several clients, each with an open connection of its own. Return the
    seconds of all and of each."""
    puts: SimpleQueue[Put] = SimpleQueue()
    for _ in range(clients):
        puts.put(path())

    def put_one(_: int) -> float:
        put = puts.get()
        start = time.perf_counter()
        put(body)
        seconds = time.perf_counter() - start
        puts.put(put)
        return seconds

    with ThreadPoolExecutor(clients) as pool:
        start = time.perf_counter()
        each = list(pool.map(put_one, range(photos)))
        return time.perf_counter() - start, each


def to_backend(backend: Backend) -> Put:
    """Return what PUTs photos to a backend, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
    key = {FUNCTION_KEY: backend.function_key, "Content-Type": "image/jpeg"}

    def put(body: bytes) -> None:
        _request(connection, "PUT", UPLOAD_PATH, body, {**key, "X-Photo-Id": str(_name())})

    return put


def _through_sdks(account: Account) -> Put:
    """Return the same two writes as the backend's, by the SDKs' own calls, without a service."""
    container = account.blobs.get_container_client(CONTAINER)
    table = account.tables.get_table_client(TABLE)

    def put(body: bytes) -> None:
        photo = _photo(_name(), body)
        settings = ContentSettings(content_type=photo.media.content_type)
        metadata = photo.to_properties()
        blob = container.get_blob_client(photo.path)
        call(
            lambda: blob.upload_blob(
                body, metadata=metadata, content_settings=settings, validate_content=True
            )
        )
        rows = [*photo_rows(photo, photo.received_at), indexed_row(photo)]
        changes = [
            *((TransactionOperation.CREATE, row) for row in rows),
            (TransactionOperation.UPSERT, last_seen_row(photo.name, photo.received_at)),
        ]
        call(lambda: table.submit_transaction(changes))  # again after an idle connection's end

    return put


def _raw(azurite: Azurite) -> Put:
    """Return the same two writes with hardly any Python: the blob by a signed URL, and the
    transaction as the SDK once sent it, with another id. The connections stay open."""
    recorded, known = _transaction(azurite)
    blob_port, _, table_port = azurite.ports
    blobs = http.client.HTTPConnection("127.0.0.1", blob_port, timeout=60)
    tables = http.client.HTTPConnection("127.0.0.1", table_port, timeout=60)
    account = dict(part.partition("=")[::2] for part in azurite.connection_string.split(";"))
    signature = generate_account_sas(
        account["AccountName"],
        account["AccountKey"],
        ResourceTypes(object=True),
        AccountSasPermissions(write=True, create=True),
        datetime.now(UTC) + timedelta(hours=1),
    )

    def put(body: bytes) -> None:
        photo = _photo(_name(known.captured_at), body)
        path = f"/{account['AccountName']}/photos/{photo.path}?{signature}"
        _request(blobs, "PUT", path, body, {"x-ms-blob-type": "BlockBlob"})
        rows = recorded.body.replace(known.tag.encode(), photo.name.tag.encode())
        _request(tables, recorded.method, recorded.path, rows, dict(recorded.headers))

    return put


def _request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    content = reply.read()
    if reply.status not in (201, 202) or b"odata.error" in content:
        raise RuntimeError(f"{method} {urlsplit(path).path}: {reply.status} {content[:300]!r}")


def _transaction(azurite: Azurite) -> tuple[Recorded, PhotoName]:
    """Return the request that lists a photo, as the SDK sends it, and the photo's name in it."""
    port = azurite.ports[2]
    with Recorder(port) as recorder:
        to_recorder = azurite.connection_string.replace(
            f"http://127.0.0.1:{port}/", f"{recorder.base_url}/"
        )
        name = _name()
        photo = _photo(name, b"photo")
        connect(Settings(to_recorder)).index.add(photo, photo.received_at)
        return recorder.exchanges[-1], name


def _photo(name: PhotoName, body: bytes) -> Photo:
    return Photo(name, Media.JPEG, SHA256, len(body), name.captured_at, "motion", "synced")


def _name(at: datetime | None = None) -> PhotoName:
    return new_name("bench", at or datetime.now(UTC))


def _picture(size: int) -> bytes:
    """Return a JPEG of about `size` bytes, which comments in front make so large."""
    small = jpeg()
    comments = b""
    while len(small) + len(comments) < size:
        length = min(65_000, max(2, size - len(small) - len(comments) - 2))
        comments += b"\xff\xfe" + length.to_bytes(2, "big") + os.urandom(length - 2)
    return small[:2] + comments + small[2:]
