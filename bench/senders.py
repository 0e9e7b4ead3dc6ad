"""What sending a photo costs the device, beside plain clients that send the same bytes.

The target is about a client that reads a file, as every photo on a device is one. What the uploader
does besides is its work: verify the file, sign the request, check the receipt, delete the file,
record that. What two of these cost anybody is shown by a client with `requests` that verifies and
deletes files.
"""

import hashlib
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from bench.clients import drain, filled, picture, server
from bench.effort import Effort
from bench.peers.packages import import_peer
from bench.repeat import Samples, in_turns
from bench.report import Figure
from photo_wire.headers import UPLOAD_PATH

SIZE = 500_000  # bytes
HEADERS = {"Content-Type": "image/jpeg"}
Send = Callable[[], None]
"""Send all photos of a measurement, over one connection."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    photos = effort.pick(60, 15, 2)
    content = picture(SIZE)
    file = folder / "photo.jpg"
    file.write_bytes(content)
    with server("bench.null_server") as url:
        target = url + UPLOAD_PATH
        httpx = import_peer("httpx").Client(timeout=30)
        clients: dict[str, Send] = {
            "requests.Session, the same file": partial(_requests_file, target, file, photos),
            "requests.Session, bytes in memory": partial(_requests, target, content, photos),
            "httpx": partial(_httpx, httpx, target, content, photos),
            "http.client": partial(_http_client, target, content, photos),
            "curl, its start included": partial(_curl, target, file, photos),
        }
        ours, verified, *others = in_turns(
            effort,
            lambda: _upload(folder / "spool", url, photos),
            lambda: _verify_and_delete(folder / "spool", target, photos),
            *(partial(_cpu, send) for send in clients.values()),
            what="CPU of sending 500 KB",
        )
    return [
        Figure(
            "CPU of an upload, in terms of requests' with the same file",
            ours / others[0],
            "times",
            1.4,
            True,
        ),
        Figure("  in terms of requests' with bytes in memory", ours / others[1], "times"),
        Figure("  in terms of requests' that verifies and deletes", ours / verified, "times"),
        Figure("  the uploader, from the spool to the receipt", _ms(ours, photos), "ms"),
        Figure("  requests.Session, new files, verified and deleted", _ms(verified, photos), "ms"),
        *(
            Figure(f"  {name}", _ms(cpu, photos), "ms")
            for name, cpu in zip(clients, others, strict=True)
        ),
    ]


def _ms(cpu: Samples, photos: int) -> Samples:
    """Return the milliseconds of each photo."""
    return cpu * (1000 / photos)


def _upload(spool: Path, url: str, photos: int) -> float:
    """Return the CPU seconds in which the uploader empties a spool of new photos."""
    filled(spool, photos, SIZE)
    try:
        return _cpu(drain(spool, url, "key", 1))
    finally:
        shutil.rmtree(spool)


def _verify_and_delete(spool: Path, target: str, photos: int) -> float:
    """Return the CPU seconds in which `requests` sends new photos; before each it compares the
    SHA-256, and after it deletes the file."""
    new = [(spool / "waiting" / one.path, one.sha256) for one in filled(spool, photos, SIZE)]

    def send() -> None:
        with requests.Session() as session:
            for file, sha256 in new:
                content = file.read_bytes()
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise ValueError(file)
                session.put(target, content, headers=HEADERS, timeout=30).raise_for_status()
                file.unlink()

    try:
        return _cpu(send)
    finally:
        shutil.rmtree(spool)


def _cpu(send: Send) -> float:
    """Return the CPU seconds of this process and of the children that `send` waits for."""
    start = _used()
    send()
    return _used() - start


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _requests(target: str, content: bytes, photos: int) -> None:
    with requests.Session() as session:
        for _ in range(photos):
            session.put(target, data=content, headers=HEADERS, timeout=30).raise_for_status()


def _requests_file(target: str, file: Path, photos: int) -> None:
    with requests.Session() as session:
        for _ in range(photos):
            with file.open("rb") as body:
                session.put(target, data=body, headers=HEADERS, timeout=30).raise_for_status()


def _httpx(client: Any, target: str, content: bytes, photos: int) -> None:
    for _ in range(photos):
        client.put(target, content=content, headers=HEADERS).raise_for_status()


def _http_client(target: str, content: bytes, photos: int) -> None:
    address = urlsplit(target)
    connection = HTTPConnection(address.netloc, blocksize=64 * 1024)
    for _ in range(photos):
        connection.request("PUT", address.path, content, HEADERS)
        connection.getresponse().read()
    connection.close()


def _curl(target: str, file: Path, photos: int) -> None:
    one = f'url = "{target}"\nupload-file = "{file}"\noutput = "/dev/null"\n'
    command = ["curl", "--silent", "--fail", "--header", "Expect:", "--config", "-"]
    subprocess.run(command, input=one * photos, text=True, check=True)
