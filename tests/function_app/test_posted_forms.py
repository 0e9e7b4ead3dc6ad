"""Photos that are posted in a form: of every size, with all that may be said of a photo."""

import hashlib
from typing import Any

import pytest
import requests

from photo_wire.headers import content_digest
from tests.function_app.api import Api, name_of, photo_headers
from tests.pictures import jpeg

Files = dict[str, tuple[str, bytes, str]]


@pytest.fixture
def phone(api: Api, camera: str) -> dict[str, str]:
    """A token that may bring photos of one camera."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    said = {"name": camera, "scopes": ["upload"], "cameras": [camera]}
    token = api.ask("/api/tokens", admin, "POST", json=said).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def form(body: bytes) -> Files:
    return {"photo": ("photo.jpg", body, "image/jpeg")}


def post(api: Api, headers: dict[str, str], **more: Any) -> requests.Response:
    return api.ask("/api/photos", headers, "POST", **more)


@pytest.mark.parametrize(
    "body",
    [
        jpeg(4000, 3000, seed=71, quality=95),
        jpeg(1280, 720, seed=72) + b"\n" * (300 << 10),
        jpeg(1280, 720, seed=73) + b"\r\n--" * (1 << 20),
        jpeg(seed=74) + bytes(31 << 20),
    ],
    ids=["12 megapixels", "newlines", "almost boundaries", "31 MB"],
)
def test_a_photo_of_any_size_comes_in_a_form(
    api: Api, camera: str, phone: dict[str, str], body: bytes
) -> None:
    """With the same receipt as raw, and byte for byte."""
    posted = post(api, phone, files=form(body))
    assert posted.status_code == 201, posted.text
    raw = post(api, {**phone, "Content-Type": "image/jpeg"}, data=body)
    assert (raw.status_code, raw.json()) == (200, posted.json())
    content = api.read(f"/api/photos/{posted.json()['id']}/content").content
    assert content == body


@pytest.mark.parametrize(
    "beside",
    [
        b'Content-Disposition: form-data; name="note"\r\n\r\n' + b"a" * (70 << 10),
        b'Content-Disposition: form-data; name="note"\r\n' + b"a:\r\n" * (20 << 10) + b"\r\na",
    ],
    ids=["a text", "headers"],
)
def test_what_stands_around_the_photo_has_little_room(
    api: Api, phone: dict[str, str], beside: bytes
) -> None:
    """Or the headers of 32 MB would take up a gigabyte while they are read."""
    photo = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + jpeg()
    body = b"\r\n".join([b"--x", photo, b"--x", beside, b"--x--", b""])
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert reply.status_code == 400, reply.text


def test_a_form_s_headers_count_as_those_of_a_raw_photo(
    api: Api, camera: str, phone: dict[str, str]
) -> None:
    """The same photo, known again by its id however it comes."""
    name = name_of(camera)
    headers = {**phone, **photo_headers(name), "X-Camera-Id": camera}
    posted = post(api, headers, files=form(jpeg(seed=75)), data={"trigger": "motion"})
    assert posted.status_code == 201, posted.text
    raw = post(api, {**headers, "Content-Type": "image/jpeg"}, data=jpeg(seed=75))
    assert (raw.status_code, raw.json()) == (200, posted.json())
    photo = api.read(f"/api/photos/{name}").json()
    assert (photo["id"], photo["trigger"], photo["clock"]) == (str(name), "motion", "synced")


@pytest.mark.parametrize(
    ("headers", "fields", "expected"),
    [
        ({"X-Camera-Id": "vault"}, {}, 403),
        (photo_headers(name_of("vault")), {}, 403),
        ({"X-Captured-At": "2026-11-20T12:01:34.567Z"}, {}, 201),
        ({"X-Captured-At": "yesterday"}, {}, 400),
        ({"X-Trigger": "motion"}, {"trigger": "motion"}, 201),
        ({"X-Trigger": "motion"}, {"trigger": "gpio"}, 400),
        ({"X-Photo-Id": "no name"}, {}, 400),
        ({"X-Clock": "synced"}, {"trigger": "", "channel": "1"}, 201),
        ({"Content-Digest": content_digest("ab" * 32)}, {}, 422),
        ({"Content-Digest": "sha-256=:AAAA:"}, {}, 400),
    ],
)
def test_nothing_that_is_said_of_a_photo_is_passed_over(
    api: Api,
    camera: str,
    phone: dict[str, str],
    headers: dict[str, str],
    fields: dict[str, str],
    expected: int,
) -> None:
    """But fields that only the sender knows: a network camera's cannot be chosen."""
    reply = post(api, {**phone, **headers}, files=form(jpeg(seed=76)), data=fields)
    assert reply.status_code == expected, reply.text
    assert len(api.listed(camera)) == (expected == 201)
    if "X-Captured-At" in headers and expected == 201:
        assert reply.json()["captured_at"] == headers["X-Captured-At"]


def test_the_digest_of_a_form_is_that_of_the_whole_body(api: Api, phone: dict[str, str]) -> None:
    """As RFC 9530 has it."""
    ready = requests.Request("POST", "http://x", files=form(jpeg(seed=77))).prepare()
    assert isinstance(ready.body, bytes)
    digest = content_digest(hashlib.sha256(ready.body).hexdigest())
    headers = {"Content-Type": ready.headers["Content-Type"], "Content-Digest": digest}
    assert post(api, {**phone, **headers}, data=ready.body).status_code == 201
