"""The routes for the list of photos, for a photo and for its content, on Azurite."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, Store, name_of, photo_headers
from tests.support.pictures import jpeg

BODY = jpeg(320, 240, seed=11)


@pytest.fixture
def name(api: Api, camera: str) -> PhotoName:
    """A stored photo."""
    name = name_of(camera)
    assert api.put(BODY, photo_headers(name)).status_code == 201
    return name


def content_path(name: PhotoName) -> str:
    return f"/api/photos/{name}/content"


def test_pages_follow_each_other(api: Api, camera: str) -> None:
    """Newest first; the last page has no cursor."""
    names = [name_of(camera, MOMENT + timedelta(seconds=n)) for n in range(5)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    seen, path = [], f"/api/photos?camera={camera}&limit=2"
    cursor = ""
    for size in (2, 2, 1):
        found = api.read(path + cursor).json()
        assert len(found["photos"]) == size
        seen += [photo["id"] for photo in found["photos"]]
        cursor = f"&cursor={found['next_cursor']}"
    assert found["next_cursor"] is None
    assert seen == [str(name) for name in reversed(names)]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=many", "page=2", "cursor=zzz", "camera=No+Such", "camera="]
)
def test_a_malformed_query_is_rejected(api: Api, query: str) -> None:
    """400, naming the parameter."""
    reply = api.read(f"/api/photos?{query}")
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert query.partition("=")[0] in reply.json()["detail"]


def test_a_cursor_does_not_lead_to_another_camera(api: Api, name: PhotoName, camera: str) -> None:
    """It is valid for the list that it came with."""
    later = name_of(camera, MOMENT + timedelta(seconds=1))
    api.put(BODY, photo_headers(later))
    cursor = api.read(f"/api/photos?camera={camera}&limit=1").json()["next_cursor"]
    assert api.read(f"/api/photos?camera={camera}&cursor={cursor}").json()["photos"][0]["id"] == (
        str(name)
    )
    assert api.read(f"/api/photos?camera=other&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("end", ["", "/content"])
def test_an_unknown_photo_is_404(api: Api, camera: str, end: str) -> None:
    """A malformed id is 400."""
    assert api.read(f"/api/photos/{name_of(camera)}{end}").status_code == 404
    for wrong in ("entry", "%00", "photos%27%20or%201", f"{name_of(camera)}.jpg"):
        assert api.read(f"/api/photos/{wrong}{end}").status_code == 400
    assert api.read(f"/api/photos/..%2f..%2fx{end}").status_code == 404  # no such route


def test_content_has_all_headers(api: Api, name: PhotoName) -> None:
    """Type, length, validators and a file name; only the browser may cache it."""
    reply = api.read(content_path(name))
    photo = api.read(f"/api/photos/{name}").json()
    assert (reply.status_code, reply.content) == (200, BODY)
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers["Content-Length"] == str(len(BODY))
    assert reply.headers["ETag"] == f'"{photo["sha256"]}"'
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Content-Disposition"] == f'inline; filename="{name}.jpg"'
    assert reply.headers["Cache-Control"].startswith("private")
    assert reply.headers["Vary"] == "Authorization, Cookie"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    received = parsedate_to_datetime(reply.headers["Last-Modified"])
    assert received.strftime("%Y-%m-%dT%H:%M:%S") == photo["received_at"][:19]


def test_head_has_the_headers_of_get(api: Api, name: PhotoName) -> None:
    """Without a body; a Range is ignored."""
    whole = api.read(content_path(name))
    for headers in ({}, {"Range": "bytes=0-9"}):
        head = api.read(content_path(name), headers, "HEAD")
        assert (head.status_code, head.content) == (200, b"")
        for header in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
            assert head.headers[header] == whole.headers[header]


@pytest.mark.parametrize(
    ("requested", "first", "last"),
    [("0-99", 0, 99), ("100-", 100, len(BODY) - 1), ("-7", len(BODY) - 7, len(BODY) - 1)],
)
def test_a_range_is_206(api: Api, name: PhotoName, requested: str, first: int, last: int) -> None:
    """With these bytes alone, as players request them."""
    reply = api.read(content_path(name), {"Range": f"bytes={requested}"})
    assert (reply.status_code, reply.content) == (206, BODY[first : last + 1])
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert reply.headers["Content-Length"] == str(last - first + 1)


def test_a_range_after_the_end_is_416(api: Api, name: PhotoName) -> None:
    """With the length of the photo."""
    reply = api.read(content_path(name), {"Range": f"bytes={len(BODY)}-"})
    assert reply.status_code == 416
    assert reply.headers["Content-Range"] == f"bytes */{len(BODY)}"


def test_several_ranges_return_the_whole_photo(api: Api, name: PhotoName) -> None:
    """RFC 9110 allows that."""
    reply = api.read(content_path(name), {"Range": "bytes=0-1,4-5"})
    assert (reply.status_code, reply.content) == (200, BODY)


def test_if_range_applies_to_the_known_version(api: Api, name: PhotoName) -> None:
    """Of another version the whole photo is sent."""
    etag = api.read(content_path(name)).headers["ETag"]
    for if_range, status in ((etag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": if_range}
        assert api.read(content_path(name), headers).status_code == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_has_the_photo_gets_304(api: Api, name: PhotoName, method: str) -> None:
    """Without a body, also with a Range."""
    etag = api.read(content_path(name)).headers["ETag"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": "*", "Range": "bytes=0-1"}):
        reply = api.read(content_path(name), headers, method)
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["ETag"] == etag
        assert "Content-Length" not in reply.headers
    assert api.read(content_path(name), {"If-None-Match": '"x"'}, method).status_code == 200


def test_a_missing_blob_is_404(api: Api, store: Store, name: PhotoName, camera: str) -> None:
    """As after a deletion in Storage Explorer."""
    store.container.delete_blob(store.blobs(camera)[0])
    assert api.read(content_path(name)).status_code == 404


def test_an_etag_does_not_replace_authorization(api: Api, name: PhotoName) -> None:
    """A guessed ETag reveals nothing without a token."""
    etag = api.read(content_path(name)).headers["ETag"]
    assert api.ask(content_path(name), {"If-None-Match": etag}).status_code == 401
    assert api.ask(content_path(name), {"If-None-Match": "*"}, "HEAD").status_code == 401


def test_a_partial_download_is_in_the_audit_log(
    api: Api, admin: dict[str, str], name: PhotoName
) -> None:
    """All but the first byte still show the picture."""
    api.read(content_path(name), {"Range": "bytes=1-"})
    log = api.audit_log(admin)
    assert [one["what"] for one in log if one["which"] == str(name)] == ["saw"]


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [
        ("photos?", "2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z"),
        ("events?camera=gate&", "2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z"),
        ("days?", "2026-11-21", "2026-11-20"),
    ],
)
def test_reversed_dates_are_rejected(api: Api, path: str, first: str, last: str) -> None:
    """An empty list would look as if there were no photos. A range of one moment is valid."""
    reply = api.read(f"/api/{path}from={first}&to={last}")
    assert reply.status_code == 400
    assert reply.json()["detail"] == "to: must not be before 'from'."
    assert api.read(f"/api/{path}from={first}&to={first}").status_code == 200
