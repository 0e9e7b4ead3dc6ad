"""What a notification says, by the rights, the rule and the photo of the moment when it is sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.auth import users
from function_app.localization.translation import Language
from function_app.notify import channels
from function_app.notify.channels import Channel, create, new_channel
from function_app.notify.composition import NOT_ALLOWED
from function_app.notify.notification import Address, Outcome, Result
from function_app.notify.rules import Rule
from function_app.settings import Network, Settings
from function_app.storage.device_keys import STATES
from photo_wire.alert import BACK, SILENT
from photo_wire.moment import format_time
from tests.support.devices import add_device
from tests.support.notified_people import World

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("loss", ["a camera", "the account"])
def test_a_right_that_is_lost_before_the_sending_counts(world: World, loss: str) -> None:
    """Must hold 4: the event was accepted, and waits since the receiver is away."""
    channel = world.channel(world.person("ben", "gate"))
    world.receivers.responses["ben"] = lambda _: Result(Outcome.RETRY, "500")
    world.photo("gate")
    world.run()
    attempts = world.receivers.attempts
    world.receivers.responses.clear()
    users.remove(world.services.accounts, "ben")
    if loss == "a camera":
        world.person("ben", "yard")
    world.pass_time(HOUR)
    assert (world.titles("ben"), world.receivers.attempts) == ([], attempts)
    assert world.counts(channel).left_out == {NOT_ALLOWED: 1}


def test_a_right_that_is_lost_between_the_event_and_its_handling_counts(world: World) -> None:
    world.channel(world.person("ben", "gate"))
    world.photo("gate")
    users.remove(world.services.accounts, "ben")
    world.run()
    assert (world.titles("ben"), world.receivers.attempts) == ([], 0)


def test_a_snooze_after_the_event_counts(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.photo("gate")
    world.run()
    world.receivers.responses.clear()
    hour = world.now + timedelta(hours=1)
    channels.snooze(world.services.notifications, "anna", channel.id, "gate", hour, world.now)
    world.pass_time(timedelta(minutes=30))
    assert world.titles("anna") == []
    assert world.counts(channel).left_out == {"snoozed": 1}


def test_a_deleted_photo_is_undelivered(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    photo = world.photo("gate")
    world.run()
    world.receivers.responses.clear()
    world.services.index.listed.pop(photo.name)  # type: ignore[attr-defined]
    world.pass_time(timedelta(minutes=30))
    assert world.titles("anna") == []
    assert world.counts(channel).left_out == {"deleted": 1}


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


@pytest.mark.parametrize(
    ("language", "title", "button", "snoozed"),
    [
        ("de", "gate: Bewegung", "Eine Stunde still schalten", "gate ist still bis {end}"),
        (None, "gate: motion", "Snooze for an hour", "gate is silent until {end}"),
    ],
)
def test_a_message_is_in_the_language_of_its_channel(
    world: World, language: Language | None, title: str, button: str, snoozed: str
) -> None:
    """With the texts of its button, if it is for a browser."""
    owner = world.person("anna")
    for kind in ("webpush", "webhook"):
        address, rule = Address(kind, kind), Rule(language=language)
        channel = new_channel(owner, kind, address, world.now, rule)
        create(world.services, channel, world.now)
    world.photo("gate")
    world.run()
    (to_browser,), (to_webhook,) = (world.receivers.got[one] for one in ("webpush", "webhook"))
    assert to_browser.title == to_webhook.title == title
    assert to_browser.language == to_webhook.language == (language or "en")
    assert to_browser.snooze
    assert (to_browser.snooze["button"], to_browser.snooze["title"]) == (button, snoozed)
    assert to_webhook.snooze is None


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
