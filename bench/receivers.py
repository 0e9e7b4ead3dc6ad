"""Receiving photos, beside minimal apps that store them with the SDKs on the same Azurite."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from bench.backend import running
from bench.clients import picture
from bench.effort import Effort
from bench.peers import packages
from bench.peers.names import CONTAINER, TABLE
from bench.processes import cpu_seconds
from bench.repeat import Samples, in_turns, seconds
from bench.report import Figure
from local.azurite import Azurite
from local.ports import free_ports
from local.processes import answers, wait_until
from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH
from photo_wire.name import new_name

CLIENTS = 4
SIZE = 500_000  # bytes
KEY = "bench"
FASTAPI = ("uvicorn", "bench.peers.fastapi_app:app", "--log-level", "error", "--port")


@dataclass(frozen=True)
class _Server:
    """A server that receives photos: its port, its process id, and the key that it requires."""

    port: int
    pid: int
    key: str


def measure(folder: Path, effort: Effort) -> list[Figure]:
    photos = effort.pick(80, 16, 4)
    content = picture(SIZE)
    with running(folder, Azurite(None)) as (azurite, backend), contextlib.ExitStack() as others:
        assert backend.process
        _create_stores(azurite)
        servers = {
            "Nightjar": _Server(backend.port, backend.process.pid, backend.function_key),
            "a minimal FastAPI app": others.enter_context(_fastapi(azurite)),
            "a minimal Functions app": others.enter_context(_functions(azurite)),
        }
        cpu: dict[str, list[float]] = {name: [] for name in servers}

        def rate(name: str) -> float:
            start = cpu_seconds(servers[name].pid)
            took = seconds(lambda: _send(servers[name], content, photos))
            cpu[name].append((cpu_seconds(servers[name].pid) - start) * 1000 / photos)
            return photos / took

        for one in servers.values():  # to warm up
            _send(one, content, CLIENTS)
        rates = in_turns(effort, *(partial(rate, name) for name in servers), what="receiving")
    return list(_figures(dict(zip(servers, rates, strict=True)), cpu))


def _figures(rates: dict[str, Samples], cpu: dict[str, list[float]]) -> Iterator[Figure]:
    costs = {name: Samples(tuple(values)) for name, values in cpu.items()}
    ours, *others = rates
    for name in others:
        yield Figure(f"photos a second, in terms of {name}", rates[ours] / rates[name], "times", 1)
        yield Figure("  CPU of a photo", costs[ours] / costs[name], "times", 1, at_most=True)
    for name in rates:
        yield Figure(f"{name}: photos a second", rates[name], "/s")
        yield Figure("  CPU of a photo", costs[name], "ms")


def _create_stores(azurite: Azurite) -> None:
    connection = azurite.connection_string
    BlobServiceClient.from_connection_string(connection).create_container(CONTAINER)
    TableServiceClient.from_connection_string(connection).create_table(TABLE)


@contextlib.contextmanager
def _fastapi(azurite: Azurite) -> Iterator[_Server]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", *FASTAPI, str(port)]
    env = {**packages.environment(), "PEERS_CONNECTION": azurite.connection_string}
    with subprocess.Popen(command, env=env) as process:
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), process, "FastAPI", 60)
            yield _Server(port, process.pid, KEY)
        finally:
            process.kill()


@contextlib.contextmanager
def _functions(azurite: Azurite) -> Iterator[_Server]:
    command = [sys.executable, "-m", "bench.peers.functions_host"]
    env = {
        **packages.environment(),
        "PEERS_CONNECTION": azurite.connection_string,
        "FUNCTION_KEY": KEY,
    }
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield _Server(int(process.stdout.readline()), process.pid, KEY)
        finally:
            process.kill()


def _send(server: _Server, content: bytes, photos: int) -> None:
    """Send photos from CLIENTS clients, each over a connection that stays open."""

    def send(count: int) -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(count):
            headers = {
                FUNCTION_KEY: server.key,
                "Content-Type": "image/jpeg",
                "X-Photo-Id": str(new_name("bench", datetime.now(UTC))),
            }
            connection.request("PUT", UPLOAD_PATH, content, headers)
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 201:
                raise RuntimeError(f"a photo was answered {reply.status} {text[:300]!r}")
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, [photos // CLIENTS] * CLIENTS))
