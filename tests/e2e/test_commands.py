"""A command from the press of a button to the photo, over real HTTP and Azurite: by the blob that
the device polls, with no call of a function in between."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from function_app.auth.caller import Role
from function_app.devices.commands import record_results, reply_for
from function_app.devices.live import end_looking
from function_app.services import Services, connect
from function_app.settings import Settings
from local.azurite import Azurite
from photo_wire.command import MAX_OPEN, CommandResult, CommandState
from photo_wire.command_blob import parse_blob
from photo_wire.headers import UPLOAD_PATH
from photo_wire.moment import parse_time
from photo_wire.motion import MOTION, WITHOUT_MOTION
from photo_wire.name import new_name
from tests.support.api import Api, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.browser import same_origin, session_of
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice


class Device:
    """A device that polls its blob, and uploads what it takes."""

    def __init__(self, api: Api, services: Services, secrets_used: set[str]) -> None:
        self.name = self.camera = new_camera()
        self._api, self._key, self._secrets = api, SigningDevice(self.name), secrets_used
        self.put("0" * 8)
        link = reply_for(services, self.name, self._key.key, datetime.now(UTC)).link
        assert link
        self._link, self._etag = self._keep(link.url), ""

    def put(self, tag: str, **stated: str) -> str:
        """Upload a photo that was taken on demand, or as is stated, and return its id."""
        name, body = new_name(self.camera, datetime.now(UTC), tag), jpeg()
        headers = {**photo_headers(name), "X-Trigger": "demand", **stated}
        reply = self._api.put(body, self._key.sign("PUT", UPLOAD_PATH, body, headers))
        assert reply.status_code == 201, reply.text
        return str(name)

    def poll(self) -> requests.Response:
        """Read the blob, if it changed since the last time."""
        reply = requests.get(self._link, headers={"If-None-Match": self._etag}, timeout=60)
        self._etag = reply.headers.get("ETag", self._etag)
        return reply

    def send_live(self, url: str, body: bytes) -> None:
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "image/jpeg"}
        reply = requests.put(self._keep(url), body, headers=headers, timeout=60)
        assert reply.status_code == 201, reply.text

    def _keep(self, url: str) -> str:
        """No log may contain the signature."""
        self._secrets.add(parse_qs(urlsplit(url).query)["sig"][0])
        return url


@pytest.fixture
def services(azurite: Azurite) -> Services:
    return connect(Settings(azurite.connection_string))


@pytest.fixture
def api(backend: Backend) -> Api:
    return Api(backend)


@pytest.fixture
def owner(backend: Backend) -> dict[str, str]:
    return {"Authorization": f"Bearer {backend.admin_token}"}


@pytest.fixture
def device(api: Api, services: Services, secrets_used: set[str]) -> Device:
    return Device(api, services, secrets_used)


def test_a_photo_now(api: Api, owner: dict[str, str], device: Device) -> None:
    """The device sees it at its next poll, which costs one read of a blob; its photo marks it
    done."""
    assert device.poll().status_code == 200
    assert device.poll().status_code == 304
    asked = api.ask(f"/api/cameras/{device.camera}/capture", owner, "POST").json()
    (command,) = parse_blob(device.poll().content).open
    assert (command.id, command.kind, command.camera) == (asked["id"], "photo", device.camera)
    photo = device.put(command.tag)
    path = f"/api/devices/{device.name}/commands/{command.id}"
    done = api.ask(path, owner).json()
    assert (done["state"], done["photos"]) == ("done", [photo])
    assert parse_blob(device.poll().content).open == ()


def test_the_frames_of_a_corrected_stub(api: Api, owner: dict[str, str], device: Device) -> None:
    """Asked for once, however often somebody says that it was one; then it is among the photos."""
    stub = device.put("5" * 8, **{"X-Trigger": "motion", MOTION: WITHOUT_MOTION})
    listed = f"/api/photos?camera={device.camera}"
    assert stub not in api.ask(listed, owner).text
    for _ in range(2):
        reply = api.ask("/api/photos/correction", owner, "POST", json={"ids": [stub]})
        assert reply.json() == {"changed": [stub], "unknown": [], "without_frames": []}
    (command,) = parse_blob(device.poll().content).open
    assert (command.kind, str(command.photo)) == ("replay-keep", stub)
    assert stub in api.ask(listed, owner).text


def test_more_corrected_stubs_than_the_device_has_places_for(
    api: Api, owner: dict[str, str], device: Device
) -> None:
    """The answer and the page say of which it keeps no frames."""
    without_motion = {"X-Trigger": "motion", MOTION: WITHOUT_MOTION}
    stubs = [device.put(f"{number:08x}", **without_motion) for number in range(MAX_OPEN // 2 + 3)]
    *first, last = stubs
    reply = api.ask("/api/photos/correction", owner, "POST", json={"ids": first}).json()
    assert (reply["changed"], reply["without_frames"]) == (first, first[MAX_OPEN // 2 :])
    session = session_of(api.backend, Role.OWNER) | same_origin(api)
    page = api.ask("/choice/correct", session, "POST", data={"ids": last, "back": "/days"}).text
    assert "1 trigger is among the photos now." in page
    assert "The frames of 1 are not kept" in page


def test_a_log_that_was_asked_for(
    api: Api, owner: dict[str, str], device: Device, services: Services
) -> None:
    asked = api.ask(f"/api/devices/{device.name}/logs?lines=5", owner).json()
    assert asked["state"] == "asked"
    output = "a line\n" * 20_000
    result = CommandResult(asked["id"], CommandState.DONE, output=output)
    record_results(services, device.name, [result], datetime.now(UTC))
    found = api.ask(f"/api/devices/{device.name}/commands/{asked['id']}", owner).json()
    assert found["output"] == output


def test_a_live_picture(api: Api, device: Device, services: Services) -> None:
    """The device learns by its blob where it goes; it is shown with its age, and deleted when
    nobody looks."""
    live, look = (f"/api/cameras/{device.camera}/{what}" for what in ("live", "look"))
    assert api.read(live).status_code == 204
    until = parse_time(api.read(look, method="POST").json()["looking_until"])
    blob = parse_blob(device.poll().content)
    assert blob.looking_until == {device.camera: until}
    for seed in (1, 2):
        device.send_live(blob.live[device.camera].url, jpeg(seed=seed))
        shown = api.read(live)
        assert (shown.status_code, shown.content) == (200, jpeg(seed=seed))
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Age"].isdigit()
    end_looking(services, datetime.now(UTC))
    assert api.read(live).status_code == 200
    end_looking(services, until + timedelta(days=1))
    assert api.read(live).status_code == 204
