"""Photos that phones, scripts and network cameras post."""

import pytest

from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg

PICTURE = jpeg(640, 480, seed=5)


def test_a_photo_is_posted_raw(api: Api, camera: str, phone: dict[str, str]) -> None:
    """It is stored once, with the receipt that a device gets."""
    headers = {**phone, "Content-Type": "image/jpeg"}
    replies = [api.ask("/api/photos", headers, "POST", data=PICTURE) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 200]
    assert replies[0].json() == replies[1].json()
    assert replies[0].json()["camera"] == camera
    assert [one["id"] for one in api.listed(camera)] == [replies[0].json()["id"]]


def test_a_photo_is_posted_in_a_form(api: Api, camera: str, phone: dict[str, str]) -> None:
    """As browsers and network cameras send it, with fields that describe it."""
    reply = api.ask(
        "/api/photos",
        phone,
        "POST",
        files={"snapshot": ("snap.jpg", PICTURE, "image/jpeg")},
        data={"captured_at": "2026-11-20T12:01:34.567Z", "trigger": "motion"},
    )
    assert reply.status_code == 201, reply.text
    (photo,) = api.listed(camera)
    assert (photo["captured_at"], photo["trigger"]) == ("2026-11-20T12:01:34.567Z", "motion")
    assert api.read(f"/api/photos/{photo['id']}/content").content == PICTURE


def test_a_token_uploads_photos_of_its_camera_alone(api: Api, phone: dict[str, str]) -> None:
    """Whether the camera is in a header, in the id or in the form."""
    jpeg_type = {**phone, "Content-Type": "image/jpeg"}
    for headers in ({"X-Camera-Id": "another"}, photo_headers(name_of("another"))):
        reply = api.ask("/api/photos", {**jpeg_type, **headers}, "POST", data=PICTURE)
        assert reply.status_code == 403
    form = {"camera": "another"}
    reply = api.ask("/api/photos", phone, "POST", files={"photo": PICTURE}, data=form)
    assert reply.status_code == 403
    assert api.ask("/api/photos", phone).status_code == 403


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("image/jpeg", b"", 411),
        ("image/jpeg", b"no picture", 415),
        ("image/jpeg", PICTURE[:500], 422),
        ("multipart/form-data", b"no form", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 400),
    ],
)
def test_other_bodies_are_rejected(
    api: Api, phone: dict[str, str], kind: str, body: bytes, expected: int
) -> None:
    """With the same status codes as for a device."""
    reply = api.ask("/api/photos", {**phone, "Content-Type": kind}, "POST", data=body)
    assert reply.status_code == expected


@pytest.mark.parametrize("others", [{}, {"notes": ("b.txt", b""), "at": (None, b"now")}])
def test_a_form_with_an_empty_file_says_so(
    api: Api, phone: dict[str, str], others: dict[str, tuple[str | None, bytes]]
) -> None:
    """It has a length, so that 411 would be wrong."""
    reply = api.ask("/api/photos", phone, "POST", files={"photo": ("a.jpg", b""), **others})
    assert reply.status_code == 400
    assert reply.json()["detail"] == "The form's file is empty: send the photo's bytes in it."


def test_a_token_that_uploads_is_for_one_camera(api: Api, admin: dict[str, str]) -> None:
    for cameras in (None, [], ["gate", "entry"]):
        grant = {"name": "phone", "scopes": ["upload"], "cameras": cameras}
        assert api.ask("/api/tokens", admin, "POST", json=grant).status_code == 400
