"""Each attempt of each request of a device is signed anew, and covers the body that was sent."""

import hashlib
import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import UPLOAD_PATH
from photo_wire.heartbeat import Heartbeat
from photo_wire.known import KNOWN_PATH
from photo_wire.problem import PROBLEM_TYPE, Problem
from photo_wire.signature import (
    DEVICE,
    MAX_COUNTER,
    SIGNATURE,
    SIGNATURE_INPUT,
    SignedRequest,
    parse_signature,
)
from pi_uploader.client import BackendClient, CarriedHeartbeat, UnavailableError
from pi_uploader.identity import Identity
from pi_uploader.identity.key_file import KEY_FILE
from pi_uploader.spool import Spool, SpooledPhoto
from tests.support import faults
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.spool_photos import put
from tests.support.store import Response


class SigningDevice:
    """A device with a key, and the counters of the requests that a server has received."""

    def __init__(self, folder: Path, handler: Handler = store_photo) -> None:
        self.identity = Identity.open(folder, {}, "gate")
        self.spool = Spool(folder)
        self.counters: list[int] = []
        self._handler = handler

    def check(self, exchange: Exchange) -> None:
        """Handle a request, after its signature and its body were checked."""
        body = exchange.read()
        request, url = exchange.request, urlsplit(exchange.request.path)
        signature = parse_signature(
            SignedRequest(request.method, url.path, url.query, request.headers)
        )
        assert signature
        key = Ed25519PublicKey.from_public_bytes(signature.public_key)
        key.verify(signature.value, signature.base)
        assert signature.public_key == self.identity.public_key
        assert signature.device == "gate"
        assert signature.sha256 == hashlib.sha256(body).hexdigest()
        self.counters.append(signature.counter)
        self._handler(exchange)

    def client(self, server: FaultServer) -> BackendClient:
        return BackendClient(server.base_url, "key", identity=self.identity)

    def send(
        self, client: BackendClient, photo: SpooledPhoto, carried: CarriedHeartbeat | None = None
    ) -> None:
        with self.spool.open(photo) as file:
            client.send_photo(photo, file, waiting=3, carried=carried)


def test_every_request_is_signed_with_a_higher_counter(tmp_path: Path) -> None:
    device = SigningDevice(tmp_path)
    with FaultServer(device.check) as server:
        client = device.client(server)
        photo = put(device.spool, 1)
        device.send(client, photo)
        device.send(client, photo, CarriedHeartbeat("eJw"))
        client.send_alerts([], waiting=2)
        client.find_known([str(photo.name)])
        with pytest.raises(UnavailableError):  # this server knows no heartbeats
            client.send_heartbeat("gate", Heartbeat(version="0", interval=300))
    assert [request.path for request in server.requests] == [
        *[UPLOAD_PATH, UPLOAD_PATH, ALERTS_PATH, KNOWN_PATH],
        "/api/devices/gate/heartbeat",
    ]
    assert device.counters == [1, 2, 3, 4, 5]


def test_a_second_attempt_is_signed_anew(tmp_path: Path) -> None:
    device = SigningDevice(tmp_path, faults.in_turn(faults.store_then_cut()))
    with FaultServer(device.check) as server:
        device.send(device.client(server), put(device.spool, 1))
    assert device.counters == [1, 2]
    assert len(server.store.photos) == 1


def expect_above(number: int) -> Handler:
    """Respond that the counter has to be above this number."""
    body = Problem(401, "sign again", counter_above=number).to_json().encode()
    return faults.respond_with(Response(401, body, {"Content-Type": PROBLEM_TYPE}))


def test_a_device_jumps_above_the_counter_that_the_backend_has_seen(tmp_path: Path) -> None:
    device = SigningDevice(tmp_path, faults.in_turn(expect_above(123_456)))
    with FaultServer(device.check) as server:
        client = device.client(server)
        device.send(client, put(device.spool, 1))
        device.send(client, put(device.spool, 2))
    assert device.counters == [1, 123_457, 123_458]


@pytest.mark.parametrize(("number", "counters"), [(5, [1, 6]), (MAX_COUNTER - 1, [1])])
def test_it_jumps_once_and_leaves_numbers_for_later(
    tmp_path: Path, number: int, counters: list[int]
) -> None:
    device = SigningDevice(tmp_path, expect_above(number))
    with FaultServer(device.check) as server:
        with pytest.raises(UnavailableError, match="counter of this device's requests") as error:
            device.send(device.client(server), put(device.spool, 1))
        assert error.value.status == 401
    assert device.counters == counters


def test_without_a_usable_key_requests_are_as_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / KEY_FILE).write_text("damaged")
    (tmp_path / KEY_FILE).chmod(0o600)
    device = SigningDevice(tmp_path)
    with FaultServer() as server:
        device.send(device.client(server), put(device.spool, 1))
        server.handler = expect_above(7)
        with pytest.raises(UnavailableError):
            device.send(device.client(server), put(device.spool, 2))
    assert len(server.requests) == 2
    for request in server.requests:
        assert not {DEVICE, SIGNATURE, SIGNATURE_INPUT} & request.headers.keys()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
