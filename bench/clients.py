"""Clients to compare, servers for them, and photos to send."""

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue

import requests

from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH, ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.client.backend import BackendClient
from pi_uploader.identity import Identity
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto
from pi_uploader.upload.process import thread_count, upload_all
from pi_uploader.upload.uploader import Uploader
from pi_uploader.upload.wake_ups import POLL_SECONDS
from tests.support.pictures import jpeg

NO_RESERVE = Quota(reserve=0)
DEVICE = "bench"  # also the camera of its photos
Client = Callable[[Path, str, str, int], Callable[[], None]]
"""Takes a spool folder, a base URL, a function key and the number of photos in flight. Returns a
function that sends all photos of the spool."""


@contextmanager
def server(module: str, *args: str) -> Iterator[str]:
    """Run `python -m module`, which prints its port; yield its base URL."""
    command = [sys.executable, "-m", module, *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def filled(folder: Path, count: int, size: int, camera: str = DEVICE) -> list[SpooledPhoto]:
    """Put `count` photos of `size` bytes into a new spool, and return them."""
    spool = Spool(folder, quota=NO_RESERVE)
    start = datetime.now(UTC) - timedelta(days=1)
    return [
        spool.put(
            picture(size),
            PhotoInfo(
                new_name(camera, start + timedelta(seconds=number)),
                Media.JPEG,
                Trigger.MOTION,
                ClockStatus.SYNCED,
            ),
        )
        for number in range(count)
    ]


def picture(size: int) -> bytes:
    """Return a JPEG of about `size` bytes, most of them in segments that readers skip."""
    small = jpeg()
    segments, remaining = [], size - len(small)
    while remaining > 4:
        length = min(remaining - 2, 0xFFFF)
        segments.append(b"\xff\xef" + struct.pack(">H", length) + os.urandom(length - 2))
        remaining -= length + 2
    return small[:2] + b"".join(segments) + small[2:]


def drain(folder: Path, base_url: str, key: str, in_flight: int) -> Callable[[], None]:
    """Return Nightjar's own uploader, ready to send. It signs each request, as on a device."""
    stop = threading.Event()
    spool = Spool(folder, quota=NO_RESERVE)
    client = BackendClient(base_url, key, connections=in_flight, identity=_identity(folder))
    uploader = Uploader(spool, client)
    uploader.notify()  # as the upload process does at its start

    def sleep(seconds: float) -> None:  # a thread that looked for the end would count as work
        if seconds and spool.newest() is None:
            stop.set()
        stop.wait(min(seconds, POLL_SECONDS))

    def upload() -> None:
        upload_all(uploader, stop, sleep=sleep)

    return lambda: _with_threads(upload, thread_count(in_flight))


def keep_alive(folder: Path, base_url: str, key: str, in_flight: int) -> Callable[[], None]:
    """Return the minimum: PUTs of the same requests as the uploader's, read and signed before, over
    connections that stay open. So the backend has the same work with both."""
    requests_to_send = _signed_requests(folder, key)
    host, _, port = base_url.removeprefix("http://").partition(":")

    def send() -> None:
        connection = HTTPConnection(host, int(port), blocksize=64 * 1024)
        while True:
            try:
                headers, content = requests_to_send.get_nowait()
            except Empty:
                return
            connection.request("PUT", UPLOAD_PATH, content, headers)
            connection.getresponse().read()

    return lambda: _with_threads(send, in_flight)


def ordinary_client(
    folder: Path, base_url: str, key: str, in_flight: int = 1
) -> Callable[[], None]:
    """Return an ordinary client: read, requests.put, delete."""
    spool = Spool(folder, quota=NO_RESERVE)
    files: SimpleQueue[tuple[SpooledPhoto, Path]] = SimpleQueue()
    for photo in spool.waiting_photos():
        files.put((photo, spool.waiting_folder / photo.path))

    def send() -> None:
        while True:
            try:
                photo, file = files.get_nowait()
            except Empty:
                return
            headers = {**photo.headers.to_headers(), FUNCTION_KEY: key}
            with file.open("rb") as body:
                requests.put(base_url + UPLOAD_PATH, data=body, headers=headers, timeout=30)
            file.unlink()

    return lambda: _with_threads(send, in_flight)


def _signed_requests(folder: Path, key: str) -> "SimpleQueue[tuple[dict[str, str], bytes]]":
    """Return the headers and the bytes of each photo of a spool."""
    spool, identity = Spool(folder, quota=NO_RESERVE), _identity(folder)
    result: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()
    for photo in spool.waiting_photos():
        headers = {**photo.headers.to_headers(), FUNCTION_KEY: key}
        headers |= identity.sign("PUT", UPLOAD_PATH, headers)
        with spool.open(photo) as file:
            result.put((headers, file.read()))
    return result


def _identity(folder: Path) -> Identity:
    """Return the device's identity. It is beside the spool, which the next round makes anew: the
    device stays the same one."""
    return Identity.load(folder.parent / "identity", {}, DEVICE, create=True)


def _with_threads(send: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
