"""The page of one photo, over HTTP."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.auth.caller import Role
from function_app.settings import Settings
from function_app.storage.models import State
from photo_wire.headers import CLOCK
from photo_wire.motion import LABELS, MOTION, WITHOUT_MOTION
from photo_wire.name import PhotoName, new_name
from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.browser import session_of
from tests.support.handlers import call
from tests.support.many_cameras import Requests
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.pictures import jpeg, jpeg_with_exif, located_jpeg, pi_dng

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend with few photos: a page looks for those before and after its own."""
    return backend_of_file


@pytest.fixture(scope="module")
def session(backend: Backend) -> dict[str, str]:
    return session_of(backend)


def store(api: Api, name: PhotoName, content: bytes | None = None, **stated: str) -> str:
    assert api.put(content or jpeg(), photo_headers(name) | stated).status_code == 201
    return str(name)


def test_the_page_says_what_is_known(api: Api, session: dict[str, str]) -> None:
    """In the viewer's zone, with UTC at hand, how late it came, and what its file says."""
    name = name_of(new_camera())
    store(api, name, located_jpeg())
    headers = session | {"Cookie": f"{session['Cookie']}; zone=Europe/Berlin"}
    page = api.ask(f"/photos/{name}", headers)
    assert page.status_code == 200
    assert f'src="/api/photos/{name}/content"' in page.text
    shown = re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", page.text)))
    assert f"{MOMENT.astimezone(UTC):%Y-%m-%dT%H:%M}" in shown
    assert re.search(r" CES?T ", shown)
    assert "The device's clock was set." in shown
    assert "after it was taken" in shown
    assert "Not signed" in shown
    assert "48 \u00d7 80" in shown
    assert "Place" in shown
    assert f'download="{name}.jpg"' in page.text


def test_the_page_shows_where_motion_was_and_what_it_is(api: Api, session: dict[str, str]) -> None:
    """Over the picture as it is shown, and in words of the viewer's language."""
    name = name_of(new_camera())
    labels = "dog=0.51, person=0.93"
    store(api, name, None, **{MOTION: "0.25, 0.5, 0.5, 0.25", LABELS: labels})
    page = api.ask(f"/photos/{name}", session | {"Cookie": f"{session['Cookie']}; language=de"})
    [size] = re.findall(
        r'class="box" viewBox="0 0 (\d+) (\d+)" width="(\d+)" height="(\d+)"', page.text
    )
    width, height = map(int, size[:2])
    assert size[:2] == size[2:]
    rect = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"',
        page.text[page.text.index('class="box"') :],
    )[0]
    assert [*map(float, rect)] == [width / 4, height / 2, width / 2, height / 4]
    shown = re.findall(r'<a href="(/days/[^"]+label=\w+)">(\w+)</a> <span[^>]*>([^<]+)<', page.text)
    assert [one[1:] for one in shown] == [("Person", "93\u00a0%"), ("Hund", "51\u00a0%")]
    assert shown[0][0].endswith("?label=person")
    other = name_of(new_camera())
    store(api, other)
    page = api.ask(f"/photos/{other}", session)
    assert 'class="box"' not in page.text
    assert 'class="words"' not in page.text


