"""A device and a backend of which one is from before heartbeats and signatures, as the real ones
talked to each other (record_pair.py): each gets the other's recorded part again."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from photo_wire.alert import ALERTS_PATH, parse_alerts
from photo_wire.headers import PHOTO_ID, UPLOAD_PATH, parse_headers
from photo_wire.heartbeat import HEARTBEAT, heartbeat_path
from photo_wire.receipt import parse_receipt
from pi_uploader.agent.agent import Agent, UploadSide
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.schedule import UNSUPPORTED_SECONDS
from pi_uploader.agent.state import DeviceInfo
from pi_uploader.client import BackendClient
from pi_uploader.identity import Identity
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.golden.exchanges import FOLDER, KEY, Golden, recorded_in
from tests.golden.record_pair import DEVICE
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer
from tests.support.store import Response

PAIRS = sorted(FOLDER.glob("pair-*"))
SIGNED = {"Signature", "Signature-Input", "X-Device"}


@pytest.fixture(params=PAIRS, ids=lambda folder: folder.name)
def pair(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_both_sides_are_recorded() -> None:
    assert PAIRS
    for folder in PAIRS:
        old_device, old_backend = (
            list(recorded_in(folder / side).values()) for side in ("old-device", "old-backend")
        )
        assert [one.path for one in old_device].count(UPLOAD_PATH) == 2
        assert [one.path for one in old_device].count(ALERTS_PATH) == 1
        assert not any(SIGNED & one.headers.keys() for one in old_device)
        assert {one.path for one in old_backend} == {
            *(UPLOAD_PATH, ALERTS_PATH, heartbeat_path(DEVICE))
        }
        assert all(one.headers.keys() >= SIGNED for one in old_backend)


def test_todays_backend_serves_the_old_device(pair: Path, backend: Backend) -> None:
    """The same requests get responses that say the same, and the photos are shown as unsigned."""
    for golden in recorded_in(pair / "old-device").values():
        status, fields = send(backend, golden)
        assert status == golden.status
        # More members are no problem, and the time of arrival is another one.
        assert {**fields, **golden.fields, "received_at": None} == {**fields, "received_at": None}
        if golden.path == UPLOAD_PATH:
            shown = Api(backend).read(f"/api/photos/{golden.header(PHOTO_ID)}").json()
            assert (shown["device"], shown["standing"]) == (None, None)


def send(backend: Backend, golden: Golden) -> tuple[int, dict[str, object]]:
    path, headers = golden.with_key(backend.function_key)
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=90)
    try:
        connection.request(golden.method, path, golden.body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class OldBackend:
    """Responds as the recorded backend did. `missing` are headers that it got then."""

    def __init__(self, recorded: list[Golden]) -> None:
        self.recorded = recorded
        self.carried = 0
        self.missing: set[str] = set()

    def __call__(self, exchange: Exchange) -> None:
        exchange.read()
        request = exchange.request
        for one in self.recorded:
            is_same = (one.method, one.path) == (request.method, request.path)
            if is_same and one.header(PHOTO_ID) == request.photo_id:
                self.missing |= {name for name in one.headers if name not in request.headers}
                self.carried += HEARTBEAT in request.headers
                exchange.send(Response(one.status, one.reply, one.reply_headers))
                return
        exchange.send(Response(599))


@pytest.fixture
def old_backend(pair: Path) -> Iterator[tuple[FaultServer, OldBackend]]:
    handler = OldBackend(list(recorded_in(pair / "old-backend").values()))
    with FaultServer(handler) as server:
        yield server, handler


def test_todays_device_goes_on_as_before_with_the_old_backend(
    old_backend: tuple[FaultServer, OldBackend], tmp_path: Path
) -> None:
    """Signed photos leave the spool, one of them with a heartbeat that nobody reads; the report of
    losses is confirmed; heartbeats are tried once an hour, and there is no poll."""
    server, handler = old_backend
    seconds = [0.0]
    clock = FakeClock(seconds=lambda: seconds[0])
    spool, options = Spool(tmp_path), UploadOptions()
    identity = Identity.open(tmp_path, {}, DEVICE)
    client = BackendClient(server.base_url, KEY, identity=identity)
    uploader = Uploader(spool, client, options, clock=clock)
    agent = Agent(
        DeviceInfo(DEVICE, None, 60.0, 20.0),
        spool,
        client,
        UploadSide(
            uploader, UploadPause(tmp_path / "pause", clock), options.carrier, options.limits
        ),
        clock,
        chance=lambda: 1.0,
    )
    for golden in handler.recorded:
        if golden.path == UPLOAD_PATH:
            put(spool, golden)
            uploader.step()
            agent.step()  # offers a heartbeat to the next upload
    assert spool.newest() is None
    assert handler.carried == 1
    losses = next(one for one in handler.recorded if one.path == ALERTS_PATH)
    alerts = parse_alerts(losses.body)
    assert client.send_alerts(alerts, waiting=0).recorded == {str(one.name) for one in alerts}
    for _ in range(40):
        seconds[0] += max(agent.step(), 0.1)
        if seconds[0] > UNSUPPORTED_SECONDS / 2:
            break
    paths = [one.path for one in server.requests]
    assert paths.count(heartbeat_path(DEVICE)) == 1
    assert len(paths) == len(handler.recorded)
    assert handler.missing == set()


def put(spool: Spool, golden: Golden) -> None:
    """Put the photo of a recorded request into the spool again."""
    fields = parse_headers(CaseInsensitiveDict(golden.headers))
    receipt = parse_receipt(golden.reply)
    assert fields.media
    assert fields.trigger
    assert fields.clock
    spool.put(golden.body, PhotoInfo(receipt.name, fields.media, fields.trigger, fields.clock))
