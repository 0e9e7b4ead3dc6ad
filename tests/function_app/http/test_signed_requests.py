"""What a signature costs, and what is stored of it. What it protects from is in
tests/e2e/device_attacks/."""

from collections.abc import Mapping
from datetime import timedelta

import azure.functions as func
import pytest

from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Settings
from photo_wire.headers import UPLOAD_PATH
from tests.support.api import MOMENT, name_of, photo_headers
from tests.support.counted_table import CountedTable
from tests.support.handlers import call
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice

PICTURE = jpeg()
NAMES = [name_of("gate", MOMENT + timedelta(seconds=n)) for n in range(20)]


@pytest.fixture
def devices() -> CountedTable:
    return CountedTable()


@pytest.fixture
def services(devices: CountedTable) -> Services:
    return memory_services(Settings(""), devices=devices)


def put(services: Services, headers: Mapping[str, str]) -> Response:
    lower = {name.lower(): value for name, value in headers.items()}
    request = func.HttpRequest("PUT", f"http://x{UPLOAD_PATH}", headers=lower, body=PICTURE)
    return call("put_photo", request, services)


def put_signed(services: Services, device: SigningDevice, number: int) -> Response:
    headers = photo_headers(NAMES[number])
    return put(services, {**headers, **device.sign("PUT", UPLOAD_PATH, PICTURE, headers)})


def test_a_signed_photo_takes_no_request_more_than_the_first(
    services: Services, devices: CountedTable
) -> None:
    device = SigningDevice("gate")
    assert put_signed(services, device, 0).status == 201
    known = memory_services(Settings(""), devices=devices)  # another process
    counts = []
    for number in range(1, 4):
        devices.requests.clear()
        assert put_signed(known, device, number).status == 201
        counts.append(list(devices.requests))
    assert counts == [["get", "get"], [], []]  # the device's key, and whose the camera is


def test_an_unsigned_photo_takes_one_request_at_first(
    services: Services, devices: CountedTable
) -> None:
    counts = []
    for number in range(3):
        devices.requests.clear()
        assert put(services, photo_headers(NAMES[number])).status == 201
        counts.append(list(devices.requests))
    assert counts == [["get"], [], []]


def test_the_signature_is_stored_with_the_photo_as_it_was_sent(services: Services) -> None:
    device = SigningDevice("gate")
    headers = device.sign("PUT", UPLOAD_PATH, PICTURE, photo_headers(NAMES[0]))
    assert put(services, {**photo_headers(NAMES[0]), **headers}).status == 201
    photo = services.index.get(NAMES[0])
    assert photo
    assert photo.sender
    stored = photo.to_properties()
    assert (stored["device"], stored["standing"]) == ("gate", "verified")
    assert stored["signature_input"] == headers["Signature-Input"]
    assert stored["signature"] == headers["Signature"]


def test_a_photo_of_a_camera_without_a_device_is_stored_as_before(services: Services) -> None:
    assert put(services, photo_headers(NAMES[0])).status == 201
    photo = services.index.get(NAMES[0])
    assert photo
    assert photo.sender is None
    added = {"device", "standing", "signature_input", "signature"}
    assert not photo.to_properties().keys() & added


def test_what_would_not_fit_into_metadata_is_left_out(services: Services) -> None:
    """The photo is stored all the same."""
    device = SigningDevice("gate")
    headers = photo_headers(NAMES[0])
    signed = device.sign("PUT", UPLOAD_PATH, PICTURE, headers)
    signed["Signature"] = f"x=:AAAA:,  {signed['Signature']}"  # storage would fold the spaces
    assert put(services, {**headers, **signed}).status == 201
    photo = services.index.get(NAMES[0])
    assert photo
    assert photo.sender
    assert (photo.sender.standing, photo.sender.signature) == ("verified", "")
