"""Photos that are posted in a form: of every size, with all that may be said of a photo."""

from typing import Any

import pytest
import requests

from tests.function_app.api import Api
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
