"""The page of a day: what it shows, and what it costs."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from function_app.auth.caller import Role
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import Photo, State
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import UNKNOWN, Box, Label, Motion
from photo_wire.name import new_name
from tests.support.many_cameras import Requests
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.stopped_clock import stop_clock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def viewer(services: Services) -> str:
    return session_cookie(services)


def shown(services: Services, path: str, cookie: str, **headers: str) -> str:
    reply = open_page(services, "get_day", path, cookie, **headers)
    assert reply.status == 200, reply.body
    return reply.body.decode()


def test_an_event_shows_its_cover_and_says_what_it_is(services: Services, viewer: str) -> None:
    first = add_photo(services, NOON).name
    last = add_photo(services, NOON + timedelta(seconds=50), trigger=Trigger.GPIO).name
    page = shown(services, "/days/2026-11-20", viewer)
    event = page[page.index(f'id="event-{first}"') :]
    assert f'src="/api/photos/{first}/thumbnail" alt="gate at 12:00:00" width="480"' in event
    assert "50 s" in event
    assert "2 photos, motion, contact" in event
    opened = event[event.index("<details") :]
    assert opened.index(str(first)) < opened.index(str(last))
    assert f'href="/photos/{last}"' in opened
    assert "<details" in event
    assert " open>" not in event
    assert "Friday, 20 November 2026" in page


def test_an_event_of_clips_is_called_so(services: Services, viewer: str) -> None:
    """One with a photo beside them is not."""
    for minutes, others in ((0, (Media.MP4, Media.MP4)), (30, (Media.MP4, Media.JPEG))):
        for seconds, media in enumerate(others):
            taken = add_photo(services, NOON + timedelta(minutes=minutes, seconds=seconds))
            services.index.remove(taken, State.EXPIRED)
            services.index.add_anyway(replace(taken, media=media), NOON)
    page = shown(services, "/days/2026-11-20", viewer)
    assert "2 clips, motion" in page
    assert "Show 2 clips" in page
    assert "2 photos, motion" in page
    assert "Show 2 photos" in page


def test_an_event_with_a_protected_photo_is_marked(services: Services, viewer: str) -> None:
    """A page that asks for what changed gets it, too."""
    photos = [add_photo(services, NOON + timedelta(hours=one)) for one in range(2)]
    path = "/days/2026-11-20?part"
    before = open_page(services, "get_day", path, viewer)
    assert b">protected<" not in before.body
    services.index.remove(photos[0], State.EXPIRED)
    services.index.add_anyway(replace(photos[0], is_protected=True), NOON)
    etag = before.headers["ETag"]
    after = open_page(services, "get_day", path, viewer, **{"If-None-Match": etag})
    assert after.status == 200
    assert after.body.count(b">protected<") == 1


def test_the_form_keeps_the_time_until_which_photos_are_shown(
    services: Services, viewer: str
) -> None:
    add_photo(services, NOON)
    for given, shown_time in (("12:30", "12:30"), ("2026-11-20T12:30:10.000Z", "12:30"), ("", "")):
        page = shown(services, f"/days/2026-11-20?from={given}", viewer)
        assert f'name="from" type="time" value="{shown_time}"' in page
        assert ("until 12:30</summary>" in page) is bool(given)


def add_stub(services: Services, at: datetime, camera: str = "gate") -> Photo:
    """Index a trigger without motion."""
    taken = add_photo(services, at, "old", number=7)
    services.index.remove(taken, State.EXPIRED)
    name = new_name(camera, at, "57ab57ab")
    stub = replace(taken, name=name, motion=Motion())
    services.index.add(stub, at)
    return stub


def test_triggers_without_motion_are_behind_a_switch(services: Services) -> None:
    """They are counted for who may see their camera, shown by a link, and marked."""
    photo = add_photo(services, NOON)
    stubs = [add_stub(services, NOON + timedelta(minutes=one)) for one in (10, 20)]
    other = add_stub(services, NOON, "yard")
    update_figures(services, NOON + timedelta(hours=1))
    owner = session_cookie(services, role=Role.OWNER)
    page = shown(services, "/days/2026-11-20", owner)
    assert '<a href="/days/2026-11-20?stubs=only">3 triggers without motion</a>' in page
    assert "1 photo, 1 event" in page
    assert not any(str(one.name) in page for one in stubs)
    page = shown(services, "/days/2026-11-20?stubs=only", owner)
    assert str(photo.name) not in page
    assert page.count('class="event stub"') == 3
    assert f'href="/photos/{stubs[0].name}?stubs=only"' in page
    assert 'formaction="/choice/correct"' in page
    viewer = session_cookie(services, frozenset({"gate"}))
    page = shown(services, "/days/2026-11-20?camera=gate", viewer)
    assert "2 triggers without motion" in page
    page = shown(services, "/days/2026-11-20?stubs=only", viewer)
    assert str(other.name) not in page
    assert "/choice/correct" not in page
    assert "There was motion" not in page
    empty = shown(services, "/days/2026-11-21?stubs=only", viewer)
    assert "There is no trigger without motion on this day.</p>" in empty
    german = shown(services, "/days/2026-11-20", f"{owner}; language=de")
    assert "3 Auslösungen ohne Bewegung" in german


def test_a_count_that_is_old_contradicts_nothing(services: Services) -> None:
    """A stub was corrected after the last count: the page of stubs, which shows those of now, says
    why the page of photos still counts it."""
    owner = session_cookie(services, role=Role.OWNER)
    stubs = [add_stub(services, NOON + timedelta(minutes=one)) for one in (10, 20)]
    update_figures(services, NOON + timedelta(hours=1))
    assert "2 triggers without motion</a>" in shown(services, "/days/2026-11-20", owner)
    services.index.remove(stubs[0], State.EXPIRED)
    page = shown(services, "/days/2026-11-20?stubs=only", owner)
    assert "1 trigger without motion, 1 event</p>" in page
    assert "choose those and press &#34;There was motion&#34;" in page
    services.index.remove(stubs[1], State.EXPIRED)
    page = shown(services, "/days/2026-11-20?stubs=only", owner)
    assert "no trigger without motion on this day. The page of the photos still counts 2: " in page
    assert "minute old" in page
    assert "choose those" not in page
    update_figures(services, NOON + timedelta(hours=2))
    assert "without motion</a>" not in shown(services, "/days/2026-11-20", owner)
    assert "minute old" not in shown(services, "/days/2026-11-20?stubs=only", owner)


def test_texts_about_stubs_are_of_the_time_shown(services: Services) -> None:
    """The count is of the whole day, and says so beside photos of a part of it. On the page of the
    stubs nothing is said of photos."""
    owner = session_cookie(services, role=Role.OWNER)
    add_photo(services, NOON)
    for minutes in (10, 20):
        add_stub(services, NOON + timedelta(minutes=minutes))
    update_figures(services, NOON + timedelta(hours=1))
    whole = " on the whole day</a>"
    assert whole not in shown(services, "/days/2026-11-20", owner)
    page = shown(services, "/days/2026-11-20?from=12:05", owner)
    assert f"2 triggers without motion{whole}" in page
    page = shown(services, "/days/2026-11-20?from=12:15&stubs=only", owner)
    assert "1 trigger without motion, 1 event</p>" in page
    assert "Only what was before 12:16." in page
    page = shown(services, "/days/2026-11-20?from=12:05&stubs=only", owner)
    assert "There is no trigger without motion on this day before 12:06.</p>" in page
    page = shown(services, "/days/2026-11-20?from=12:05&stubs=only&camera=gate", owner)
    assert "No trigger without motion of this day before 12:06 matches: gate. <a" in page
    page = shown(services, "/days/2026-11-20?stubs=only&none=older", owner)
    assert "Nothing of an earlier day matches." in page
    assert "Previous day with triggers without motion" in page
    for number in range(1000):
        add_photo(services, NOON + timedelta(seconds=number), number=number + 1)
    assert f"2 triggers without motion{whole}" in shown(services, "/days/2026-11-20", owner)


def test_the_filter_holds_for_stubs(services: Services, viewer: str) -> None:
    """By the camera and the trigger; of which the count knows only the camera. No model looks at
    stubs, so that the photos of a label have none beside them."""
    add_stub(services, NOON)
    update_figures(services, NOON + timedelta(hours=1))
    page = shown(services, "/days/2026-11-20?camera=gate", viewer)
    link = '<a href="/days/2026-11-20?camera=gate&amp;stubs=only">1 trigger without motion</a>'
    assert link in page
    page = shown(services, "/days/2026-11-20?trigger=gpio", viewer)
    link = '<a href="/days/2026-11-20?trigger=gpio&amp;stubs=only">Show triggers without motion</a>'
    assert link in page
    page = shown(services, "/days/2026-11-20?trigger=gpio&stubs=only", viewer)
    assert "No trigger without motion of this day matches: contact. <a href=" in page
    assert '"/days/2026-11-20?stubs=only">Show all</a>' in page
    assert "saw no motion" not in page  # which would contradict that
    assert 'href="/days/2026-11-20?trigger=gpio">Back to the photos' in page
    page = shown(services, "/days/2026-11-20?label=cat", viewer)
    assert "No photo of this day matches: cat." in page
    assert 'id="stubs"' not in page


def test_an_event_shows_its_surest_labels(services: Services, viewer: str) -> None:
    """Those of 650 photos would fill the page."""
    things = [f"thing-{number}" for number in range(12)]
    for number, thing in enumerate(things):
        photo = add_photo(services, NOON + timedelta(seconds=number))
        services.index.remove(photo, State.EXPIRED)
        labels = (Label(thing, (50 + number) / 100), UNKNOWN)
        services.index.add_anyway(replace(photo, labels=labels), NOON)
    page = shown(services, "/days/2026-11-20", viewer)
    listed = re.findall(r'<li><a href="/days/2026-11-20\?label=([a-z0-9-]+)">', page)
    assert listed == things[:3:-1]
    assert '<li class="more">and 5 more</li>' in page


def test_the_photo_of_the_motion_stands_for_the_event(services: Services, viewer: str) -> None:
    """Not the one of a second before, which shows an empty scene."""
    photos = [add_photo(services, NOON + timedelta(seconds=number)) for number in range(3)]
    page = shown(services, "/days/2026-11-20", viewer)
    assert f'<a class="cover picture" href="/photos/{photos[0].name}">' in page
    services.index.remove(photos[1], State.EXPIRED)
    moved = replace(photos[1], motion=Motion(Box(0.1, 0.1, 0.2, 0.2)))
    services.index.add_anyway(moved, NOON)
    page = shown(services, "/days/2026-11-20", viewer)
    assert f'<a class="cover picture" href="/photos/{moved.name}">' in page


def test_photos_are_found_by_what_they_show(services: Services, viewer: str) -> None:
    """The word stays in the form and in the links to other days."""
    person = add_photo(services, NOON)
    services.index.remove(person, State.EXPIRED)
    labels = (Label("person", 0.93), Label("gizmo", 0.5))
    services.index.add_anyway(replace(person, labels=labels), NOON)
    other = add_photo(services, NOON + timedelta(hours=1))
    page = shown(services, "/days/2026-11-20", f"{viewer}; language=de")
    assert '<li><a href="/days/2026-11-20?label=person">Person</a></li>' in page
    assert '<li><a href="/days/2026-11-20?label=gizmo">gizmo</a></li>' in page
    page = shown(services, "/days/2026-11-20?label=person", viewer)
    assert str(person.name) in page
    assert str(other.name) not in page
    assert 'name="label" list="labels"' in page
    assert 'href="/days/2026-11-19?label=person"' in page
    for typed in ("Person", "+PERSON+"):
        page = shown(services, f"/days/2026-11-20?label={typed}", viewer)
        assert str(person.name) in page
        assert 'value="person"' in page
    for typed in ("person", "Person"):
        page = shown(services, f"/days/2026-11-20?label={typed}", f"{viewer}; language=de")
        assert str(person.name) in page
        assert 'value="Person"' in page
    page = shown(services, "/days/2026-11-20?label=Hund", f"{viewer}; language=de")
    assert "Kein Foto dieses Tages passt zu: Hund." in page
    assert 'href="/days/2026-11-19?label=dog"' in page


def test_the_day_is_that_of_the_viewers_zone(services: Services, viewer: str) -> None:
    add_photo(services, datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert "There is no photo" in shown(services, "/days/2026-11-21", viewer)
    assert "Days and times are in UTC" in shown(services, "/days/2026-11-21", viewer)
    page = shown(services, "/days/2026-11-21", f"{viewer}; zone=Europe/Berlin")
    assert ">00:00</time></h2>" in page
    assert ">00:15</time>" not in shown(
        services, "/days/2026-11-21", f"{viewer}; zone=Asia/Kathmandu"
    )
    assert "Days and times are in UTC" not in page


def test_the_hour_that_comes_twice_is_shown_twice(services: Services, viewer: str) -> None:
    cookie = f"{viewer}; zone=Europe/Berlin"
    for hour in (0, 1):
        add_photo(services, datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    page = shown(services, "/days/2026-10-25", cookie)
    assert re.findall(r"<h2><time[^>]*>(\d\d:\d\d)<", page) == ["02:00", "02:00"]
    assert "2 events" in shown(services, "/days/2026-10-25?from=02:30", cookie)


def test_the_filter_stays_in_the_links(services: Services, viewer: str) -> None:
    add_photo(services, NOON)
    add_photo(services, NOON, "drive", Trigger.DEMAND)
    page = shown(services, "/days/2026-11-20?camera=drive&trigger=demand&from=", viewer)
    assert "1 photo, 1 event" in page
    assert 'href="/days/2026-11-19?camera=drive&amp;trigger=demand"' in page
    assert 'href="/days?month=2026-11&amp;camera=drive"' in page
    assert "seek=older" in page
    page = shown(services, "/days/2026-11-20?camera=drive&trigger=motion", viewer)
    assert "No photo of this day matches: drive, motion." in page
    page = shown(services, "/days/2026-11-20?trigger=motion&from=03:00", viewer)
    assert "No photo of this day before 03:01 matches: motion." in page
    assert "<label>until <input" in page


def test_an_event_is_opened_by_its_time(services: Services, viewer: str) -> None:
    """And the photos of later ones are not shown."""
    for minutes in (0, 1, 60, 61):
        add_photo(services, NOON + timedelta(minutes=minutes))
    page = shown(services, "/days/2026-11-20?from=12:01", viewer)
    assert "2 photos, 1 event" in page
    assert page.partition('id="events"')[2].count(" open>") == 1
    assert "Only what was before 12:02." in page


def test_a_full_day_says_so_and_leads_on(services: Services, viewer: str) -> None:
    for number in range(1001):
        add_photo(services, NOON - timedelta(seconds=number), number=number)
    page = shown(services, "/days/2026-11-20", viewer)
    assert "1,000 photos" in page
    link = re.search(r'id="continues".*?href="([^"]+)"', page, re.DOTALL)
    assert link
    following = shown(services, link[1].replace("&amp;", "&"), viewer)
    assert "2 photos, 1 event" in following


def test_previous_and_next_days_with_photos_are_found(services: Services, viewer: str) -> None:
    add_photo(services, NOON - timedelta(days=3000))
    reply = open_page(services, "get_day", "/days/2026-11-20?seek=older&camera=gate", viewer)
    day = date(2026, 11, 20) - timedelta(days=3000)
    assert (reply.status, reply.headers["Location"]) == (303, f"/days/{day}?camera=gate")
    reply = open_page(services, "get_day", "/days/2026-11-20?seek=newer", viewer)
    assert (reply.status, reply.headers["Location"]) == (303, "/days/2026-11-20?none=newer")
    assert "no photo of a later day" in shown(services, "/days/2026-11-20?none=newer", viewer)
    page = shown(services, "/days/2026-11-20?none=newer&trigger=gpio", viewer)
    assert "Nothing of a later day matches." in page


def test_a_viewer_sees_no_other_cameras(services: Services) -> None:
    add_photo(services, NOON)
    add_photo(services, NOON, "drive")
    cookie = session_cookie(services, frozenset({"drive"}))
    page = shown(services, "/days/2026-11-20", cookie)
    assert "gate" not in page
    assert "1 photo, 1 event" in page
    assert open_page(services, "get_day", "/days/2026-11-20?camera=gate", cookie).status == 404


def test_what_is_no_day_is_refused(services: Services, viewer: str) -> None:
    for path in ("2026-02-30", "20261120", "1969-12-31", "3000-01-01", "2026-11-20?from=25:00"):
        assert open_page(services, "get_day", f"/days/{path}", viewer).status == 400, path
    for day in ("1970-01-01", "2999-12-31", "2026-11-20"):
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            page = shown(services, f"/days/{day}?from=23:59", f"{viewer}; zone={zone}")
            assert "There is no photo" in page or "has not come yet" in page


def test_an_unknown_trigger_is_left_out(services: Services, viewer: str) -> None:
    """One of an old client, or of a later version."""
    add_photo(services, NOON, trigger="telepathy")
    add_photo(services, NOON, trigger=None, number=1)
    assert "2 photos</p>" in shown(services, "/days/2026-11-20", viewer)


def test_the_part_of_a_day_is_sent_once_it_changed(services: Services, viewer: str) -> None:
    add_photo(services, NOON)
    page = open_page(services, "get_day", "/days/2026-11-20", viewer)
    seen = {"If-None-Match": page.headers["ETag"]}
    part = "/days/2026-11-20?part="
    assert open_page(services, "get_day", part, viewer, **seen).status == 304
    add_photo(services, NOON + timedelta(minutes=5))
    changed = open_page(services, "get_day", part, viewer, **seen)
    assert changed.status == 200
    assert b"<html" not in changed.body
    assert b"2 photos, 2 events" in changed.body
    assert changed.headers["ETag"] != page.headers["ETag"]


PLACES = ["", "?camera=camera-0001", "?trigger=demand", "?seek=older", "?from=11:00", "?part="]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cameras", "photos"),
    [(3, 1500), (1000, 1500), pytest.param(1000, 100_000, marks=pytest.mark.slow)],
)
def test_a_page_takes_three_requests(
    services: Services, viewer: str, cameras: int, photos: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the session, the photos and the lanes, in a zone whose day is two of UTC. The lanes
    of a thousand cameras would take more, and are left out. The first time in an hour one more
    writes who looked: of each camera that is shown, and was not before."""
    for number in range(photos):
        add_photo_of(services, number % cameras, NOON - timedelta(seconds=7 * number))
        if number == 1499:  # each camera has a row, and to count all takes long
            update_figures(services, NOON + timedelta(hours=1))
    stop_clock(monkeypatch, datetime.now(UTC))
    requests = Requests()
    counted, cookie = requests.of(services), f"{viewer}; zone=Europe/Berlin"
    for place in PLACES:
        for most in (4, 3):
            before = requests.count
            reply = open_page(counted, "get_day", f"/days/2026-11-20{place}", cookie)
            assert reply.status in (200, 303)
            assert requests.count - before <= most, place
        if reply.status == 200 and cameras == 3:
            assert b'class="lanes"' in reply.body


