"""Asking devices: who may, what for, and what comes back."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.auth import sessions, tokens, users
from function_app.auth.audit_log import AuditLog
from function_app.auth.caller import Role, Scope
from function_app.devices import command_api
from function_app.devices.commands import record_results
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo
from photo_wire.command import CommandResult, CommandState, Kind
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.name import new_name
from tests.support.api import MOMENT, name_of
from tests.support.asking import ask, content
from tests.support.devices import add_device
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import jpeg

ADMIN = {"Authorization": "Bearer the-admin-token-of-this-test"}
CAPTURE = "post_capture"


@pytest.fixture
def services() -> Services:
    secrets = Secrets(admin_token="the-admin-token-of-this-test")
    backend = memory_services(Settings("", secrets=secrets))
    add_device(backend, "house", ["gate", "attic"])
    return backend


def token(services: Services, *scopes: Scope, cameras: set[str] | None = None) -> dict[str, str]:
    limit = None if cameras is None else frozenset(cameras)
    grant = tokens.Grant(frozenset(scopes), limit)
    secret = tokens.create(services.accounts, "app", grant, datetime.now(UTC))
    return {"Authorization": f"Bearer {secret}"}


def audited(services: Services) -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.target) for one in services.audit_log.newest(50, "")]


def store_photo(services: Services, camera: str, tag: str) -> Photo:
    """Store a photo as if the device had uploaded it."""
    now, body = datetime.now(UTC), jpeg()
    photo = Photo(new_name(camera, now, tag), Media.JPEG, "ab" * 32, len(body), now, "demand")
    services.blobs.add(photo, body)
    services.index.add(photo, now)
    services.commands.record_photo("house", photo.name, now)
    return photo


class Answering:
    """A device that does what `act` says as soon as it is asked for something."""

    def __init__(self, services: Services, act: Callable[[str], object]) -> None:
        self._services, self._act = services, act
        self._polled = threading.Event()

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._polled.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._polled.wait(0.01):
            for command in self._services.commands.to_do("house", "", datetime.now(UTC)):
                self._act(command.id)


def test_a_photo_is_asked_for(services: Services) -> None:
    """Without waiting there is a command, which the device finds in its blob."""
    response = ask(services, CAPTURE, ADMIN, camera="gate")
    command = content(response)
    assert response.status == 202
    assert (command["device"], command["camera"], command["kind"]) == ("house", "gate", "photo")
    assert (command["state"], command["photos"]) == ("asked", [])
    (offered,) = services.commands.read_blob("house").content.open
    assert offered.id == command["id"]
    assert audited(services) == [("the admin token", "asked for a photo", "gate")]
    photo = store_photo(services, "gate", command["id"][:8])
    found = ask(services, "get_command", ADMIN, device="house", command=command["id"])
    assert (found.status, content(found)["state"]) == (200, "done")
    assert content(found)["photos"] == [str(photo.name)]


def test_a_caller_waits_for_the_photo(services: Services) -> None:
    """And no longer than until it is there."""
    with Answering(services, lambda command: store_photo(services, "gate", command[:8])):
        response = ask(services, CAPTURE, ADMIN, {"wait": "25"}, camera="gate")
    assert (response.status, content(response)["state"]) == (200, "done")


@pytest.mark.parametrize("query", [{"return_file": "true"}, {"return_file": "true", "wait": "25"}])
def test_the_photo_itself_comes_back(services: Services, query: dict[str, str]) -> None:
    with Answering(services, lambda command: store_photo(services, "gate", command[:8])):
        response = ask(services, CAPTURE, ADMIN, query, camera="gate")
    assert (response.status, response.content_type) == (200, "image/jpeg")
    assert response.body == jpeg()
    (name,) = response.log_details.photos
    assert audited(services)[0] == ("the admin token", "saw", str(name))


def test_a_refusal_is_passed_on(services: Services) -> None:
    """As the state of the command, or as the reason why there is no file."""

    def refuse(command: str) -> None:
        result = CommandResult(command, CommandState.REFUSED, "The camera is not there.")
        record_results(services, "house", [result], datetime.now(UTC))

    with Answering(services, refuse):
        plain = ask(services, CAPTURE, ADMIN, {"wait": "25"}, camera="gate")
        file = ask(services, CAPTURE, ADMIN, {"return_file": "true"}, camera="gate")
    assert (plain.status, content(plain)["state"]) == (200, "refused")
    assert content(plain)["detail"] == "The camera is not there."
    assert file.status == 409
    assert content(file)["detail"] == "house took no photo: The camera is not there."


class _Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize("seconds", [0, 1, 25])
def test_nobody_waits_longer_than_asked(
    services: Services, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    clock = _Clock()
    monkeypatch.setattr(command_api, "time", clock)
    response = ask(services, CAPTURE, ADMIN, {"wait": str(seconds)}, camera="gate")
    assert (response.status, content(response)["state"]) == (202, "asked")
    assert clock.now == seconds
    assert len(clock.slept) == seconds * 4


def test_a_device_that_does_not_answer_gives_no_file(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_api, "time", clock := _Clock())
    response = ask(services, CAPTURE, ADMIN, {"return_file": "true"}, camera="gate")
    assert (response.status, clock.now) == (202, command_api.MAX_WAIT)


def test_a_camera_without_a_device_says_what_to_do(services: Services) -> None:
    photo = Photo(name_of("barn", MOMENT), Media.JPEG, "ab" * 32, 500_000, MOMENT)
    services.index.add(photo, MOMENT)
    for handler in (CAPTURE, "post_clip", "post_look"):
        response = ask(services, handler, ADMIN, camera="barn")
        assert response.status == 409
        assert "No device can be asked for barn" in content(response)["detail"]
        assert "Update the device" in content(response)["detail"]


def test_too_many_open_commands_are_refused(services: Services) -> None:
    for _ in range(20):
        assert ask(services, "post_clip", ADMIN, camera="gate").status == 202
    response = ask(services, CAPTURE, ADMIN, camera="gate")
    assert (response.status, response.headers["Retry-After"]) == (429, "60")
    assert len(audited(services)) == 21  # written first, whatever comes then


@pytest.mark.parametrize(
    ("body", "action", "target"),
    [
        ({"kind": "photo"}, "asked for a photo", "house"),
        ({"kind": "clip", "camera": "attic"}, "asked for a clip", "attic"),
        ({"kind": "logs", "lines": 7}, "asked for the log", "house"),
        ({"kind": "doctor"}, "asked for a diagnosis", "house"),
        ({"kind": "arm"}, "armed", "house"),
        ({"kind": "disarm", "camera": "gate", "until": "2999-01-01T00:00:00Z"}, "disarmed", "gate"),
        ({"kind": "disarm", "until": None}, "disarmed", "house"),
        ({"kind": "pause", "until": "2999-01-01T00:00:00Z"}, "paused the uploads", "house"),
        ({"kind": "resume"}, "resumed the uploads", "house"),
        ({"kind": "restart", "expires_in": 30}, "restarted", "house"),
    ],
)
def test_every_kind_can_be_asked_for(
    services: Services, body: dict[str, Any], action: str, target: str
) -> None:
    if body.get("until", 0) is None:
        del body["until"]
    response = ask(services, "post_command", ADMIN, body=body, device="house")
    command = content(response)
    assert response.status == 202
    assert audited(services) == [("the admin token", action, target)]
    (offered,) = services.commands.read_blob("house").content.open
    assert (offered.kind, offered.camera) == (body["kind"], body.get("camera"))
    assert offered.lines == body.get("lines")
    assert (format_time(offered.until) if offered.until else None) == (
        body["until"].replace("Z", ".000Z") if "until" in body else None
    )
    ttl = offered.expires_at - datetime.now(UTC)
    assert ttl <= timedelta(seconds=body.get("expires_in", 600))
    assert command["asked_by"] == "the admin token"


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({}, 400, "kind"),
        ({"kind": "shell"}, 400, "kind"),
        ({"kind": "restart", "camera": "gate"}, 400, "camera: must be left out"),
        ({"kind": "photo", "camera": "../x"}, 400, "camera"),
        ({"kind": "photo", "camera": "barn"}, 404, "house has no camera barn"),
        ({"kind": "arm", "until": "2999-01-01T00:00:00Z"}, 400, "until"),
        ({"kind": "pause", "until": "2020-01-01T00:00:00Z"}, 400, "until"),
        ({"kind": "pause", "until": 5}, 400, "until"),
        ({"kind": "doctor", "lines": 5}, 400, "lines: must be left out"),
        ({"kind": "logs", "lines": 1001}, 400, "lines"),
        ({"kind": "logs", "expires_in": 29}, 400, "expires_in"),
        ({"kind": "logs", "expires_in": 3601}, 400, "expires_in"),
        ({"kind": "logs", "command": "rm"}, 400, "unknown field"),
    ],
)
def test_a_wrong_command_is_refused(
    services: Services, body: dict[str, Any], status: int, problem: str
) -> None:
    response = ask(services, "post_command", ADMIN, body=body, device="house")
    assert response.status == status
    assert problem in content(response)["detail"]
    assert services.commands.newest("house", 10, "") == []
    assert audited(services) == []


def test_a_device_that_is_not_known_is_not_found(services: Services) -> None:
    for handler, body in (("post_command", {"kind": "arm"}), ("list_commands", None)):
        assert ask(services, handler, ADMIN, body=body, device="barn").status == 404
    assert ask(services, "get_logs", ADMIN, device="barn").status == 404
    found = ask(services, "get_command", ADMIN, device="barn", command="0" * 32)
    assert found.status == 404


def test_the_log_comes_back(services: Services) -> None:
    """Once the device has sent it; later by its command."""

    def report(command: str) -> None:
        result = CommandResult(command, CommandState.DONE, output="one\ntwo\n")
        record_results(services, "house", [result], datetime.now(UTC))

    with Answering(services, report):
        response = ask(services, "get_logs", ADMIN, {"lines": "2", "wait": "25"}, device="house")
    command = content(response)
    assert (response.status, command["output"], command["lines"]) == (200, "one\ntwo\n", 2)
    found = ask(services, "get_command", ADMIN, device="house", command=command["id"])
    assert content(found)["output"] == "one\ntwo\n"
    listed = content(ask(services, "list_commands", ADMIN, device="house"))["commands"]
    assert [one["output"] for one in listed] == [None]
    later = ask(services, "get_logs", ADMIN, device="house")
    assert (later.status, content(later)["lines"]) == (202, 100)


def test_commands_are_listed_page_by_page(services: Services) -> None:
    made = [content(ask(services, CAPTURE, ADMIN, camera="gate"))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while len(seen) < 5:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = content(ask(services, "list_commands", ADMIN, query, device="house"))
        seen += [one["id"] for one in page["commands"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    assert cursor is None
    assert ask(services, "list_commands", ADMIN, {"cursor": "x"}, device="house").status == 400


def test_viewers_ask_for_nothing(services: Services) -> None:
    """Owners may, and tokens with the scope."""
    now = datetime.now(UTC)
    for role, status in ((Role.VIEWER, 403), (Role.OWNER, 202)):
        person = users.add(services.accounts, f"the-{role}", "a good password", role, None)
        session = sessions.create(services.accounts, person, now)
        headers = {
            "Cookie": f"__Secure-nightjar_session={session}",
            "Origin": "https://night.example",
        }
        assert ask(services, CAPTURE, headers, camera="gate").status == status
    for scope in Scope:
        backend_token = token(services, scope)
        allowed = scope is Scope.CONTROL
        assert ask(services, CAPTURE, backend_token, camera="gate").status == (
            202 if allowed else 403
        )
        tokens.revoke(services.accounts, "app")


def test_a_file_needs_the_permission_to_read(services: Services) -> None:
    query = {"return_file": "true"}
    refused = ask(services, CAPTURE, token(services, Scope.CONTROL), query, camera="gate")
    assert refused.status == 403
    assert services.commands.newest("house", 10, "") == []


def test_a_token_of_a_camera_asks_for_that_camera_alone(services: Services) -> None:
    """It sees the commands of its camera, and nobody's name but its own; no log, which may name
    other cameras."""
    headers = token(services, Scope.CONTROL, Scope.READ, cameras={"gate"})
    assert ask(services, CAPTURE, headers, camera="attic").status == 404
    for body, status in (
        ({"kind": "arm", "camera": "gate"}, 202),
        ({"kind": "arm", "camera": "attic"}, 404),
        ({"kind": "arm"}, 403),
        ({"kind": "restart"}, 403),
    ):
        response = ask(services, "post_command", headers, body=body, device="house")
        assert response.status == status, body
    assert ask(services, "get_logs", headers, device="house").status == 403
    assert ask(services, "list_commands", headers, device="house").status == 403
    own = content(ask(services, CAPTURE, headers, camera="gate"))
    owner_s = content(ask(services, CAPTURE, ADMIN, camera="gate"))
    hidden = content(ask(services, CAPTURE, ADMIN, camera="attic"))
    shown = {}
    for command in (own, owner_s, hidden):
        found = ask(services, "get_command", headers, device="house", command=command["id"])
        shown[command["id"]] = found.status, content(found).get("asked_by")
    assert list(shown.values()) == [(200, "token app"), (200, None), (404, None)]


def test_all_kinds_have_an_entry_in_the_audit_log() -> None:
    assert command_api._ACTIONS.keys() == set(Kind)


def test_a_command_that_cannot_be_logged_is_not_given(services: Services) -> None:
    """Who asked is on record for all that a device does."""

    class _Full(MemoryTable):
        def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
            raise StorageUnavailableError("it answered 503 ServerBusy")

    failing = replace(services, audit_log=AuditLog(_Full(), 0))
    assert ask(failing, CAPTURE, ADMIN, camera="gate").status == 503
    assert services.commands.to_do("gate", "", datetime.now(UTC)) == ()
