"""Who asks for a change of a photo is on record before it is made, and may see the photo."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth.caller import Caller, Scope
from function_app.http.request import Request
from function_app.maintenance import audited
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.command_rows import CommandRecord
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.command import MAX_OPEN, Command, Kind
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.motion import Motion
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, name_of
from tests.support.devices import bind
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg

NAME, TRASHED = name_of("gate"), name_of("gate", MOMENT - timedelta(hours=1))
OWNER = Caller("owner", frozenset(Scope))
REQUEST = Request(func.HttpRequest("POST", "http://127.0.0.1/", body=b""), {})


@dataclass
class World:
    """Two photos of a camera, one of them in the trash."""

    services: Services = field(default_factory=lambda: memory_services(Settings("")))

    def __post_init__(self) -> None:
        for name in (NAME, TRASHED):
            body = jpeg()
            photo = Photo(name, Media.JPEG, "ab" * 32, len(body), MOMENT)
            self.services.blobs.add(photo, body)
            self.services.index.add(photo, MOMENT)
        assert audited.delete(TRASHED, REQUEST, self.services, OWNER)

    def log(self) -> list[tuple[str, str]]:
        entries = self.services.audit_log.newest(10, "")
        return [(one.action, one.target) for one in entries if one.target != str(TRASHED)]


CHANGES: dict[str, tuple[Callable[..., bool], dict[str, Any], str]] = {
    "delete": (audited.delete, {}, "deleted"),
    "delete for good": (audited.delete, {"is_for_good": True}, "deleted for good"),
    "protect": (audited.protect, {"is_protected": True}, "protected"),
    "unprotect": (audited.protect, {"is_protected": False}, "ended the protection of"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_on_record(change: str) -> None:
    """Of a photo that is there, and that the caller may see; of no other."""
    world = World()
    make, options, action = CHANGES[change]
    stranger = Caller("anna", frozenset(Scope), frozenset({"yard"}))
    assert not make(NAME, REQUEST, world.services, stranger, **options)
    assert not make(name_of("gate", tag="00000000"), REQUEST, world.services, OWNER, **options)
    assert world.log() == []
    assert make(NAME, REQUEST, world.services, OWNER, **options)
    assert world.log() == [(action, str(NAME))]


def test_a_photo_is_restored_from_the_trash() -> None:
    world = World()
    stranger = Caller("anna", frozenset(Scope), frozenset({"yard"}))
    assert not audited.restore(TRASHED, REQUEST, world.services, stranger)
    assert not audited.restore(NAME, REQUEST, world.services, OWNER)
    assert world.services.index.get(TRASHED) is None
    assert audited.restore(TRASHED, REQUEST, world.services, OWNER)
    assert is_there(world.services, TRASHED)


def test_a_stub_is_corrected_once() -> None:
    """By whoever may see it; a photo stays one, and asking again is on no record."""
    world = World()
    stub = name_of("gate", MOMENT + timedelta(hours=1))
    photo = Photo(stub, Media.JPEG, "ab" * 32, 3, MOMENT, motion=Motion())
    world.services.blobs.add(photo, b"abc")
    world.services.index.add(photo, MOMENT)
    stranger = Caller("anna", frozenset(Scope), frozenset({"yard"}))
    assert not audited.correct(stub, REQUEST, world.services, stranger, [])
    assert not audited.correct(TRASHED, REQUEST, world.services, OWNER, [])
    for name in (stub, stub, NAME):
        assert audited.correct(name, REQUEST, world.services, OWNER, [])
    assert world.log() == [("saw motion in", str(stub))]
    assert [one.name for one in world.services.index.query(View(), 9)] == [stub, NAME]


def test_many_corrected_stubs_leave_places_for_what_people_ask() -> None:
    """More of them than a device may have open commands: all become photos."""
    services, now = World().services, datetime.now(UTC)
    bind(services, "gate", "pi")
    stubs = [name_of("gate", MOMENT + timedelta(minutes=1 + one)) for one in range(MAX_OPEN + 5)]
    without_frames: list[PhotoName] = []
    for stub in stubs:
        photo = Photo(stub, Media.JPEG, "ab" * 32, 3, MOMENT, motion=Motion())
        services.blobs.add(photo, b"abc")
        services.index.add(photo, MOMENT)
        assert audited.correct(stub, REQUEST, services, OWNER, without_frames)
    assert without_frames == stubs[MAX_OPEN // 2 :]
    assert len(services.index.query(View(), 99)) == 1 + len(stubs)
    wanted = Command("0" * 32, Kind.PHOTO, to_milliseconds(now + timedelta(minutes=1)), "gate")
    for _ in range(MAX_OPEN // 2):
        services.commands.ask("pi", CommandRecord(wanted, "owner", now), now)
    kinds = [one.command.kind for one in services.commands.newest("pi", 100, "")]
    assert sorted(kinds) == [Kind.PHOTO] * (MAX_OPEN // 2) + [Kind.REPLAY_KEEP] * (MAX_OPEN // 2)


def test_the_device_is_not_asked_of_a_stub_that_is_deleted_meanwhile() -> None:
    """After it was found: its frames would be kept for nothing."""
    services = World().services
    bind(services, "gate", "pi")
    stub = name_of("gate", MOMENT + timedelta(hours=1))
    photo = Photo(stub, Media.JPEG, "ab" * 32, 3, MOMENT, motion=Motion())
    services.index.add(photo, MOMENT)  # and no blob
    assert not audited.correct(stub, REQUEST, services, OWNER, [])
    assert services.commands.newest("pi", 100, "") == []


def is_there(services: Services, name: PhotoName) -> bool:
    return services.index.get(name) is not None
