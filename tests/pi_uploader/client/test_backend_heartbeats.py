"""Heartbeats: alone, and in the headers of uploads."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import FUNCTION_KEY
from photo_wire.heartbeat import HEARTBEAT, Heartbeat, parse_header, parse_heartbeat
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, HeartbeatReply
from pi_uploader.client import BackendClient, CarriedHeartbeat, UnavailableError
from pi_uploader.spool import Spool
from tests.support import faults
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.spool_photos import put
from tests.support.store import Response

HEARTBEAT_OF_GATE = Heartbeat(version="0.14.0", interval=300, uptime=12.5)


def test_a_heartbeat_is_sent_and_replied_to() -> None:
    reply = HeartbeatReply(acknowledged=("0" * 32,))
    bodies = []

    def record(exchange: Exchange) -> None:
        bodies.append(exchange.read())
        headers = {"Date": "Sat, 28 Nov 2026 03:00:07 GMT"}
        exchange.send(Response(200, reply.to_json(), headers))

    with FaultServer(record) as server:
        client = BackendClient(server.base_url, "a key")
        for _ in range(2):
            response = client.send_heartbeat("gate", HEARTBEAT_OF_GATE)
        request = server.requests[0]
        assert server.connections == 1
    assert (request.method, request.path) == ("POST", "/api/devices/gate/heartbeat")
    assert request.headers[FUNCTION_KEY] == "a key"
    assert [parse_heartbeat(body) for body in bodies] == [HEARTBEAT_OF_GATE] * 2
    assert response.reply == reply
    assert response.server_time == datetime(2026, 11, 28, 3, 0, 7, tzinfo=UTC)


def test_a_device_that_is_not_approved_yet() -> None:
    handler = faults.respond_with(Response(202, b'{"standing": "unknown"}'))
    with FaultServer(handler) as server:
        client = BackendClient(server.base_url, None)
        assert not client.send_heartbeat("gate", HEARTBEAT_OF_GATE).reply.is_recorded


@pytest.mark.parametrize(
    ("handler", "status"),
    [(faults.status(404), 404), (faults.login_page, None), (faults.cut_request(0), None)],
)
def test_a_backend_without_heartbeats(handler: Handler, status: int | None) -> None:
    with FaultServer(handler) as server, pytest.raises(UnavailableError) as raised:
        BackendClient(server.base_url, None).send_heartbeat("gate", HEARTBEAT_OF_GATE)
    assert raised.value.status == status


@pytest.mark.parametrize("reply", ['{"open": []}', None])
def test_an_upload_carries_a_heartbeat(reply: str | None, tmp_path: Path) -> None:
    """An old backend ignores it."""
    photo = put(Spool(tmp_path), 1)
    carried = CarriedHeartbeat(HEARTBEAT_OF_GATE.to_header() or "")

    def handler(exchange: Exchange) -> None:
        response = exchange.store.handle(exchange.request, exchange.read())
        headers = {**response.headers, **({HEARTBEAT_REPLY: reply} if reply else {})}
        exchange.send(replace(response, headers=headers))

    with FaultServer(handler) as server, Spool(tmp_path).open(photo) as file:
        BackendClient(server.base_url, None).send_photo(photo, file, carried=carried)
        [request] = server.requests
    assert parse_header(request.headers[HEARTBEAT]) == HEARTBEAT_OF_GATE
    assert carried.reply == reply
