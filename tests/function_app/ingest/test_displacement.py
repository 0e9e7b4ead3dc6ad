"""A photo of an unknown sender has the id of one that the camera's device sends later."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.http.responses import Response
from function_app.maintenance.deletion import delete
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.row_keys import View
from photo_wire.alert import LOSS, Alert
from photo_wire.headers import UPLOAD_PATH
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.conftest import NewStore
from tests.function_app.conftest import KINDS
from tests.support.api import photo_headers
from tests.support.handlers import call
from tests.support.interruptions import at_call
from tests.support.memory_store import memory_services
from tests.support.pictures import dng, jpeg
from tests.support.signing_device import SigningDevice

OURS, THEIRS, OTHER_FORMAT = jpeg(seed=1), jpeg(seed=2), dng()
NOW = datetime.now(UTC).replace(microsecond=0)
NAME = new_name("gate", NOW - timedelta(hours=1), "5f3a9c2e")


@pytest.fixture(params=KINDS)
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(Settings(new_store()))


@pytest.fixture
def device(services: Services) -> SigningDevice:
    """A device whose key and camera the backend knows."""
    house = SigningDevice("house")
    assert put(services, new_name("gate", NOW), OURS, house).status == 201
    return house


def put(
    services: Services, name: PhotoName, body: bytes, device: SigningDevice | None = None
) -> Response:
    headers = {**photo_headers(name), "Content-Type": "application/octet-stream"}
    if device:
        headers |= {"X-Waiting": "3"}
    signed = device.sign("PUT", UPLOAD_PATH, body, headers) if device else headers
    request = func.HttpRequest(
        "PUT", f"http://127.0.0.1:7071{UPLOAD_PATH}", headers=signed, body=body
    )
    return call("put_photo", request, services)


def photos(services: Services) -> dict[PhotoName, tuple[bytes | None, str]]:
    """Return the listed photos with their bytes and who sent them."""
    listed = services.index.query(View("gate"), 100)
    return {
        one.name: (
            services.blobs.read(one, 0, one.size),
            one.sender.standing if one.sender else "",
        )
        for one in listed
    }


@pytest.mark.parametrize("theirs", [THEIRS, OTHER_FORMAT], ids=["jpeg", "dng"])
def test_the_device_gets_its_name_and_nothing_is_lost(
    services: Services, device: SigningDevice, theirs: bytes
) -> None:
    assert put(services, NAME, theirs).status == 201
    before = services.index.get(NAME)
    assert before
    services.thumbnails.write(before, b"of the other one")
    assert put(services, NAME, OURS, device).status == 201
    shown = photos(services)
    assert shown[NAME] == (OURS, "verified")
    assert sorted(shown.values()).count((theirs, "unknown")) == 1
    assert len(shown) == 3
    assert all(one.captured_at == NAME.captured_at for one in list(shown)[1:])
    counted = services.index.count_photos(datetime.now(UTC) + timedelta(days=1))
    assert counted["gate"].total.photos == 3
    listed = services.index.get(NAME)
    assert listed
    assert services.thumbnails.read(listed) is None
    last_seen = services.index.last_seen("gate")
    assert last_seen
    assert (last_seen.last, last_seen.waiting) == (NAME, 3)


@pytest.mark.parametrize("theirs", [THEIRS, OTHER_FORMAT], ids=["jpeg", "dng"])
def test_a_deleted_photo_of_somebody_else_rejects_none_of_the_device(
    services: Services, device: SigningDevice, theirs: bytes
) -> None:
    """What a person deletes comes back neither under this name nor under another."""
    assert put(services, NAME, theirs).status == 201
    photo = services.index.get(NAME)
    assert photo
    delete(photo, services, NOW)
    assert put(services, NAME, OURS, device).status == 201
    assert photos(services)[NAME] == (OURS, "verified")
    assert len(photos(services)) == 2
    assert put(services, NAME, theirs).status == 409


def test_only_an_unknown_senders_photo_gives_way(services: Services, device: SigningDevice) -> None:
    """Neither the device's own one, nor to somebody else."""
    assert put(services, NAME, OURS, device).status == 201
    before = photos(services)
    assert put(services, NAME, THEIRS, device).status == 409
    assert put(services, NAME, THEIRS).status == 409
    assert put(services, NAME, OTHER_FORMAT).status == 409
    assert photos(services) == before
    assert services.blobs.find(NAME, Media.DNG) is None


