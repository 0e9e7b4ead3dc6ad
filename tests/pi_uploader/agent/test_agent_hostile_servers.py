"""The agent and servers that redirect, drip, or send far too much: it follows nothing, waits and
reads to a limit only, and goes on."""

from collections.abc import Callable, Iterator

import pytest

from photo_wire.heartbeat import Heartbeat
from pi_uploader.client import BackendClient, UnavailableError
from tests.support.agent_backend import SECRET, AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.faults import drip, redirect, respond_with
from tests.support.store import Response
from tests.support.waiting import wait_for

TEN_MB = 10 * 1024 * 1024


@pytest.fixture
def other_host() -> Iterator[FaultServer]:
    with FaultServer(respond_with(Response(200, b"{}"))) as server:
        yield server


def large(exchange: Exchange) -> None:
    """Send 10 MB, of which a client that is careful reads the beginning."""
    exchange.read()
    exchange.send(Response(200, b'{"open": [' + b" " * TEN_MB))


def endless_header(exchange: Exchange) -> None:
    exchange.read()
    exchange.send_bytes(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * TEN_MB)


def nested(exchange: Exchange) -> None:
    exchange.read()
    exchange.send(Response(200, b"[" * 60_000))


HOSTILE: dict[str, Callable[[str], Handler]] = {
    "redirects": lambda url: redirect(url, 307),
    "10 MB": lambda _: large,
    "an endless header": lambda _: endless_header,
    "nested JSON": lambda _: nested,
}


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("path", ["/api/devices/gate/heartbeat", "/devices/commands/gate.json"])
def test_the_agent_goes_on_after(
    path: str,
    hostile: str,
    backend: AgentBackend,
    device: AgentDevice,
    other_host: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("pi_uploader.agent.schedule.FIRST_RETRY_SECONDS", 0.05)
    friendly, attack = backend.server.handler, HOSTILE[hostile](other_host.base_url)
    hits = 0

    def handle(exchange: Exchange) -> None:
        nonlocal hits
        if exchange.request.path.partition("?")[0] == path and hits < 3:
            hits += 1
            attack(exchange)
            exchange.cut(reset=False)
        else:
            friendly(exchange)

    backend.server.handler = handle
    with device.running():
        wait_for(lambda: hits == 3, what="three attacks")
        command = backend.ask("pause", camera=None)
        wait_for(lambda: backend.final(command), what="a command's result")
    assert other_host.requests == []
    assert SECRET not in caplog.text
    assert len(caplog.text) < 10_000


@pytest.mark.parametrize("reply", ["[" * 60_000, "x" * 60_000, "{}", "\xff"])
def test_a_reply_in_a_header_that_is_none(
    reply: str, device: AgentDevice, backend: AgentBackend
) -> None:
    device.carrier.on_reply(lambda: None)
    device.agent.step()
    device.carrier.offer("a heartbeat")
    carried = device.carrier.take()
    assert carried
    carried.reply = reply
    device.carrier.settle(carried)
    assert device.agent.step() > 0
    assert len(backend.heartbeats) == 1


def test_a_response_that_drips_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and all of them would take minutes."""
    monkeypatch.setattr("pi_uploader.client.blobs.MAX_SECONDS", 0.2)
    with FaultServer(drip(0.05)) as server:
        client = BackendClient(server.base_url, None, max_put_seconds=0.2)
        blobs = client.blobs()
        with pytest.raises(UnavailableError, match=r"longer than 0\.2 s"):
            blobs.read(f"{server.base_url}/blob")
        with pytest.raises(UnavailableError, match=r"longer than 0\.2 s"):
            blobs.write(f"{server.base_url}/blob", b"a picture", "image/jpeg")
        with pytest.raises(UnavailableError, match=r"longer than 0\.2 s"):
            client.send_heartbeat("gate", Heartbeat(version="0", interval=300))
