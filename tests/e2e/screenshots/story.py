"""What happened at the pictured site: six cameras of five devices, over a little more than two days
until now, and counts of the month before."""

import hashlib
import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from function_app.devices import history
from function_app.devices.silence import overdue_at
from function_app.devices.states import DeviceState
from function_app.devices.watch import watch_devices
from function_app.maintenance import deletion
from function_app.maintenance.counting import update_figures
from function_app.media import previews
from function_app.services import Services
from function_app.storage.models import Photo, Sender, StoredAlert
from photo_wire.alert import CLOCK, DISK, LOSS, QUARANTINE, Alert
from photo_wire.camera_state import CameraState
from photo_wire.headers import Trigger
from photo_wire.heartbeat import Network, NetworkKind, SpoolState
from photo_wire.media import Media
from photo_wire.motion import BLIND, UNKNOWN, WATCHING, Label, Motion
from photo_wire.name import PhotoName, new_name
from tests.e2e.screenshots import camera
from tests.support.devices import bind, heartbeat, store_state
from tests.support.pages import add_photo
from tests.support.signing_device import SigningDevice

DEVICES = {
    "house": ("entry", "gate"),
    "shed": ("drive",),
    "cellar-pi": ("cellar",),
    "garden-pi": ("garden",),
}
WITH_SECOND_KEY = "cellar-pi"  # a key that waits for an owner's approval
UNNAMED = "barn"  # a camera of which no device speaks
SLOW_CLOCK = "the device's clock is 4 min behind the server's, so its photos have wrong times"
BEAT = timedelta(minutes=5)
CAN = ("photo", "clip", "live")
ZONES = (((3, 40), (97, 38), (97, 96), (3, 96)),)  # of gate
MASKS = (((0, 0), (30, 0), (30, 45.5), (12, 60), (0, 48)), ((80, 5), (95, 12.5), (90, 30)))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONTH = 30  # days
# What the first day tells, in minutes of it.
OUTAGE = range(130, 400)  # of the house's connection: its photos came afterwards
DISARMED, FAILING = range(540, 960), range(1020, 1140)  # of the drive, of the entry
# Which camera took how many photos at which minute and second. A fox passes at 9 and 29 seconds of
# each minute, a person with a lantern at 49.
FIRST_DAY = [
    *[("gate", 80, 49, 2), ("gate", 240, 9, 3), ("entry", 300, 49, 2), ("drive", 420, 29, 4)],
    *[("gate", 470, 29, 1), ("entry", 690, 49, 3), ("gate", 840, 9, 2), ("entry", 920, 29, 1)],
    *[("drive", 1010, 49, 2), ("gate", 1065, 47, 6), ("gate", 1200, 29, 1), ("drive", 1280, 9, 3)],
    *[("gate", 1330, 49, 2), ("gate", 1140, 9, 1), ("gate", 1230, 9, 1)],
]
# Triggers of which the picture showed no motion, in the same way: by branches in the wind.
WITHOUT_MOTION = [("entry", 705, 5, 3), ("gate", 860, 33, 1), ("drive", 1100, 12, 2)]
# The photos, in minutes before now.
LATEST = [
    *[("gate", 2, 47, 3), ("entry", 14, 49, 2), ("gate", 95, 9, 1), ("drive", 185, 49, 2)],
    *[("garden", 200, 7, 2), ("cellar", 320, 29, 1), ("entry", 410, 9, 1)],
]


