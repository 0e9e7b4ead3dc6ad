"""The rows of days count stubs beside photos, and show none of them as recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

from function_app.auth.caller import Caller, Scope
from function_app.days.lanes import lanes
from function_app.ingest.intake import Upload, receive
from function_app.maintenance.counting import update_figures
from function_app.maintenance.repair import reconcile
from function_app.maintenance.stubs import MAX_OPEN_WITH_FRAMES, ask_for_frames, correct
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.command import MAX_OPEN, Kind
from photo_wire.headers import PhotoHeaders
from photo_wire.motion import Motion
from tests.support.api import name_of
from tests.support.devices import bind
from tests.support.pictures import jpeg
from tests.support.stored_photos import BODY, NOW, stored

OWNER = Caller("owner", frozenset(Scope))
VIEWER = Caller("vera", frozenset({Scope.READ}), frozenset({"yard"}))
DAY_START = NOW.replace(hour=0, minute=0)


def add_stub(services: Services, hours_ago: float, camera: str = "gate") -> Photo:
    """Store a stub that was taken so many hours ago."""
    photo = stored(services, camera, hours_ago / 24, "57ab57ab", listed=False)
    stub = replace(photo, motion=Motion())
    services.blobs.update(photo.name, photo.media, lambda _: stub)
    services.index.add(stub, stub.received_at)
    return stub


def counted(
    services: Services, caller: Caller = OWNER, start: datetime = DAY_START
) -> dict[str, int]:
    """Return how many stubs the lanes of a day have."""
    found = lanes(services, caller, (start, start + timedelta(days=1)), NOW)
    return {lane.camera: lane.stubs for lane in found}


def test_a_day_counts_stubs_and_records_none(empty: Services) -> None:
    """In the viewer's zone, and only of the viewer's cameras."""
    stored(empty, "gate", 1 / 24)
    for hours_ago in (1, 2, 9.4, 9.6):  # the last one was taken before midnight
        add_stub(empty, hours_ago)
    add_stub(empty, 1, "yard")
    update_figures(empty, NOW)
    assert counted(empty) == {"gate": 3, "yard": 1}
    assert counted(empty, VIEWER) == {"yard": 1}
    assert counted(empty, start=DAY_START - timedelta(hours=2)) == {"gate": 4, "yard": 1}
    [day] = lanes(empty, OWNER, (NOW - timedelta(hours=3), NOW), NOW, {"gate"})
    recorded = [one for one in day.intervals if one.condition.state == "recorded"]
    assert sum((one.end - one.start for one in recorded), timedelta(0)) == timedelta(minutes=1)


def test_figures_follow_when_a_stub_is_corrected(empty: Services) -> None:
    """Twice does no harm; what is a photo stays one."""
    stub = add_stub(empty, 1)
    add_stub(empty, 2)
    update_figures(empty, NOW)
    figures = empty.figures.read()["gate"]
    assert (figures.total.photos, figures.total.stubs, figures.received) == (0, 2, 0)
    assert (figures.first_day, figures.last_photo) == (None, None)
    for _ in range(2):
        assert correct(stub, empty)
        update_figures(empty, NOW)
        figures = empty.figures.read()["gate"]
        assert (figures.total.photos, figures.total.stubs, figures.received) == (1, 1, 1)
        assert figures.total.size == 2 * len(BODY)
        assert figures.last_photo == str(stub.name)
        assert counted(empty) == {"gate": 1}
    [day] = lanes(empty, OWNER, (NOW - timedelta(hours=3), NOW), NOW, {"gate"})
    assert "recorded" in [one.condition.state for one in day.intervals]


def test_a_repair_finishes_what_a_crash_left(empty: Services) -> None:
    """The blob was changed, and the index was not."""
    stub = add_stub(empty, 3)
    empty.blobs.update(stub.name, stub.media, lambda one: replace(one, motion=None))
    reconcile(empty, NOW)
    assert empty.index.get(stub.name) == replace(stub, motion=None)
    update_figures(empty, NOW)
    assert empty.figures.read()["gate"].total.photos == 1


def test_the_device_is_asked_to_keep_the_frames(empty: Services) -> None:
    """One that cannot be asked, or that has too much to do, keeps nobody from correcting it."""
    stub = add_stub(empty, 1)
    ask_for_frames(add_stub(empty, 1, "yard"), empty, "owner", NOW)
    bind(empty, "gate", "pi")
    for number in range(MAX_OPEN + 1):
        was_asked = ask_for_frames(stub, empty, "owner", NOW + timedelta(seconds=number))
        assert was_asked == (number < MAX_OPEN_WITH_FRAMES)
    asked = empty.commands.newest("pi", 100, "")
    assert len(asked) == MAX_OPEN_WITH_FRAMES
    assert {(one.command.kind, one.command.photo) for one in asked} == {
        (Kind.REPLAY_KEEP, stub.name)
    }


def test_a_corrected_stub_stays_a_photo_when_its_device_sends_it_again(empty: Services) -> None:
    """Which never got the receipt."""
    name, body = name_of("gate", NOW), jpeg()
    for _ in range(2):
        headers = PhotoHeaders(name=name, motion=Motion())
        assert receive(Upload(body, headers), empty.photo_store, NOW).receipt.name == name
        stub = empty.index.get(name)
        assert stub is not None
        assert correct(stub, empty)
    assert [one.name for one in empty.index.query(View("gate"), 9)] == [name]
    assert empty.index.query(View("gate", stubs=True), 9) == []