def views(services: Services) -> list[tuple[str, str, str]]:
    entries = services.audit_log.newest(1000, "")
    return sorted((one.actor, one.action, one.target) for one in entries)


def test_who_looked_at_a_day_is_recorded_once_an_hour(
    services: Services, viewer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the cameras that were shown, whatever part of the day it was, and not for a request that
    shows nothing."""
    stop_clock(monkeypatch, datetime.now(UTC))
    add_photo(services, NOON)
    add_photo(services, NOON, "drive")
    open_page(services, "get_day", "/days/2026-11-20?seek=older", viewer)
    assert views(services) == []
    page = open_page(services, "get_day", "/days/2026-11-20?camera=gate", viewer)
    assert views(services) == [("vera", "looked at the day of", "gate 2026-11-20")]
    seen = {"If-None-Match": page.headers["ETag"]}
    open_page(services, "get_day", "/days/2026-11-20?camera=gate&part=", viewer, **seen)
    for _ in range(3):
        shown(services, "/days/2026-11-20", viewer)
        shown(services, "/days/2026-11-20?from=12:00", viewer)
        shown(services, "/days/2026-11-21", viewer)
    assert views(services) == [
        ("vera", "looked at the day of", "drive 2026-11-20"),
        ("vera", "looked at the day of", "gate 2026-11-20"),
    ]
