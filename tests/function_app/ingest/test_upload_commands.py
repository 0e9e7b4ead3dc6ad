"""A photo that a device takes for a command marks it done; no other photo does."""

from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.command_rows import CommandRecord
from function_app.storage.errors import StorageUnavailableError
from photo_wire.command import Command, CommandState, Kind
from photo_wire.headers import UPLOAD_PATH
from photo_wire.name import PhotoName, new_name
from tests.support.api import photo_headers
from tests.support.handlers import call
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def device(services: Services) -> SigningDevice:
    """A device whose key and camera the backend knows, by a photo."""
    house = SigningDevice("house")
    assert put(services, new_name("gate", datetime.now(UTC)), house, "motion").status == 201
    return house


def put(
    services: Services, name: PhotoName, device: SigningDevice | None, trigger: str = "demand"
) -> Response:
    """Upload a photo as this device does; None is one without a key."""
    body = jpeg()
    headers = {**photo_headers(name), "X-Trigger": trigger}
    signed = device.sign("PUT", UPLOAD_PATH, body, headers) if device else headers
    request = func.HttpRequest(
        "PUT", f"http://127.0.0.1:7071{UPLOAD_PATH}", headers=signed, body=body
    )
    return call("put_photo", request, services)


def ask(services: Services) -> Command:
    now = datetime.now(UTC)
    command = Command("0" * 32, Kind.PHOTO, now + timedelta(minutes=10), "gate")
    return services.commands.ask("house", CommandRecord(command, "owner", now), now).command


def state(services: Services, command: Command) -> CommandState:
    found = services.commands.get("house", command.id)
    assert found
    return found.state


def test_the_photo_of_a_command_marks_it_done(services: Services, device: SigningDevice) -> None:
    command = ask(services)
    name = new_name("gate", datetime.now(UTC), command.tag)
    assert put(services, name, device).status == 201
    assert state(services, command) is CommandState.DONE
    assert put(services, name, device).status == 200
    assert state(services, command) is CommandState.DONE


@pytest.mark.parametrize("who", ["unsigned", "another key", "another device"])
def test_nobody_else_s_photo_does(services: Services, device: SigningDevice, who: str) -> None:
    """It is stored all the same."""
    command = ask(services)
    sender = {
        "unsigned": None,
        "another key": SigningDevice("house", counter=50),
        "another device": SigningDevice("attic"),
    }[who]
    assert put(services, new_name("gate", datetime.now(UTC), command.tag), sender).status == 201
    assert state(services, command) is CommandState.ASKED


def test_a_photo_by_another_trigger_does_not(services: Services, device: SigningDevice) -> None:
    command = ask(services)
    name = new_name("gate", datetime.now(UTC), command.tag)
    assert put(services, name, device, "motion").status == 201
    assert state(services, command) is CommandState.ASKED


class _Counting(MemoryTable):
    """Counts the requests, and fails them while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.is_away = False

    def query(self, *args: object, **more: object) -> list:  # type: ignore[type-arg]
        self.requests += 1
        if self.is_away:
            raise StorageUnavailableError("it answered 503")
        return super().query(*args, **more)  # type: ignore[arg-type]


def test_a_photo_on_demand_costs_one_request_and_no_other_photo_any() -> None:
    rows = _Counting()
    services, house = memory_services(Settings(""), devices=rows), SigningDevice("house")
    put(services, new_name("gate", datetime.now(UTC)), house, "motion")
    for trigger, requests in (("motion", 0), ("demand", 1)):
        rows.requests = 0
        assert put(services, new_name("gate", datetime.now(UTC)), house, trigger).status == 201
        assert rows.requests == requests


def test_a_command_that_cannot_be_marked_costs_no_photo(caplog: pytest.LogCaptureFixture) -> None:
    """The log says why; the device reports it with its next heartbeat, too."""
    rows = _Counting()
    services, house = memory_services(Settings(""), devices=rows), SigningDevice("house")
    put(services, new_name("gate", datetime.now(UTC)), house, "motion")
    rows.is_away = True
    name = new_name("gate", datetime.now(UTC))
    assert put(services, name, house).status == 201
    assert f"the command for which {name} was taken is not marked" in caplog.text
    assert services.index.get(name)