def test_a_thiefs_photo_gives_way_to_no_other_thiefs(
    services: Services, device: SigningDevice
) -> None:
    assert put(services, NAME, THEIRS).status == 201
    assert put(services, NAME, jpeg(seed=3)).status == 409
    assert put(services, NAME, jpeg(seed=3), SigningDevice("house", counter=9)).status == 409
    assert photos(services)[NAME] == (THEIRS, "unknown")


def test_the_report_of_its_loss_is_taken_back(services: Services, device: SigningDevice) -> None:
    """Not when the thief's photo comes, but when the device's does."""
    services.alerts.add([StoredAlert(Alert(NAME, LOSS, "no-room"), NOW)])
    services.index.record_losses({NAME: ""})
    assert put(services, NAME, THEIRS).status == 201
    assert [one.is_taken_back for one in services.alerts.newest(9, None)] == [False]
    assert put(services, NAME, OURS, device).status == 201
    assert [one.is_taken_back for one in services.alerts.newest(9, None)] == [True]


def test_the_names_may_be_taken(services: Services, device: SigningDevice) -> None:
    """By photos that anybody stored before: then it gets another one."""
    assert put(services, NAME, THEIRS).status == 201
    photo = services.index.get(NAME)
    assert photo
    first = new_name("gate", NAME.captured_at, photo.sha256[:8])
    assert put(services, first, jpeg(seed=7)).status == 201
    assert put(services, NAME, OURS, device).status == 201
    shown = photos(services)
    assert shown[first][0] == jpeg(seed=7)
    assert shown[new_name("gate", NAME.captured_at, photo.sha256[8:16])] == (THEIRS, "unknown")


@pytest.mark.parametrize("number", range(24))
@pytest.mark.parametrize("how", ["repeated", "stopped"])
def test_it_may_be_stopped_or_overtaken_at_any_point(how: str, number: int) -> None:
    """At each request the same photo comes once more, or the process ends and the device repeats
    it."""
    services = memory_services(Settings(""))
    device = SigningDevice("house")
    assert put(services, new_name("gate", NOW), OURS, device).status == 201
    assert put(services, NAME, THEIRS).status == 201

    def happen() -> None:
        if how == "stopped":
            raise KeyboardInterrupt
        assert put(services, NAME, OURS, device).status in (200, 201)

    watched, _ = at_call(number, services, happen)
    try:
        assert put(watched, NAME, OURS, device).status in (200, 201)
    except KeyboardInterrupt:
        assert put(services, NAME, OURS, device).status in (200, 201)
    shown = photos(services)
    assert shown[NAME] == (OURS, "verified")
    assert [body for body, _ in shown.values()].count(THEIRS) == 1
    assert len(shown) == 3


def test_what_is_stored_since_is_not_removed(services: Services, device: SigningDevice) -> None:
    """By a second instance, which freed the name already."""
    assert put(services, NAME, THEIRS).status == 201
    theirs = services.index.get(NAME)
    assert theirs
    assert put(services, NAME, OURS, device).status == 201
    ours: Photo | None = services.blobs.find(NAME, Media.JPEG)
    assert ours
    services.blobs.remove_unchanged(theirs)
    services.blobs.remove_unchanged(replace(ours, deleted_at=NOW))
    assert services.blobs.find(NAME, Media.JPEG) == ours
    services.blobs.remove_unchanged(ours)
    services.blobs.remove_unchanged(ours)
    assert services.blobs.find(NAME, Media.JPEG) is None