@dataclass
class Story:
    """What is told of it: `photos` by camera, the oldest first, and some that are shown on their
    own."""

    services: Services
    now: datetime
    photos: dict[str, list[PhotoName]] = field(default_factory=dict)
    stubs: list[PhotoName] = field(default_factory=list)
    lost: PhotoName = field(init=False)

    @property
    def day(self) -> datetime:
        """The beginning (UTC) of the day that is told."""
        return (self.now - timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def burst(self) -> list[PhotoName]:
        """The photos of the event of that day with the most of them."""
        start = self.day + 1065 * MINUTE
        return [
            one for one in self.photos["gate"] if timedelta(0) <= one.captured_at - start < BEAT
        ]

    @property
    def late(self) -> PhotoName:
        """A photo that came hours later."""
        start, end = (self.day + minute * MINUTE for minute in (OUTAGE.start, OUTAGE.stop))
        return next(one for one in self.photos["gate"] if start < one.captured_at < end)

    def add(
        self, name: str, at: datetime, trigger: Trigger = Trigger.MOTION, **members: Any
    ) -> PhotoName:
        """Store a photo that came two seconds after it was taken, or with these members."""
        body = members.pop("body", None) or camera.take(name, at)
        media = members.pop("media", Media.JPEG)
        photo = Photo(
            new_name(name, at),
            media,
            hashlib.sha256(body).hexdigest(),
            len(body),
            at + timedelta(seconds=2),
            trigger,
            clock="synced",
            sender=Sender(device_of(name), "verified") if device_of(name) else None,
            preview=previews.find(body) if media is Media.JPEG else None,
        )
        photo = replace(photo, **members)
        self.services.blobs.add(photo, body)
        self.services.index.add(photo, photo.received_at)
        (self.stubs if photo.is_stub else self.photos.setdefault(name, [])).append(photo.name)
        return photo.name

    def add_stub(self, name: str, at: datetime, trigger: Trigger = Trigger.MOTION) -> PhotoName:
        """Store what is kept of a trigger without motion."""
        return self.add(name, at, trigger, body=camera.take_stub(name, at), motion=Motion())


def device_of(name: str) -> str:
    """Return the device of a camera; "" if there is none."""
    return next((device for device, cameras in DEVICES.items() if name in cameras), "")


def tell(services: Services, now: datetime) -> Story:
    """Store all of it."""
    story = Story(services, now)
    for device, cameras in DEVICES.items():
        services.device_keys.record_key(device, SigningDevice(device).key, 1, story.day)
        for one in cameras:
            bind(services, one, device)
    stranger = SigningDevice(WITH_SECOND_KEY).key
    services.device_keys.record_key(WITH_SECOND_KEY, stranger, 1, now - 8 * HOUR)
    _report(story)
    _take_photos(story)
    _raise_alerts(story)
    _count_month(story)
    update_figures(services, now + timedelta(minutes=5))
    _lose_photos(story)
    update_figures(services, now + timedelta(minutes=6))
    return story


def _report(story: Story) -> None:
    """The heartbeats since the day began, and the timer that watches them."""
    at = story.day
    while at <= story.now:
        minute = (at - story.day) // MINUTE
        for device in DEVICES:
            if _is_heard(story, device, at, minute):
                _beat(story, device, at, minute)
        watch_devices(story.services, at + timedelta(seconds=1))
        at += BEAT
    report_now(story, story.now)


def report_now(story: Story, now: datetime) -> None:
    """Report the devices that are ready, as they are now: they fall silent in a long run."""
    for device in ("house", "shed", "cellar-pi"):
        _beat(story, device, now, (now - story.day) // MINUTE)


def _is_heard(story: Story, device: str, at: datetime, minute: int) -> bool:
    age = story.now - at
    if device == "house":
        return minute not in OUTAGE
    if device == "garden-pi":
        return 3 * HOUR < age < 9 * HOUR
    return device == "shed" or age < 9 * HOUR


def _beat(story: Story, device: str, at: datetime, minute: int) -> None:
    hours = minute / 60
    is_now = at >= story.now
    cameras = {one: _state(story, one, minute, is_now) for one in DEVICES[device]}
    waiting = 14 if is_now and device == "shed" else 0
    sent = heartbeat(
        cameras=cameras,
        temperature=46.0 + 6 * math.sin(hours / 4) + len(device) % 3,
        disk_free=52_300_000_000 - 20_000_000 * minute // 60,
        disk_total=62_700_000_000,
        network=Network(NetworkKind.WIFI, -58.0 - minute % 7),
        spool=SpoolState(waiting, at - timedelta(minutes=31) if waiting else None),
        sent_this_month=1_840_000_000,
        monthly_limit=15_000_000_000 if device == "shed" else None,
        losses=2 if device == "shed" else 0,
    )
    state = DeviceState(device, sent, at, frozenset(cameras), overdue_at(sent, at))
    store_state(story.services, state)
    if not minute % 60 or is_now:
        history.write(story.services.devices, state)


def _state(story: Story, name: str, minute: int, is_now: bool) -> CameraState:
    motion = {"gate": WATCHING, "entry": WATCHING}.get(name)
    if name == "entry" and is_now:
        motion = f"{BLIND}no frame came for 5 s"
    zones, masks = (ZONES, MASKS) if name == "gate" else ((), ())
    state = CameraState(
        armed=True, can=CAN, source="picamera2", motion=motion, zones=zones, masks=masks
    )
    if name == "drive" and (minute in DISARMED or is_now):
        until = story.now + timedelta(hours=2) if is_now else None
        return replace(state, armed=False, disarmed_until=until)
    if name == "cellar" or (name == "entry" and minute in FAILING):
        return replace(state, failures=3, failing="no picture came for 10 s")
    return state


def _take_photos(story: Story) -> None:
    for name, minute, second, count in FIRST_DAY:
        arrived = story.day + (OUTAGE.stop + 1) * MINUTE
        is_late = minute in OUTAGE and name in DEVICES["house"]
        members = {"received_at": arrived} if is_late else {}
        _take_burst(story, name, story.day + minute * MINUTE, second, count, **members)
    minute_now = story.now.replace(second=0, microsecond=0)
    for name, minute, second, count in WITHOUT_MOTION:
        trigger = Trigger.GPIO if name == "drive" else Trigger.MOTION
        for number in range(count):
            at = story.day + timedelta(minutes=minute, seconds=second + 2 * number)
            story.add_stub(name, at, trigger)
    for name, minutes, second, count in LATEST:
        _take_burst(story, name, minute_now - minutes * MINUTE, second, count)
    at = minute_now - timedelta(days=1, hours=7)
    story.add(UNNAMED, at, Trigger.SCHEDULE)


def _take_burst(
    story: Story, name: str, minute: datetime, second: int, count: int, **members: Any
) -> None:
    for number in range(count):
        at = minute + timedelta(seconds=second + number)
        story.add(name, at, **_what_is_seen(name, at), **members)


def _what_is_seen(name: str, at: datetime) -> dict[str, Any]:
    """Return what the device of a camera saw in its picture: that of the garden and the cellar
    does not look, and that of the drive has no model."""
    visit = camera.visit_at(at)
    box = camera.box_of(name, visit) if visit and name in ("gate", "entry", "drive") else None
    if not visit or not box:
        return {}
    if name == "drive":
        return {"motion": Motion(box)}
    if at.minute == 10:  # its model had no time
        return {"motion": Motion(box), "labels": (UNKNOWN,)}
    found = (Label("person", 0.93),) if visit.is_person else (Label("animal", 0.71),)
    return {"motion": Motion(box), "labels": found}


def _raise_alerts(story: Story) -> None:
    """A loss, a photo in quarantine, and what the disk and the clock did."""
    for minutes, name, kind, reason, tag in (
        (700, "drive", LOSS, "no-room", "0000a1b2"),
        (701, "drive", LOSS, "no-room", "0000a1b3"),
        (420, "gate", QUARANTINE, "rejected-422", "0000a1b4"),
        (
            260,
            "garden",
            DISK,
            "the device's disk is read-only, and every new photo is lost",
            "0000a1b5",
        ),
        (250, "cellar", CLOCK, SLOW_CLOCK, "0000a1b6"),
    ):
        at = story.now - minutes * MINUTE
        alert = Alert(new_name(name, at, tag), kind, reason)
        story.services.alerts.add([StoredAlert(alert, at + MINUTE)])
        if kind == LOSS:
            story.services.index.record_losses({alert.name: ""})
            story.lost = alert.name


def _lose_photos(story: Story) -> None:
    """Of the first day: a photo was lost, a person deleted one, and retention another one, so that
    its lanes have minutes of every state."""
    lost = new_name("gate", story.day + 600 * MINUTE, "0000a1b7")
    story.services.index.record_losses({lost: ""})
    for minute, deleted_at in ((1140, story.now), (1230, None)):
        name = story.photos["gate"].pop(_index_at(story, story.day + minute * MINUTE))
        photo = story.services.index.get(name)
        assert photo
        assert deletion.delete(photo, story.services, deleted_at)


def _index_at(story: Story, minute: datetime) -> int:
    """Return which of the photos of the gate was taken in a minute."""
    taken = [name.captured_at - minute for name in story.photos["gate"]]
    return next(n for n, after in enumerate(taken) if timedelta(0) <= after < MINUTE)


def _count_month(story: Story) -> None:
    """Photos of the month before, which are counted and have no bytes."""
    for days in range(3, MONTH + 60):
        for number in range(3 + round(4 + 3 * math.sin(days / 3))):
            hour = (17 + 3 * number + days % 3) % 24
            at = story.day - timedelta(days=days - 3) - timedelta(hours=24 - hour, minutes=number)
            name = ("gate", "entry", "drive")[(number + days) % 3]
            add_photo(story.services, at, name, number=100 * days + number)