def test_stubs_lead_to_stubs(api: Api, session: dict[str, str]) -> None:
    """Whoever follows a link to one without the query gets there, too."""
    camera, start = new_camera(), datetime(2033, 5, 3, 12, tzinfo=UTC)
    names = [name_of(camera, start + timedelta(minutes=number)) for number in range(5)]
    for number, name in enumerate(names):
        store(api, name, None, **({} if number % 2 else {MOTION: WITHOUT_MOTION}))
    for query in ("?", "?stubs=only&"):
        page = api.ask(f"/photos/{names[2]}{query}camera={camera}", session).text
        more = f"?camera={camera}&amp;stubs=only"
        assert f'rel="prev" href="/photos/{names[0]}{more}"' in page
        assert f'rel="next" href="/photos/{names[4]}{more}"' in page
        assert f"{more}#photo-{names[2]}" in page
        assert '<button id="correct" type="submit">There was motion</button>' in page
        assert "If there was motion after all, say so: it is then shown among the photos." in page
    found = api.ask(
        f"/photos/{names[2]}?camera={camera}&stubs=only&go=newest", session, allow_redirects=False
    )
    assert found.headers["Location"] == f"/photos/{names[4]}?camera={camera}&stubs=only"
    limited = session_of(api.backend, Role.VIEWER, frozenset({camera}))
    page = api.ask(f"/photos/{names[2]}", limited).text
    assert "A trigger without motion" in page
    assert "say so" not in page
    assert 'id="correct"' not in page


def test_an_uncertain_time_says_nothing_of_how_late_a_photo_came(
    api: Api, session: dict[str, str]
) -> None:
    name = name_of(new_camera())
    store(api, name, None, **{CLOCK: "unsynced"})
    page = api.ask(f"/photos/{name}", session).text
    assert "the time is uncertain" in page
    assert "after it was taken" not in page


@pytest.mark.parametrize(
    ("late", "text"),
    [
        (timedelta(minutes=1, seconds=50), "110 seconds"),
        (timedelta(minutes=2, seconds=40), "3 minutes"),
        (timedelta(hours=2, minutes=41), "3 hours"),
        (timedelta(hours=47, minutes=50), "48 hours"),
        (timedelta(days=2, hours=5), "2 days"),
    ],
)
def test_how_late_a_photo_came_is_rounded(late: timedelta, text: str) -> None:
    services = memory_services(Settings(""))
    photo = add_photo(services, MOMENT)
    services.index.remove(photo, State.EXPIRED)
    services.index.add_anyway(replace(photo, received_at=MOMENT + late, clock="synced"), MOMENT)
    services.blobs.add(photo, jpeg() + bytes(photo.size))
    cookie = session_cookie(services)
    page = open_page(services, "get_photo_page", f"/photos/{photo.name}", cookie)
    assert f"<dd>{text} after it was taken" in page.body.decode()


def test_utc_is_at_hand_where_it_is_not_the_viewers_time() -> None:
    """In London in summer alone."""
    services = memory_services(Settings(""))
    cookie = f"{session_cookie(services)}; zone=Europe/London"
    for month, is_shown in ((1, False), (7, True)):
        photo = add_photo(services, datetime(2026, month, 20, 12, tzinfo=UTC))
        services.blobs.add(photo, jpeg() + bytes(photo.size))
        page = open_page(services, "get_photo_page", f"/photos/{photo.name}", cookie)
        assert ("Z (UTC)" in page.body.decode()) is is_shown


def test_a_photo_of_the_last_day_of_the_calendar_has_a_page(
    api: Api, session: dict[str, str]
) -> None:
    """The clock of its camera was wrong by centuries."""
    name = new_name(new_camera(), datetime(9999, 12, 31, 23, 59, 59, 999000, UTC))
    store(api, name)
    for path in (f"/photos/{name}", f"/photos/{name}?camera={name.camera}", f"/photos/{name}?why"):
        assert api.ask(path, session, allow_redirects=False).status_code in (200, 204), path


def test_text_of_a_device_is_never_markup(api: Api, session: dict[str, str]) -> None:
    """Nor that of a file's EXIF, of the query, or of a preference."""
    name = name_of(new_camera())
    first: dict[int, object] = dict.fromkeys((0x010E, 0x010F, 0x0110, 0x0131), MARKUP[:40])
    store(api, name, jpeg_with_exif({0xA434: MARKUP[:40], 0x9003: MARKUP[:40]}, first=first))
    headers = session | {"Cookie": f"{session['Cookie']}; zone=<script>; theme=<script>"}
    page = api.ask(f"/photos/{name}?camera={MARKUP}&go={MARKUP}", headers)
    assert page.status_code == 200
    assert html.escape(MARKUP[:40], quote=False).replace("(", "(") in page.text
    for part in ("<script>alert", "<img src=x", "<script>;"):
        assert part not in page.text


