"""Photos that are posted in a form: of every size, with all that may be said of a photo."""

import hashlib
from typing import Any

import pytest
import requests

from photo_wire.headers import UPLOAD_PATH, content_digest
from tests.function_app.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg, mp4, pi_dng

Files = dict[str, tuple[str, bytes, str]]


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


def raw_form(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join(lines)


PHOTO = jpeg(seed=78)
DISPOSITION = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"'
PART = (DISPOSITION, b"Content-Type: image/jpeg", b"", PHOTO)
NO_FILENAME = b'Content-Disposition: form-data; name="photo"'
BASE64 = b"Content-Transfer-Encoding: base64"
XML = (b'Content-Disposition: form-data; name="event"; filename="e.xml"', b"", b"<event/>")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("boundary=x", raw_form(b"--x", *PART, b"--x--", b"")),
        ('boundary="x y"', raw_form(b"--x y", *PART, b"--x y--", b"")),
        ("boundary===x=1==", raw_form(b"--==x=1==", *PART, b"--==x=1==--", b"")),
        ("charset=utf-8; boundary=x; a=b", raw_form(b"--x", *PART, b"--x--", b"")),
        ("BOUNDARY=--x", raw_form(b"--x", *PART, b"--x--", b"")),
        ("boundary=y", raw_form(b"--x", *PART, b"--x--", b"")),
        ("", raw_form(b"--x", *PART, b"--x--", b"")),
        ("boundary=x", raw_form(b"--x", *PART)),
        ("boundary=x", raw_form(b"--x", *PART, b"")),
        ("boundary=x", raw_form(b"--x", *PART[:3], PHOTO + b"--x--")),
        ("boundary=x", raw_form(b"--x", *PART[:3], PHOTO + b"--x", *XML, b"--x--")),
        ("boundary=x", raw_form(b"--x", *PART, b"--x--", end=b"\n")),
        ("boundary=x", raw_form(b"", b"preamble", b"--x ", *PART, b"--x-- ", b"epilogue")),
        ("boundary=x", raw_form(b"--x", *XML, b"--x", *PART, b"--x--")),
        ("boundary=x", raw_form(b"--x", *PART, b"--x", *XML, b"--x--")),
        (
            "boundary=x",
            raw_form(b"--x", NO_FILENAME, *PART[1:]),
        ),
        ("boundary=x", raw_form(b"--x", b"Content-Type: image/jpeg", b"", PHOTO, b"--x--")),
        (
            "boundary=x",
            raw_form(b"--x", DISPOSITION, b"Content-Type: image/*", b"", PHOTO),
        ),
        ("boundary=x", raw_form(b"--x", DISPOSITION, b"Content-Type: text/plain", b"", PHOTO)),
        (
            "boundary=x",
            raw_form(
                b"--x",
                'Content-Disposition: form-data; name="Süd"; filename="Süd.jpg"'.encode("latin-1"),
                b"",
                PHOTO,
                b"--x",
                'Content-Disposition: form-data; name="Gerät"\r\n\r\nTür'.encode("latin-1"),
                b"--x--",
            ),
        ),
    ],
)
def test_a_form_is_read_as_it_was_meant(
    api: Api, phone: dict[str, str], kind: str, body: bytes
) -> None:
    """However its sender writes boundaries, line ends and names; the photo byte for byte."""
    reply = post(api, {**phone, "Content-Type": f"multipart/form-data; {kind}"}, data=body)
    assert reply.status_code == 201, reply.text
    assert api.read(f"/api/photos/{reply.json()['id']}/content").content == PHOTO


def test_a_form_under_another_type_is_a_form(api: Api, phone: dict[str, str]) -> None:
    """As `curl -F` sends it where a script sets Content-Type by hand."""
    body = raw_form(b"--x", *PART, b"--x--", b"")
    for kind in ("image/jpeg", "multipart/mixed; boundary=x", "application/octet-stream"):
        reply = post(api, {**phone, "Content-Type": kind}, data=body)
        assert reply.status_code in (200, 201), reply.text


