"""Live pictures: looking, what is shown, and that it ends by itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.devices import live
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.command_rows import CommandRecord
from function_app.storage.device_keys import LOOKING
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo
from photo_wire.command import Command, Kind
from photo_wire.command_blob import CommandBlob
from photo_wire.media import Media
from photo_wire.moment import parse_time
from tests.support.api import MOMENT, name_of
from tests.support.asking import ask, content
from tests.support.devices import add_device
from tests.support.memory_store import MemoryDeviceBlobs, MemoryTable, memory_services
from tests.support.pictures import jpeg
from tests.support.stopped_clock import stop_clock

READER = {"Authorization": "Bearer the-read-token-of-this-test"}
PATH = "live/gate.jpg"


class _Blobs(MemoryDeviceBlobs):
    """Counts the writes; does `happens` once before the next one, or once after the next read of
    the device's blob."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.before_write: Callable[[], object] | None = None
        self.before_remove: Callable[[], object] | None = None

    def write(self, path: str, content: bytes, content_type: str, etag: str = "") -> bool:
        happens, self.before_write = self.before_write, None
        if happens:
            happens()
        self.writes += 1
        return super().write(path, content, content_type, etag)

    def remove(self, path: str) -> None:
        happens, self.before_remove = self.before_remove, None
        if happens:
            happens()
        super().remove(path)


@pytest.fixture
def blobs() -> _Blobs:
    return _Blobs()


@pytest.fixture
def services(blobs: _Blobs) -> Services:
    secrets = Secrets(read_token="the-read-token-of-this-test")
    backend = memory_services(Settings("", secrets=secrets), device_blobs=blobs)
    add_device(backend, "house", ["gate", "attic"])
    return backend


def blob(services: Services) -> CommandBlob:
    return services.commands.read_blob("house").content


def look(services: Services, camera: str = "gate") -> datetime:
    response = ask(services, "post_look", READER, camera=camera)
    assert response.status == 200
    assert content(response)["camera"] == camera
    return parse_time(content(response)["looking_until"])


def put_picture(services: Services, body: bytes, path: str = PATH) -> None:
    """Overwrite the live picture, as a device does by its link."""
    before = services.device_blobs.read(path, 10**9)
    services.device_blobs.remove(path)
    assert services.device_blobs.write(path, body, "text/html")
    assert before is None or before.content != body


