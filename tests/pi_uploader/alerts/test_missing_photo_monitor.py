"""The device asks now and then whether the cloud still has what it gave receipts for."""

import json
import logging
from pathlib import Path

import pytest

from photo_wire.alert import MISSING
from photo_wire.headers import UPLOAD_PATH
from photo_wire.known import KNOWN_PATH, MAX_IDS
from pi_uploader.alerts import missing_photo_monitor
from pi_uploader.alerts.missing_photo_monitor import (
    FIRST_POLL_SECONDS,
    POLL_SECONDS,
    RETRY_OLD_BACKEND_SECONDS,
)
from pi_uploader.alerts.photo_log import MISSING_FILE, RECEIPTS_FILE, PhotoLog
from pi_uploader.spool import SpooledPhoto
from pi_uploader.status import spool_status
from pi_uploader.upload.uploader import UploadOptions
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.store import Request, Response
from tests.support.uploading import Device


def known_requests(server: FaultServer) -> list[Request]:
    return [one for one in server.requests if one.path == KNOWN_PATH]


def delivered(device: Device, count: int) -> list[SpooledPhoto]:
    photos = device.take(count)
    device.try_all(2 * count)
    return photos


def ask(device: Device, seconds: float = POLL_SECONDS) -> None:
    """Let so much time pass, and have the device look whether it is time to ask."""
    device.now += seconds
    device.uploader.step()


def ids_missing(device: Device) -> set[str]:
    return {str(one.name) for one in PhotoLog(device.folder / MISSING_FILE).photos()}


def responding(reply: Response) -> Handler:
    """An answer that is the same whatever comes."""

    def handler(exchange: Exchange) -> None:
        exchange.read()
        exchange.send(reply)

    return handler


def test_a_photo_that_the_backend_lost_is_reported_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By an alert, in the log and by `status`; once, and not again after a restart. A photo that a
    person deleted is not missing."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = delivered(device, 5)
        ask(device, FIRST_POLL_SECONDS)
        assert server.store.alerts == {}
        gone, deleted, *_ = (str(photo.name) for photo in photos)
        del server.store.photos[gone], server.store.photos[deleted]
        server.store.deleted.add(deleted)
        with caplog.at_level(logging.ERROR, "upload"):
            ask(device)
        assert [alert.kind for alert in server.store.alerts.values()] == [MISSING]
        assert server.store.alerts.keys() == ids_missing(device) == {gone}
        assert f"photo missing {gone}" in caplog.text
        text, facts = spool_status(tmp_path)
        assert facts["missing"] == 1
        assert "missing       1 photo that the cloud had stored" in text
        server.store.alerts.clear()
        again = Device(tmp_path, server)
        ask(again, FIRST_POLL_SECONDS)
        assert len(known_requests(server)) == 3
        assert server.store.alerts == {}


def test_a_copy_that_was_kept_is_sent_again(tmp_path: Path) -> None:
    """Then it is not missing any more. A copy with other bytes is not sent."""
    with FaultServer() as server:
        device = Device(tmp_path, server, options=UploadOptions(keep=True))
        whole, damaged = delivered(device, 2)
        device.spool.archive.path_of(damaged).write_bytes(b"other bytes")
        server.store.photos.clear()
        ask(device, FIRST_POLL_SECONDS)
        assert ids_missing(device) == {str(whole.name), str(damaged.name)}
        device.try_all(5)
        assert server.store.photos.keys() == {str(whole.name)}
        assert ids_missing(device) == {str(damaged.name)}
        assert device.spool.archive.path_of(whole).is_file()


def test_a_backend_that_stores_nothing_gets_each_photo_twice_at_most(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It gives receipts, and yet reports each photo as missing. The copies stay on the device."""
    with FaultServer() as server:
        device = Device(tmp_path, server, options=UploadOptions(keep=True))
        photos = delivered(device, 3)
        for _ in range(5):
            server.store.photos.clear()
            ask(device, POLL_SECONDS)
            device.try_all(6)
        puts = [one for one in server.requests if one.path == UPLOAD_PATH]
        assert len(puts) == 2 * len(photos)
        assert ids_missing(device) == {str(photo.name) for photo in photos}
        assert all(device.spool.archive.path_of(photo).is_file() for photo in photos)
        assert "is missing again after it was sent again: a copy stays here" in caplog.text


def test_a_request_is_limited_and_every_receipt_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first, up to a hundred at once, each once before any is asked for again."""
    monkeypatch.setattr(missing_photo_monitor, "MAX_IDS", 2)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = delivered(device, 5)
        asked: list[list[str]] = []
        known = device.uploader.client.find_known

        def find_known(ids: list[str]) -> object:
            asked.append(ids)
            return known(ids)

        monkeypatch.setattr(device.uploader.client, "find_known", find_known)
        for seconds in (FIRST_POLL_SECONDS, *([POLL_SECONDS] * 3)):
            ask(device, seconds)
        ask(device, POLL_SECONDS / 2)
        assert {one for ids in asked[:3] for one in ids} == {str(one.name) for one in photos}
        assert [len(ids) for ids in asked] == [2, 2, 1, 2]
        assert asked[3] == asked[0]
    assert MAX_IDS == 100


def test_an_old_backend_is_asked_once_a_day(tmp_path: Path) -> None:
    """It responds with 404. By the next day it may have been replaced."""
    with FaultServer() as server:
        server.store.supports_known = False
        device = Device(tmp_path, server)
        delivered(device, 1)
        ask(device, FIRST_POLL_SECONDS)
        for _ in range(5):
            ask(device)
        assert len(known_requests(server)) == 1
        assert device.wait == 0.0
        ask(device, RETRY_OLD_BACKEND_SECONDS)
        assert len(known_requests(server)) == 2
        assert server.store.alerts == {}


def test_an_invalid_response_makes_no_photo_missing(tmp_path: Path) -> None:
    """Such as a response about other photos: nothing is reported."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        (photo,) = delivered(device, 1)
        store_photo = server.handler
        handlers: list[object] = [[], {}, {"known": [], "missing": []}, {"missing": ["x"]}]
        handlers.append({"known": [str(photo.name)], "missing": [str(photo.name)]})
        for number, handler in enumerate(handlers):
            body = json.dumps(handler).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            server.handler = lambda exchange, raw=head + body: (
                exchange.read(),
                exchange.send_bytes(raw),
            )  # type: ignore[misc,assignment]
            ask(device)
            assert len(known_requests(server)) == number + 1
        assert ids_missing(device) == set()
        server.handler = store_photo
        ask(device)
        assert server.store.alerts == {}


def test_a_photo_that_could_not_be_reported_is_asked_for_again(tmp_path: Path) -> None:
    """The network failed between the request and the alert."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        (photo,) = delivered(device, 1)
        server.store.photos.clear()
        store_photo = server.handler
        server.handler = lambda exchange: (
            store_photo(exchange) if exchange.request.path == KNOWN_PATH else exchange.cut()
        )
        ask(device, FIRST_POLL_SECONDS)
        assert ids_missing(device) == set()
        server.handler = store_photo
        ask(device)
        assert ids_missing(device) == server.store.alerts.keys() == {str(photo.name)}


def test_a_log_that_cannot_be_written_costs_no_delivery(tmp_path: Path) -> None:
    """The log of receipts is a folder here."""
    (tmp_path / RECEIPTS_FILE).mkdir()
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = delivered(device, 3)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos}
