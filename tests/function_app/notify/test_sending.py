"""What is sent: the words of that moment, the picture where it is shown, and at what price."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from function_app.notify.channels import Channel, create, new_channel
from function_app.notify.notification import Address, Outcome, Result
from function_app.notify.sending import BACKOFF
from function_app.services import Services
from function_app.settings import Network, Settings
from function_app.storage.device_keys import STATES
from photo_wire.alert import BACK, CLOCK, SILENT
from photo_wire.moment import format_time
from tests.support.devices import add_device
from tests.support.notified_people import SENT, World

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def apprise_channel(world: World, owner: str) -> Channel:
    channel = new_channel(owner, "ntfy", Address("apprise", owner), world.now)
    create(world.services, channel, world.now)
    return channel


def test_a_service_that_shows_pictures_gets_the_thumbnail(world: World) -> None:
    """If there is one already; a webhook gets none."""
    apprise_channel(world, world.person("anna"))
    world.channel(world.person("ben"))
    photo = world.photo("gate")
    world.services.thumbnails.write(photo, b"a small picture")
    world.run()
    world.photo("yard")
    world.run()
    assert [one.thumbnail for one in world.receivers.got["anna"]] == [b"a small picture", None]
    assert [one.thumbnail for one in world.receivers.got["ben"]] == [None, None]


@pytest.mark.parametrize(
    ("kind", "public", "origin", "begin"),
    [
        ("webhook", None, "http://192.168.1.9:7071", "http://192.168.1.9:7071/"),
        ("webhook", "https://cams.example", "http://192.168.1.9:7071", "https://cams.example/"),
        ("webhook", None, "", None),
        ("webpush", None, "", "/"),  # the browser has the gallery's address
    ],
)
def test_a_link_is_absolute_or_left_out(
    world: World, kind: str, public: str | None, origin: str, begin: str | None
) -> None:
    """It never begins with a path, for who reads it elsewhere could not open it."""
    settings = Settings("", network=Network(public_origin=public))
    world.services = replace(world.services, settings=settings)
    owner = world.person("anna")
    channel = new_channel(owner, "x", Address(kind, owner), world.now, origin=origin)
    create(world.services, channel, world.now)
    photo = world.photo("gate")
    world.run()
    (got,) = world.receivers.got["anna"]
    assert got.url == (f"{begin}photos/{photo.name}" if begin else None)
    snooze = f"notifications?channel={channel.id}&snooze=gate"
    assert got.snooze_url == (f"{begin}{snooze}" if begin else None)


def test_a_late_photo_says_whether_the_site_had_no_connection(world: World) -> None:
    """As far as the alerts of its camera tell: the first was taken during a silence, the second
    before it."""
    world.channel(world.person("anna"))
    world.now += 3 * HOUR
    since = format_time(world.now - 2 * HOUR)
    world.alert("gate", SILENT, devices="pi", since=since)
    world.now += HOUR
    world.photo("gate", late=2 * HOUR)
    world.pass_time(timedelta(minutes=6))
    world.alert("gate", BACK, devices="pi", since=since, minutes=180)
    world.photo("gate", late=4 * HOUR)
    world.pass_time(timedelta(minutes=6))
    bodies = [one.body for one in world.receivers.got["anna"] if one.kind == "photo"]
    assert bodies[0].endswith("came 2 h late: the site had no connection")
    assert bodies[1].endswith("came 4 h late: it waited on the device")


@pytest.mark.parametrize("reporting", ["door", "gate"])
def test_a_late_photo_of_any_camera_of_the_device_says_so(world: World, reporting: str) -> None:
    """A silence is reported under one camera of the device, here before or after the other."""
    add_device(world.services, "pi", ["gate", "door"])
    row = world.services.devices.get(STATES, "pi")
    assert row
    world.services.devices.upsert(STATES, "pi", {**row.properties, "camera": reporting})
    world.channel(world.person("anna"))
    since = format_time(world.now)
    world.now += 3 * HOUR
    world.alert(reporting, SILENT, devices="another", since=format_time(world.now))
    world.alert(reporting, SILENT, devices="pi", since=since)
    world.now += HOUR
    for camera in ("gate", "door", "yard"):
        world.photo(camera, late=2 * HOUR)
    world.run()
    bodies = {one.camera: one.body for one in world.receivers.got["anna"] if one.kind == "photo"}
    for camera in ("gate", "door"):
        assert bodies[camera].endswith("came 2 h late: the site had no connection")
    assert bodies["yard"].endswith("came 2 h late: it waited on the device")


def test_a_channel_that_nothing_could_be_sent_for_is_not_failing(world: World) -> None:
    """It is tried again a moment later: too much else was being sent."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.BUSY, "others are sending")
    world.photo("gate")
    world.run()
    assert (world.state(channel).failures, world.state(channel).pending) == (0, 1)
    del world.receivers.responses["anna"]
    world.pass_time(timedelta(seconds=2))
    assert world.titles("anna") == ["gate: motion"]


def test_a_long_run_is_continued_by_another_message(world: World) -> None:
    """Each notification takes 50 s here."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    for _ in range(5):
        world.alert("gate", CLOCK)
        world.now += timedelta(seconds=1)
    world.run()
    world.receivers.responses["anna"] = lambda _: _slowly(world)
    handled = world.handled
    world.pass_time(HOUR)
    assert len(world.titles("anna")) == 5
    assert world.state(channel).pending == 0
    assert world.handled == handled + 2


def _slowly(world: World) -> Result:
    world.now += timedelta(seconds=50)
    return SENT


def test_the_waits_grow_up_to_an_hour() -> None:
    assert list(BACKOFF) == sorted(BACKOFF)
    assert (BACKOFF[0], BACKOFF[-1]) == (timedelta(seconds=10), HOUR)


class Counted:
    """A store that counts its calls."""

    def __init__(self, store: Any, calls: list[str]) -> None:
        self._store, self._calls = store, calls

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def count(*args: Any, **more: Any) -> Any:
            self._calls.append(name)
            return call(*args, **more)

        return count


def counted(services: Services, calls: list[str]) -> Services:
    return replace(
        services,
        notifications=Counted(services.notifications, calls),
        accounts=Counted(services.accounts, calls),
        index=Counted(services.index, calls),
    )


def test_what_a_photo_costs(world: World) -> None:
    """Requests to the tables, for one that is sent, and for one that is part of the same event."""
    world.channel(world.person("anna"))
    calls: list[str] = []
    world.services = counted(world.services, calls)
    costs = []
    for _ in range(2):
        world.photo("gate")
        calls.clear()
        world.run()
        costs.append(len(calls))
        world.now += timedelta(seconds=5)
    print(f"a photo that is told takes {costs[0]} requests, one of the same event {costs[1]}")
    assert costs[0] <= 20
    assert costs[1] <= 9