def test_a_device_learns_that_somebody_looks(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For two minutes, and where the pictures go; the link is valid for ten."""
    now = stop_clock(monkeypatch, MOMENT.replace(microsecond=0)).moment
    until = look(services)
    assert until - now == timedelta(minutes=2)
    assert blob(services).looking_until == {"gate": until}
    link = blob(services).live["gate"]
    assert "/live/gate.jpg?" in link.url
    assert link.url.endswith("write=1")
    assert link.expires_at == now + live.LINK_TTL


def test_looking_again_writes_the_blob_about_once_a_minute(
    services: Services, blobs: _Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = stop_clock(monkeypatch, MOMENT)
    until = look(services)
    written = blobs.writes
    for _ in range(5):
        assert look(services) == until
    assert blobs.writes == written
    clock.moment += timedelta(seconds=54)
    assert look(services) == until
    assert blobs.writes == written
    clock.moment += timedelta(seconds=2)
    assert look(services) == until + timedelta(seconds=56)
    assert blobs.writes == written + 1
    actions = [(one.actor, one.action, one.target) for one in services.audit_log.newest(9, "")]
    assert actions == [("the read token", "looked at", "gate")]


def age(services: Services, time: timedelta) -> None:
    """Make everything that is being looked at older."""
    polled = services.commands.read_blob("house")
    now = polled.content
    looking = {camera: until - time for camera, until in now.looking_until.items()}
    assert services.commands.write_blob(polled, CommandBlob(now.open, looking, now.live))
    for camera, until in looking.items():
        services.devices.upsert(LOOKING, camera, {"device": "house", "until": until.isoformat()})


def test_a_command_that_comes_in_between_stays(services: Services, blobs: _Blobs) -> None:
    """And so does somebody else who looks."""
    now = datetime.now(UTC)
    wanted = CommandRecord(Command("0" * 32, Kind.ARM, now + timedelta(hours=1)), "owner", now)
    blobs.before_write = lambda: services.commands.ask("house", wanted, now)
    look(services)
    assert len(blob(services).open) == 1
    blobs.before_write = lambda: look(services, "attic")
    services.commands.ask("house", wanted, now)
    assert len(blob(services).open) == 2
    assert blob(services).looking_until.keys() == blob(services).live.keys() == {"gate", "attic"}


def test_the_picture_and_its_age_are_shown(services: Services) -> None:
    assert ask(services, "get_live", READER, camera="gate").status == 204
    put_picture(services, jpeg())
    shown = ask(services, "get_live", READER, camera="gate")
    assert (shown.status, shown.content_type, shown.body) == (200, "image/jpeg", jpeg())
    assert int(shown.headers["Age"]) < 60
    assert shown.headers["Cache-Control"] == "no-store"


def test_a_camera_that_nobody_knows_is_one_that_the_caller_may_not_see(services: Services) -> None:
    """One without a device, but with photos, has no picture."""
    unknown = ask(services, "get_live", READER, camera="nosuch")
    grant = tokens.Grant(frozenset({Scope.READ}), frozenset({"attic"}))
    secret = tokens.create(services.accounts, "app", grant, datetime.now(UTC))
    limited = {"Authorization": f"Bearer {secret}"}
    hidden = [ask(services, "get_live", limited, camera=one) for one in ("gate", "nosuch")]
    assert [one.status for one in (unknown, *hidden)] == [404, 404, 404]
    assert unknown.body == hidden[1].body == hidden[0].body.replace(b"gate", b"nosuch")
    looks = [ask(services, "post_look", one, camera="nosuch") for one in (READER, limited)]
    assert [(one.status, one.body) for one in looks] == [(404, unknown.body)] * 2
    photo = Photo(name_of("old", MOMENT), Media.JPEG, "ab" * 32, 500_000, MOMENT)
    services.index.add(photo, MOMENT)
    assert ask(services, "get_live", READER, camera="old").status == 204


@pytest.mark.parametrize(
    "body", [b"", b"<script>alert(1)</script>", b"\x89PNG\r\n", jpeg() + b"x" * live.MAX_BYTES]
)
def test_what_is_no_small_picture_is_not_shown(services: Services, body: bytes) -> None:
    """Whoever has the link may write anything."""
    put_picture(services, body)
    assert ask(services, "get_live", READER, camera="gate").status == 204


def test_the_picture_goes_when_nobody_looks(services: Services) -> None:
    """A moment later, so that one on its way goes, too."""
    put_picture(services, jpeg())
    until = look(services)
    for moment in (until - timedelta(minutes=1), until + live.GRACE - timedelta(seconds=1)):
        assert live.end_looking(services, moment) == 0
        assert ask(services, "get_live", READER, camera="gate").status == 200
    assert live.end_looking(services, until + live.GRACE) == 1
    assert ask(services, "get_live", READER, camera="gate").status == 204
    assert live.end_looking(services, until + live.GRACE) == 0


def test_a_picture_that_is_written_afterwards_goes_when_its_link_has_ended(
    services: Services,
) -> None:
    """A device that lies goes on, and what a slow network brings comes late."""
    until = look(services)
    assert live.end_looking(services, until + live.GRACE) == 1
    put_picture(services, jpeg())
    link_end = blob(services).live["gate"].expires_at
    live.end_looking(services, link_end)
    assert ask(services, "get_live", READER, camera="gate").status == 200
    live.end_looking(services, until + live.LINK_TTL)
    assert until + live.LINK_TTL > link_end
    assert ask(services, "get_live", READER, camera="gate").status == 204
    assert services.devices.query(LOOKING, 10) == []


def test_a_picture_that_cannot_be_deleted_keeps_no_other(services: Services, blobs: _Blobs) -> None:
    until = max(look(services, "attic"), look(services))
    put_picture(services, jpeg())

    def fail() -> None:
        raise StorageUnavailableError("it answered 503 ServerBusy")

    blobs.before_remove = fail  # of the first one, "attic"
    with pytest.raises(StorageUnavailableError):
        live.end_looking(services, until + live.GRACE)
    assert ask(services, "get_live", READER, camera="gate").status == 204
    assert live.end_looking(services, until + live.GRACE) == 1


def test_a_look_that_fails_in_the_middle_leaves_no_picture_and_is_on_record(
    services: Services, blobs: _Blobs
) -> None:
    """The device may know of it by then."""
    table = services.devices
    written = blobs.writes

    class _Failing(MemoryTable):
        def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
            if partition == LOOKING and blobs.writes > written:
                raise StorageUnavailableError("it answered 503 ServerBusy")
            super().upsert(partition, key, properties)

    assert isinstance(table, MemoryTable)
    failing = _Failing()
    vars(failing).update(vars(table))  # the same rows
    assert ask(replace(services, devices=failing), "post_look", READER, camera="gate").status == 503
    put_picture(services, jpeg())
    assert blob(services).looking_until["gate"] > datetime.now(UTC)
    assert [one.action for one in services.audit_log.newest(9, "")] == ["looked at"]
    assert live.end_looking(services, blob(services).looking_until["gate"] + live.GRACE) == 1
    assert ask(services, "get_live", READER, camera="gate").status == 204


def test_whoever_looks_again_just_then_keeps_it(services: Services, blobs: _Blobs) -> None:
    """Before the timer reads the blob, or after: then the next run still knows of it."""
    put_picture(services, jpeg())
    look(services)
    age(services, timedelta(minutes=3))
    services.devices.upsert(LOOKING, "gate", services.devices.query(LOOKING, 1)[0].properties)
    now = datetime.now(UTC)
    blobs.before_remove = lambda: look(services)
    live.end_looking(services, now)
    assert [row.key for row in services.devices.query(LOOKING, 10)] == ["gate"]
    put_picture(services, jpeg())
    stale: dict[str, Any] = {"device": "house", "until": "2026-01-01T00:00:00Z"}
    services.devices.upsert(LOOKING, "gate", stale)
    assert live.end_looking(services, datetime.now(UTC)) == 0
    assert ask(services, "get_live", READER, camera="gate").status == 200
    assert live.end_looking(services, datetime.now(UTC) + timedelta(minutes=3)) == 1


def test_the_next_look_of_another_camera_forgets_the_first(services: Services) -> None:
    """The link for its pictures is not in the blob any longer."""
    look(services)
    age(services, timedelta(minutes=3))
    look(services, "attic")
    assert blob(services).looking_until.keys() == blob(services).live.keys() == {"attic"}


def test_more_cameras_than_a_device_has_are_not_looked_at(services: Services) -> None:
    cameras = [f"cam-{number}" for number in range(33)]
    add_device(services, "house", cameras)
    for camera in cameras[:32]:
        look(services, camera)
    assert ask(services, "post_look", READER, camera=cameras[32]).status == 429
    look(services, cameras[0])


def test_an_account_that_signs_no_links_says_so(services: Services, blobs: _Blobs) -> None:
    blobs.link = lambda *_, **__: None  # type: ignore[method-assign]
    response = ask(services, "post_look", READER, camera="gate")
    assert response.status == 409
    assert "shared access signature" in content(response)["detail"]
