"""What a shared link opens, for everyone who has it."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.auth import links
from function_app.auth.links import SharedLink, TimeSpan
from function_app.auth.provenance import Provenance
from function_app.http.responses import Response
from function_app.media.redaction import redact
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo, State
from function_app.storage.table_store import Entity
from function_app.web import shared_photos
from function_app.web.shared_photos import MAX_PHOTOS
from photo_wire.media import Media
from photo_wire.moment import format_time
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.handlers import call
from tests.support.many_cameras import Requests
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import dng, jpeg, located_jpeg, mp4

LOCATED = located_jpeg()


def test_the_page_sends_its_address_to_nobody(api: Api, admin: dict[str, str], camera: str) -> None:
    """The address is the secret: not even to this site, in whose logs it would be. All that it
    loads is of this site."""
    name = name_of(camera)
    assert api.put(jpeg(640, 480), photo_headers(name)).status_code == 201
    made = api.ask("/api/shares", admin, "POST", json={"photo": str(name)})
    secret = made.json()["url"].rpartition("/")[2]
    page = api.ask(f"/shared/{secret}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert set(re.findall(r'(?:src|href)="([^"]{1,2})', page.text)) <= {
        "/",
        "/s",
        "/a",
        "/i",
        "/m",
        "#m",
    }
    assert "UTC" in page.text  # the zone, for who has no JavaScript


class _StoppedTable(MemoryTable):
    def get(self, partition: str, key: str) -> Entity | None:
        raise StorageUnavailableError("it is stopped")


@pytest.mark.parametrize(
    ("secret", "table", "status", "text"),
    [
        ("A" * 32, _StoppedTable(), 503, "The storage does not answer."),
        ("A" * 32, MemoryTable(), 404, "This link has expired, was revoked, or never existed."),
        ("A" * 31, MemoryTable(), 404, "This link has expired, was revoked, or never existed."),
    ],
)
def test_a_problem_of_a_guest_is_a_page_without_ways_into_the_gallery(
    secret: str, table: MemoryTable, status: int, text: str
) -> None:
    """Also for a link that was cut short."""
    services = replace(memory_services(Settings("")), accounts=table)
    route = {"secret": secret}
    request = func.HttpRequest("GET", f"/shared/{secret}", route_params=route, body=b"")
    response = call("get_shared", request, services)
    page = response.body.decode()
    assert (response.status, response.content_type) == (status, "text/html")
    assert text in page
    assert not re.findall(r"<nav|sign-out|Storage is unavailable", page)
    assert response.headers.get("Retry-After") == ("10" if status == 503 else None)
    assert "To the start page" not in page


def test_a_link_to_more_photos_than_a_page_has_leads_on(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """On its page, without a script, and in its list; for just 200 nothing is said. It was opened
    once, unless a new hour has begun."""
    index = connect(Settings(api.backend.connection_string)).index
    names = [name_of(camera, MOMENT + timedelta(seconds=n)) for n in range(MAX_PHOTOS + 1)]
    for name in names:
        index.add(Photo(name, Media.JPEG, "ab" * 32, 1, MOMENT), MOMENT)
    for last, more in ((MAX_PHOTOS, True), (MAX_PHOTOS - 1, False)):
        to = format_time(MOMENT + timedelta(seconds=last))
        fields = {"camera": camera, "from": format_time(MOMENT), "to": to}
        made = api.ask("/api/shares", admin, "POST", json=fields).json()
        secret = made["url"].rpartition("/")[2]
        begin = datetime.now(UTC)
        page = api.ask(f"/shared/{secret}").text
        assert page.count('<img src="/api/') == MAX_PHOTOS
        assert ("These are the first 200 photos of this link; it opens more." in page) is more
        following = re.findall(r'rel="next" href="([^"]+)"', page)
        assert len(following) == (2 if more else 0)  # above the photos, and below
        for path in following[:1]:
            further = api.ask(path).text
            assert re.findall(r'download="([^"]+)\.jpg"', further) == [str(names[-1])]
            assert f'href="/shared/{secret}">From the beginning</a>' in further
            assert 'rel="next"' not in further
        is_same_hour = f"{begin:%H}" == f"{datetime.now(UTC):%H}"
        shares = api.ask("/api/shares", admin).json()["shares"]
        count = next(one["opened"] for one in shares if one["key"] == made["key"])
        assert count in ([1] if is_same_hour else [1, 2])
        for cut_off in (path[:-5] for path in following):
            assert "These are the first 200 photos" in api.ask(f"{cut_off}&fbclid=1").text
            assert api.ask(f"/api{cut_off}").status_code == 400
        listed = api.ask(f"/api/shared/{secret}").json()
        assert (len(listed["photos"]), listed["more"]) == (MAX_PHOTOS, more)
        rest = api.ask(f"/api/shared/{secret}?after={listed['photos'][-1]['id']}").json()
        assert [one["id"] for one in rest["photos"]] == [str(name) for name in names[200:][:more]]
        assert rest["more"] is False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["gate", "yard"])), max_size=20),
    target=st.sampled_from(["photo", "photos", "span"]),
    deleted=st.sets(st.integers(0, 9)),
)
def test_the_pages_of_a_link_have_each_of_its_photos_once(
    monkeypatch: pytest.MonkeyPatch,
    taken: list[tuple[int, str]],
    target: str,
    deleted: set[int],
) -> None:
    """In their order, and no photos of others; also if some are deleted after the first page, that
    from which the second goes on among them."""
    monkeypatch.setattr(shared_photos, "MAX_PHOTOS", 3)
    services = memory_services(Settings(""))
    names = [
        name_of(camera, MOMENT + timedelta(seconds=second), f"{number:08x}")
        for number, (second, camera) in enumerate(taken)
    ]
    for name in names:
        services.index.add(Photo(name, Media.JPEG, "ab" * 32, 1, MOMENT), MOMENT)
    until, owner = datetime.now(UTC) + timedelta(hours=1), Provenance("owner")
    span = TimeSpan("gate", MOMENT + timedelta(seconds=2), MOMENT + timedelta(seconds=7))
    link = SharedLink("", span, until, owner)
    if names and target == "photo":
        link = links.link_to_photo(names[0], until, owner)
    if names and target == "photos":
        link = links.link_to_photos(names[::2], until, owner)
    _, secret = links.store(services.accounts, link)
    own = sorted(filter(link.opens, names), key=link.view.key)
    expected = [name for place, name in enumerate(own) if place < 3 or place not in deleted]
    seen: list[str] = []
    query: dict[str, str] = {}
    has_more = True
    while has_more and len(seen) <= len(names):  # else a page does not lead on
        path, route = f"/api/shared/{secret}", {"secret": secret}
        request = func.HttpRequest("GET", path, params=query, route_params=route, body=b"")
        page = json.loads(call("list_shared", request, services).body)
        if not query:
            for place, name in enumerate(own):
                if place in deleted and (photo := services.index.get(name)):
                    services.index.remove(photo, State.DELETED)
        seen += [one["id"] for one in page["photos"]]
        has_more, query = page["more"], {"after": seen[-1] if seen else ""}
    assert seen == [str(name) for name in expected]


def shared(api: Api, camera: str, **fields: object) -> tuple[str, str]:
    """A photo with its place, and where a link to it gives its bytes."""
    name = name_of(camera)
    assert api.put(LOCATED, photo_headers(name)).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    made = api.ask("/api/shares", admin, "POST", json={"photo": str(name), **fields})
    assert made.status_code == 201, made.text
    secret = made.json()["url"].rpartition("/")[2]
    return f"/api/photos/{name}/content", f"/api/shared/{secret}/{name}/content"


def test_a_shared_photo_has_no_location(api: Api, camera: str) -> None:
    """Whichever part of the photo is asked for; who is signed in gets the photo as it came."""
    own, path = shared(api, camera)
    bare = redact(LOCATED, Media.JPEG)
    whole = api.ask(path)
    assert (whole.status_code, whole.content) == (200, bare)
    head = api.ask(path, method="HEAD")
    assert head.headers["Content-Length"] == str(len(bare))
    part = api.ask(path, {"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, bare[2:10])
    assert part.headers["Content-Range"] == f"bytes 2-9/{len(bare)}"
    assert etag(whole) == etag(head) != etag(api.read(own))
    assert api.read(own).content == LOCATED


@pytest.mark.parametrize(
    ("media", "content"), [(Media.JPEG, LOCATED), (Media.MP4, mp4()), (Media.DNG, dng())]
)
def test_a_stranger_has_a_photo_read_once(media: Media, content: bytes) -> None:
    """In how many pieces ever it is asked for, and not at all for HEAD where its size is known.
    Each request reads the link and the photo's row; one line an hour says that it was seen."""
    services = memory_services(Settings(""))
    name = name_of("gate")
    photo = Photo(name, media, hashlib.sha256(content).hexdigest(), len(content), MOMENT)
    services.blobs.add(photo, content)
    services.index.add(photo, MOMENT)
    now = datetime.now(UTC)
    link = links.link_to_photo(name, now + timedelta(hours=1), Provenance("owner"))
    _, secret = links.store(services.accounts, link)
    counts = {part: Requests() for part in ("blobs", "audit_log", "accounts", "index")}
    parts = {part: getattr(counts[part].of(services), part) for part in counts}
    counted = replace(services, **parts)
    bare = redact(content, media)

    def ask(method: str = "GET", **headers: str) -> Response:
        path = f"/api/shared/{secret}/{name}/content"
        route = {"secret": secret, "id": str(name)}
        request = func.HttpRequest(method, path, headers=headers, route_params=route, body=b"")
        return call("get_shared_content", request, counted)

    for _ in range(3):
        assert ask("HEAD").headers["Content-Length"] == str(len(bare))
    assert counts["blobs"].count == (1 if media is Media.JPEG else 0)
    assert counts["audit_log"].count == 0
    for first in range(0, len(bare), len(bare) // 10):
        part = ask(Range=f"bytes={first}-{first + 9}")
        assert (part.status, part.body) == (206, bare[first : first + 10])
    assert ask().body == bare
    assert counts["blobs"].count == 1
    assert counts["audit_log"].count <= 2  # a new hour may have begun
    requests = 3 + len(range(0, len(bare), len(bare) // 10)) + 1
    assert (counts["accounts"].count, counts["index"].count) == (requests, requests)


def test_what_cannot_be_shared_without_its_place_is_read_once() -> None:
    """A stranger who asks again has nothing read."""
    services = memory_services(Settings(""))
    name = name_of("gate")
    photo = Photo(name, Media.JPEG, "cd" * 32, 12, MOMENT)
    services.blobs.add(photo, b"no photo....")
    services.index.add(photo, MOMENT)
    link = links.link_to_photo(name, datetime.now(UTC) + timedelta(hours=1), Provenance("owner"))
    _, secret = links.store(services.accounts, link)
    reads = Requests()
    counted = replace(services, blobs=reads.of(services).blobs)
    for method in ("GET", "GET", "HEAD"):
        path = f"/api/shared/{secret}/{name}/content"
        route = {"secret": secret, "id": str(name)}
        request = func.HttpRequest(method, path, route_params=route, body=b"")
        response = call("get_shared_content", request, counted)
        assert response.status == 404
        assert b"with_location" in response.body
    assert reads.count == 1


def test_a_link_with_location_keeps_the_location(api: Api, camera: str) -> None:
    _, path = shared(api, camera, with_location=True)
    assert api.ask(path).content == LOCATED
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    shares = api.ask("/api/shares", admin).json()["shares"]
    assert [one["with_location"] for one in shares if one["camera"] == camera] == [True]


def etag(reply: requests.Response) -> str:
    return reply.headers["ETag"]