@pytest.mark.parametrize("boundary", ["; boundary=B", "; boundary=x", ""])
@pytest.mark.parametrize(
    "body", [PHOTO, mp4(), pi_dng(), PHOTO + b"\r\n--x\r\n"], ids=["jpeg", "mp4", "dng", "odd jpeg"]
)
def test_a_raw_photo_under_a_form_s_type_is_a_photo(
    api: Api, camera: str, phone: dict[str, str], body: bytes, boundary: str
) -> None:
    """As scripts send it that set Content-Type by hand: the bytes decide, at both addresses."""
    name = name_of(camera)
    headers = {**photo_headers(name), "Content-Type": f"multipart/form-data{boundary}"}
    put = api.put(body, headers)
    assert put.status_code == 201, put.text
    posted = post(api, {**headers, **phone}, data=body)
    assert (posted.status_code, posted.json()) == (200, put.json())
    assert api.read(f"/api/photos/{name}/content").content == body


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("boundary=x", raw_form(b"nothing of the kind"), "does not occur"),
        ("", raw_form(b"nothing of the kind"), "no boundary"),
        ("boundary=x", raw_form(b"--x--", b""), "no part"),
        ("boundary=x", raw_form(b"--x", DISPOSITION, b"--x--"), "no blank line"),
        ("boundary=x", raw_form(b"--x", DISPOSITION, BASE64, b"", b"/9j"),
         "base64"),
        ("boundary=x",
         raw_form(b"--x", DISPOSITION, BASE64[:27] + "\u202e\x1b[2j".encode(), b"", b"a"),
         "\\u202e\\x1b[2j"),
        ("boundary=x", raw_form(b"--x", b'Content-Disposition: form-data; name="gate"', b"", b"a"),
         "gate"),
        ("boundary=x", raw_form(b"--x", *PART, b"--x", *PART, b"--x--"), "one photo at a time"),
        ("boundary=x", raw_form(*[b"--x", *XML] * 21), "20 parts"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_form_is_said(
    api: Api, phone: dict[str, str], kind: str, body: bytes, said: str
) -> None:
    """And never that it should be one."""
    reply = post(api, {**phone, "Content-Type": f"multipart/form-data; {kind}"}, data=body)
    assert reply.status_code == 400, reply.text
    assert said in reply.json()["detail"]
    assert "send multipart" not in reply.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("camera", "Front Door"), ("captured_at", "yesterday"), ("trigger", "cat")],
)
def test_a_wrong_field_is_named_as_the_form_has_it(
    api: Api, phone: dict[str, str], field: str, value: str
) -> None:
    """Not as the header that says the same of a raw photo, which nobody sent."""
    reply = post(api, phone, files=form(jpeg(seed=81)), data={field: value})
    assert reply.status_code == 400
    assert reply.json()["detail"].startswith(f"the form's field {field}: '{value}'")


def test_a_form_whose_picture_is_cut_is_refused(api: Api, phone: dict[str, str]) -> None:
    body = raw_form(b"--x", *PART[:3], PHOTO[:-20])
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert reply.status_code == 422, reply.text


class TestTheDeviceSAddress:
    """`/api/camera/photo`, where phones and scripts arrive by mistake."""

    def test_a_post_is_told_where_to_go(self, api: Api) -> None:
        """Without a key, too: whoever posts has most likely none."""
        for headers in ({}, {"x-functions-key": api.backend.function_key}):
            reply = api.ask(UPLOAD_PATH, headers, "POST", files=form(PHOTO))
            assert (reply.status_code, reply.headers["Allow"]) == (405, "PUT")
            assert "/api/photos" in reply.json()["detail"]

    def test_a_form_is_told_where_to_go(self, api: Api, camera: str) -> None:
        headers = {"X-Camera-Id": camera, "Content-Type": "multipart/form-data; boundary=x"}
        reply = api.put(raw_form(b"--x", *PART, b"--x--", b""), headers)
        assert reply.status_code == 415
        assert "/api/photos" in reply.json()["detail"]
        assert api.listed(camera) == []
