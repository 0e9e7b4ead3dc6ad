"""What a device still can, over HTTP, after an owner gave its name to another key."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from photo_wire.command_blob import parse_blob
from tests.e2e.device_attacks.world import OLD_KEY, World, signed
from tests.support.api import Api, new_camera
from tests.support.signing_device import SigningDevice

RESTART = {"kind": "restart"}


@pytest.fixture
def world(api: Api, cameras: tuple[str, str]) -> World:
    """A backend that knows a device of a new name, which reports for the first time."""
    world = World(api, SigningDevice(new_camera()), SigningDevice(cameras[1]))
    assert world.send(signed(world.gate, world.photo(world.new_photo(), OLD_KEY))).status == 201
    return world


def link_of(world: World, device: SigningDevice, secrets_used: set[str]) -> str:
    """Return the link to the device's commands that a heartbeat brings."""
    answer = world.send(signed(device, world.heartbeat(OLD_KEY, "1.0")))
    assert answer.status == 200, answer.body
    url: str = answer.fields["link"]["url"]
    secrets_used.add(parse_qs(urlsplit(url).query)["sig"][0])
    return url


def test_the_link_to_its_commands_opens_nothing(world: World, secrets_used: set[str]) -> None:
    """From the approval on, whether the new device has reported or not. It reports nothing either,
    and the new one goes on with the commands that were open."""
    admin = {"Authorization": f"Bearer {world.api.backend.admin_token}"}
    old = link_of(world, world.gate, secrets_used)
    asked = world.api.ask(f"/api/devices/{world.camera}/commands", admin, "POST", json=RESTART)
    assert asked.status_code == 202, asked.text
    assert len(parse_blob(requests.get(old, timeout=60).content).open) == 1
    new = SigningDevice(world.camera, counter=2**20)
    assert world.send(signed(new, world.photo(world.new_photo(), OLD_KEY))).status == 201
    approved = world.api.ask(
        f"/api/devices/{world.camera}/key", admin, "POST", json={"fingerprint": new.fingerprint}
    )
    assert approved.status_code == 200, approved.text
    assert requests.get(old, timeout=60).status_code == 404
    answer = world.send(signed(world.gate, world.heartbeat(OLD_KEY, "6.6")))
    assert answer.status == 202
    assert b"http" not in answer.body
    found = requests.get(link_of(world, new, secrets_used), timeout=60)
    (command,) = parse_blob(found.content).open
    assert command.id == asked.json()["id"]
    assert requests.get(old, timeout=60).status_code == 404
    assert world.version == "1.0"