def test_links_lead_through_all_cameras_or_through_one(api: Api, session: dict[str, str]) -> None:
    one, other = new_camera(), new_camera()
    start = datetime(2031, 5, 3, 12, tzinfo=UTC)  # a time without other photos
    names = [
        store(api, name_of(camera, start + timedelta(hours=10 * number)))
        for number, camera in enumerate((one, other, one, other))
    ]
    page = api.ask(f"/photos/{names[1]}", session).text
    assert f'rel="next" href="/photos/{names[2]}"' in page
    assert f'rel="prev" href="/photos/{names[0]}"' in page
    page = api.ask(f"/photos/{names[2]}?camera={one}", session).text
    assert f'rel="prev" href="/photos/{names[0]}?camera={one}"' in page
    assert 'rel="next"' not in page
    limited = session_of(api.backend, Role.VIEWER, frozenset({one, other}))
    page = api.ask(f"/photos/{names[2]}", limited).text
    assert f'rel="prev" href="/photos/{names[0]}"' in page
    assert 'id="delete"' not in page
    assert 'id="share"' not in page


@pytest.mark.parametrize(
    ("zone", "newest", "oldest"), [("UTC", 1, 0), ("Pacific/Auckland", 2, 1), ("nowhere", 1, 0)]
)
def test_the_ends_of_the_day_are_those_of_the_viewer(
    api: Api, session: dict[str, str], zone: str, newest: int, oldest: int
) -> None:
    camera = new_camera()
    start = datetime(2032, 5, 3, 2, tzinfo=UTC)
    names = [
        store(api, name_of(camera, start + timedelta(hours=11 * number))) for number in range(3)
    ]
    headers = session | {"Cookie": f"{session['Cookie']}; zone={zone}"}
    for go, expected in (("newest", newest), ("oldest", oldest)):
        reply = api.ask(
            f"/photos/{names[1]}?camera={camera}&go={go}", headers, allow_redirects=False
        )
        assert (reply.status_code, reply.headers["Location"]) == (
            303,
            f"/photos/{names[expected]}?camera={camera}",
        )


def test_a_photo_that_is_not_there_has_a_page(api: Api, session: dict[str, str]) -> None:
    """It says what became of it, and leads to the photos before and after it."""
    camera = new_camera()
    name = name_of(camera)
    absent = api.ask(f"/photos/{name}", session)
    assert absent.status_code == 404
    assert "It never arrived, or it was deleted." in absent.text
    store(api, name)
    older, newer = (
        store(api, name_of(camera, MOMENT + timedelta(hours=hours))) for hours in (-1, 1)
    )
    bearer = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.ask(f"/api/photos/{name}", bearer, "DELETE").status_code in (200, 204)
    gone = api.ask(f"/photos/{name}?camera={camera}", session)
    assert gone.status_code == 404
    assert "It was deleted." in gone.text
    assert f'rel="prev" href="/photos/{older}?camera={camera}"' in gone.text
    assert f'rel="next" href="/photos/{newer}?camera={camera}"' in gone.text
    for end, found in (("oldest", older), ("newest", newer)):
        assert f'href="/photos/{name}?camera={camera}&amp;go={end}"' in gone.text
        path = f"/photos/{name}?camera={camera}&go={end}"
        reply = api.ask(path, session, allow_redirects=False)
        assert reply.headers["Location"] == f"/photos/{found}?camera={camera}"


