"""What people do with the photos that they chose, over HTTP, as without JavaScript."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import requests

from function_app.auth.caller import Role
from function_app.web.choice import MAX_CHOSEN
from photo_wire.motion import MOTION, WITHOUT_MOTION
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.browser import same_origin, session_of
from tests.support.pictures import jpeg

Headers = dict[str, str]


def headers_of(api: Api, role: Role, cameras: frozenset[str] | None = None) -> Headers:
    """Return the headers of a new person's session, for forms of our own pages."""
    return session_of(api.backend, role, cameras) | same_origin(api)


@pytest.fixture
def owner(api: Api) -> Headers:
    return headers_of(api, Role.OWNER)


@pytest.fixture
def ids(api: Api, camera: str) -> list[str]:
    """The ids of three photos of the test's camera, a second apart."""
    names = [name_of(camera, MOMENT + timedelta(seconds=n)) for n in range(3)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return [str(name) for name in names]


def post(api: Api, action: str, headers: Headers, **fields: object) -> requests.Response:
    return api.ask(f"/choice/{action}", headers, "POST", data=fields, allow_redirects=False)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Return where the form of an answer goes, and what it has hidden."""
    form = page[page.index('<form method="post" action="/choice') :]
    action = re.findall(r'action="/choice/(\w+)"', form)[0]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return action, {name: unescape(value) for name, value in fields}


def stored(api: Api, ids: list[str], admin: Headers) -> list[int]:
    return [api.ask(f"/api/photos/{one}", admin).status_code for one in ids]


def test_photos_are_deleted_and_restored(
    api: Api, owner: Headers, admin: Headers, ids: list[str]
) -> None:
    """By check boxes of one photo and of several, each counted once."""
    page = post(api, "delete", owner, ids=[ids[0], " ".join(ids[:2])], back="/days/2026-11-20")
    assert page.status_code == 200, page.text
    assert "2 photos are in the trash." in page.text
    assert 'href="/days/2026-11-20"' in page.text
    assert stored(api, ids, admin) == [404, 404, 200]
    action, fields = form_of(page.text)
    restored = post(api, action, owner, **fields)
    assert "2 photos were restored." in restored.text
    assert stored(api, ids, admin) == [200, 200, 200]


def test_a_stub_becomes_a_photo(
    api: Api, owner: Headers, admin: Headers, camera: str, ids: list[str]
) -> None:
    """By the button of its page and by those of a day, without JavaScript; twice is harmless."""
    stub = name_of(camera, MOMENT + timedelta(seconds=5))
    headers = photo_headers(stub) | {MOTION: WITHOUT_MOTION}
    assert api.put(jpeg(), headers).status_code == 201
    listed = f"/api/photos?camera={camera}"
    assert [one["id"] for one in api.ask(listed, admin).json()["photos"]] == ids[::-1]
    page = api.ask(f"/photos/{stub}", owner).text
    assert "A trigger without motion" in page
    form = page[page.index('<form method="post" action="/choice/correct"') :]
    form = form[: form.index("</form>")]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    fields = {name: unescape(value) for name, value in hidden}
    for _ in range(2):
        answer = post(api, "correct", owner, **fields)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/photos/{stub}?stubs=only&corrected"
        page = api.ask(answer.headers["Location"], owner).text
        assert f'data-id="{stub}"' in page
        assert "1 trigger is among the photos now." in page
    page = post(api, "correct", owner, ids=str(stub), back="/days").text
    assert "1 trigger is among the photos now." in page
    assert 'href="/days"' in page
    assert [one["id"] for one in api.ask(listed, admin).json()["photos"]] == [str(stub), *ids[::-1]]
    assert api.ask(f"/api/photos/{stub}", admin).json()["motion"] is None
    page = api.ask(f"/photos/{stub}?stubs=only&camera={camera}", owner).text
    assert 'id="correct"' not in page
    assert "among the photos now" not in page
    assert f'href="/photos/{ids[2]}?camera={camera}"' in page


def test_photos_that_are_not_there_any_more_are_counted(
    api: Api, owner: Headers, ids: list[str]
) -> None:
    """A part for the page's script goes on counting."""
    post(api, "delete", owner, ids=ids[0])
    fields = {"ids": " ".join(ids), "before": "100"}
    part = api.ask("/choice/delete?part", owner, "POST", data=fields)
    assert "102 photos are in the trash. 1 photo was not there any more." in part.text
    assert "<html" not in part.text


def test_photos_are_protected(api: Api, owner: Headers, admin: Headers, ids: list[str]) -> None:
    page = post(api, "protect", owner, ids=ids[:2])
    assert "2 photos are protected: they stay until somebody deletes them." in page.text
    kept = [api.ask(f"/api/photos/{one}", admin).json()["protected"] for one in ids]
    assert kept == [True, True, False]
    action, fields = form_of(page.text)
    ended = post(api, action, owner, **fields, protected="no")
    assert "2 photos are no longer protected." in ended.text
    assert api.ask(f"/api/photos/{ids[0]}", admin).json()["protected"] is False


def test_photos_are_listed_to_be_downloaded(api: Api, ids: list[str], camera: str) -> None:
    """By who may see them."""
    for cameras, expected in ((frozenset({camera}), 3), (frozenset({"other"}), 0)):
        page = post(api, "download", headers_of(api, Role.VIEWER, cameras), ids=ids)
        assert page.text.count('download="') == expected


def test_a_link_is_made_and_revoked(
    api: Api, owner: Headers, admin: Headers, ids: list[str], camera: str
) -> None:
    """It opens what was chosen, for the chosen time, without the place unless that was chosen."""
    offer = post(api, "share", owner, ids=ids[:2])
    assert "A link to these 2 photos" in offer.text
    assert "Links that open" not in offer.text
    _, fields = form_of(offer.text)
    made = post(api, "share", owner, **fields, make="yes", hours="24", what="these")
    (url,) = re.findall(r'id="share-url"[^>]*>([^<]+)<', made.text)
    path = url.removeprefix(api.backend.base_url)
    shown = api.ask(path.replace("/shared/", "/api/shared/")).json()
    assert [one["id"] for one in shown["photos"]] == ids[:2]
    (listed,) = [
        one for one in api.ask("/api/shares", admin).json()["shares"] if one["camera"] == camera
    ]
    until = datetime.fromisoformat(listed["until"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert listed["with_location"] is False
    again = post(api, "share", owner, ids=ids[1])  # one of them
    assert f'name="revoke" value="{listed["key"]}"' in again.text
    assert "Links that open" not in post(api, "share", owner, ids=ids[2]).text
    for _ in range(2):  # the second time it is gone
        revoked = post(api, "share", owner, ids=ids[1], revoke=listed["key"])
        assert "The link no longer opens anything." in revoked.text
    assert api.ask(path).status_code == 404


def test_a_form_that_is_sent_twice_makes_one_link(
    api: Api, owner: Headers, admin: Headers, ids: list[str], camera: str
) -> None:
    """At once, as by a double click, or later, as by a reload. Another choice makes another link,
    and so does a new form. One that was revoked does not come back."""

    def links_now() -> list[str]:
        shares = api.ask("/api/shares", admin).json()["shares"]
        return [one["key"] for one in shares if one["camera"] == camera]

    def made_by(**fields: str) -> list[str]:
        page = post(api, "share", owner, **fields, make="yes", what="these")
        assert page.status_code == 200, page.text
        return re.findall(r'id="share-url"[^>]*>([^<]+)<', page.text)

    _, form = form_of(post(api, "share", owner, ids=ids[:2]).text)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: made_by(**form, hours="24"), range(6)))
    [[url], *others] = made
    assert others == [[url]] * 5
    [key] = links_now()
    assert api.ask(url.removeprefix(api.backend.base_url)).status_code == 200
    log = api.audit_log(admin)
    label = f"link {key[:8]}"
    assert [one["what"] for one in log if (one["which"] or "").endswith(label)] == ["shared"]
    assert made_by(**form, hours="168") != [url]
    _, new_form = form_of(post(api, "share", owner, ids=ids[:2]).text)
    assert made_by(**new_form, hours="24") != [url]
    assert len(links_now()) == 3
    post(api, "share", owner, ids=ids[0], revoke=key)
    reload = post(api, "share", owner, **form, make="yes", what="these", hours="24")
    assert "The link no longer opens anything." in reload.text
    assert "share-url" not in reload.text
    assert len(links_now()) == 2
    assert api.ask(url.removeprefix(api.backend.base_url)).status_code == 404


def test_a_link_opens_all_of_a_time(api: Api, owner: Headers, ids: list[str]) -> None:
    """Whatever lies between the first and the last one, with its place."""
    chosen = {"ids": [ids[2], ids[0]], "make": "yes", "hours": "24", "what": "span"}
    made = post(api, "share", owner, **chosen, location="yes")
    (url,) = re.findall(r'id="share-url"[^>]*>([^<]+)<', made.text)
    path = url.removeprefix(api.backend.base_url).replace("/shared/", "/api/shared/")
    assert [one["id"] for one in api.ask(path).json()["photos"]] == ids


@pytest.mark.parametrize("action", ["delete", "restore", "protect", "share"])
def test_a_viewer_may_only_download(api: Api, admin: Headers, ids: list[str], action: str) -> None:
    """As if there were no such page. Nor may another site's page."""
    assert post(api, action, headers_of(api, Role.VIEWER), ids=ids).status_code == 404
    evil = {**headers_of(api, Role.OWNER), "Origin": "https://evil.example"}
    assert post(api, action, evil, ids=ids).status_code == 403
    assert stored(api, ids, admin) == [200, 200, 200]


@pytest.mark.parametrize(
    "chosen", [[], ["gate"], [f"gate-20261120T120134567Z-{n:08x}" for n in range(MAX_CHOSEN + 1)]]
)
def test_a_wrong_choice_changes_nothing(api: Api, owner: Headers, chosen: list[str]) -> None:
    for action in ("delete", "share"):
        assert post(api, action, owner, ids=chosen).status_code == 400