def test_a_deleted_photo_is_restored_on_its_page(api: Api, session: dict[str, str]) -> None:
    """By who may delete, without JavaScript, while it is in the trash."""
    camera = new_camera()
    name = store(api, name_of(camera))
    bearer = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.ask(f"/api/photos/{name}", bearer, "DELETE").status_code in (200, 204)
    page = api.ask(f"/photos/{name}?camera={camera}", session).text
    assert re.search(r'<a href="/trash">It is in the trash until [^<]+\.</a>', page)
    form = page[page.index('action="/choice/restore"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    fields = {key: html.unescape(value) for key, value in fields.items()}
    viewer = session_of(api.backend, Role.VIEWER)
    assert "/choice/restore" not in api.ask(f"/photos/{name}", viewer).text
    form_headers = session | {"Origin": api.backend.base_url}
    reply = api.ask("/choice/restore", form_headers, "POST", data=fields, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (
        303,
        f"/photos/{name}?camera={camera}&restored",
    )
    restored = api.ask(reply.headers["Location"], session)
    assert restored.status_code == 200
    assert "The photo is back." in restored.text
    for_good = api.ask(f"/api/photos/{name}?for_good=true", bearer, "DELETE")
    assert for_good.status_code in (200, 204)
    page = api.ask(f"/photos/{name}", session).text
    assert "It was deleted." in page
    assert "/choice/restore" not in page


def test_a_photo_of_another_camera_is_not_found(api: Api) -> None:
    """The same whether it is there or not."""
    hidden, seen = new_camera(), new_camera()
    name = name_of(hidden)
    viewer = session_of(api.backend, Role.VIEWER, frozenset({seen}))
    before = api.ask(f"/photos/{name}", viewer)
    store(api, name)
    after = api.ask(f"/photos/{name}", viewer)
    assert (before.status_code, after.status_code) == (404, 404)
    assert "Nothing here" in after.text
    now = re.compile(r'data-now="[^"]+"')
    assert now.sub("", before.text) == now.sub("", after.text)


@pytest.mark.parametrize("name", ["x", "%2e%2e", "gate-20261120T120134567Z-zzzzzzzz"])
def test_what_is_no_id_is_a_page_too(api: Api, session: dict[str, str], name: str) -> None:
    page = api.ask(f"/photos/{name}", session | {"Accept": "text/html"})
    assert page.status_code in (400, 404)
    assert "text/html" in page.headers["Content-Type"]


def test_a_raw_picture_shows_its_preview(api: Api, session: dict[str, str]) -> None:
    name = name_of(new_camera())
    store(api, name, pi_dng(1, size=(64, 48)), **{"Content-Type": "image/x-adobe-dng"})
    page = api.ask(f"/photos/{name}", session).text
    assert f'<img src="/api/photos/{name}/thumbnail"' in page
    assert f'download="{name}.dng"' in page
    assert "64 \u00d7 48" in page


@pytest.mark.parametrize("state", [State.DELETED, None])
@pytest.mark.parametrize("cameras", [None, frozenset({"gate", "entry"})])
def test_the_page_takes_few_requests_to_tables(
    cameras: frozenset[str] | None, state: State | None
) -> None:
    """Three, that of the session included; one more says what became of a photo that is not there.
    Its file takes one more, to the storage of the photos."""
    services = memory_services(Settings(""))
    photos = [add_photo(services, MOMENT + timedelta(hours=one)) for one in range(3)]
    for photo in photos:
        services.blobs.add(photo, jpeg() + bytes(photo.size))
    if state:
        services.index.remove(photos[1], state)
    cookie = session_cookie(services, cameras)
    requests = Requests()
    tables = requests.of(services)
    counted = replace(services, accounts=tables.accounts, index=tables.index)
    request = func.HttpRequest(
        "GET",
        f"https://nightjar.example/photos/{photos[1].name}",
        headers={"Cookie": cookie},
        route_params={"id": str(photos[1].name)},
        body=b"",
    )
    page = call("get_photo_page", request, counted)
    assert page.status == (404 if state else 200)
    assert requests.count == (4 if state else 3)
    for other in (photos[0], photos[2]):
        assert str(other.name) in page.body.decode()
