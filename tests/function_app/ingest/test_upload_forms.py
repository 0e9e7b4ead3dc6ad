"""Photos that are posted in a form, with the fields and headers that describe them."""

import hashlib
from base64 import encodebytes, urlsafe_b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable
from typing import Any

import pytest
import requests

from function_app.ingest.multipart import read_parts
from photo_wire.headers import UPLOAD_PATH, content_digest
from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg, mp4, pi_dng

Files = dict[str, tuple[str, bytes, str]]


def form(body: bytes) -> Files:
    return {"photo": ("photo.jpg", body, "image/jpeg")}


def post(api: Api, headers: dict[str, str], **more: Any) -> requests.Response:
    return api.ask("/api/photos", headers, "POST", **more)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",  # when its test runs: every worker collects all tests
    [
        lambda: jpeg(4000, 3000, seed=71, quality=95),
        lambda: jpeg(1280, 720, seed=72) + b"\n" * (300 << 10),
        lambda: jpeg(1280, 720, seed=73) + b"\r\n--" * (1 << 20),
        lambda: jpeg(seed=74) + bytes(31 << 20),
    ],
    ids=["12 megapixels", "newlines", "almost boundaries", "31 MB"],
)
def test_a_photo_of_any_size_is_accepted_in_a_form(
    api: Api, camera: str, phone: dict[str, str], make: Callable[[], bytes]
) -> None:
    """Byte for byte, with the same receipt as the raw photo."""
    body = make()
    reply = post(api, phone, files=form(body))
    assert reply.status_code == 201, reply.text
    raw = post(api, {**phone, "Content-Type": "image/jpeg"}, data=body)
    assert (raw.status_code, raw.json()) == (200, reply.json())
    content = api.read(f"/api/photos/{reply.json()['id']}/content").content
    assert content == body


@pytest.mark.parametrize(
    "beside",
    [
        b'Content-Disposition: form-data; name="note"\r\n\r\n' + b"a" * (70 << 10),
        b'Content-Disposition: form-data; name="note"\r\n' + b"a:\r\n" * (20 << 10) + b"\r\na",
    ],
    ids=["a text", "headers"],
)
def test_the_rest_of_a_form_has_a_maximum_size(
    api: Api, phone: dict[str, str], beside: bytes
) -> None:
    """Headers of 32 MB would need a gigabyte of memory."""
    photo = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + jpeg()
    body = b"\r\n".join([b"--x", photo, b"--x", beside, b"--x--", b""])
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert reply.status_code == 400, reply.text


def test_the_headers_of_a_form_count(api: Api, camera: str, phone: dict[str, str]) -> None:
    """In a form or raw, the photo has the same id and the same receipt."""
    name = name_of(camera)
    headers = {**phone, **photo_headers(name), "X-Camera-Id": camera}
    reply = post(api, headers, files=form(jpeg(seed=75)), data={"trigger": "motion"})
    assert reply.status_code == 201, reply.text
    raw = post(api, {**headers, "Content-Type": "image/jpeg"}, data=jpeg(seed=75))
    assert (raw.status_code, raw.json()) == (200, reply.json())
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
def test_all_headers_and_fields_are_checked(
    api: Api,
    camera: str,
    phone: dict[str, str],
    headers: dict[str, str],
    fields: dict[str, str],
    expected: int,
) -> None:
    """Unknown fields are ignored: a network camera does not let one choose them."""
    reply = post(api, {**phone, **headers}, files=form(jpeg(seed=76)), data=fields)
    assert reply.status_code == expected, reply.text
    assert len(api.listed(camera)) == (expected == 201)
    if "X-Captured-At" in headers and expected == 201:
        assert reply.json()["captured_at"] == headers["X-Captured-At"]


def test_the_digest_of_a_form_is_that_of_the_whole_body(api: Api, phone: dict[str, str]) -> None:
    """As RFC 9530 defines it."""
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
ENCODING = b"Content-Transfer-Encoding: "
BASE64 = ENCODING + b"base64"
PRINTABLE = b"content-transfer-encoding:Quoted-Printable"
XML = (b'Content-Disposition: form-data; name="event"; filename="e.xml"', b"", b"<event/>")


def nested(boundary: bytes, form: bytes, *more: bytes) -> bytes:
    """Return a form with another one in it, which has the next letter as its boundary, and with an
    XML or another part."""
    inner = b"Content-Type: multipart/mixed; boundary=" + bytes([boundary[0] + 1])
    line = b"--" + boundary
    return raw_form(line, inner, b"", form, line, *(more or XML), line + b"--")


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
        ("boundary=x", raw_form(b"--x", DISPOSITION, BASE64, b"", b2a_base64(PHOTO), b"--x--")),
        ("boundary=x", raw_form(b"--x", DISPOSITION, BASE64, b"", encodebytes(PHOTO), b"--x--")),
        (
            "boundary=x",
            raw_form(b"--x", DISPOSITION, PRINTABLE, b"", b2a_qp(PHOTO, istext=False), b"--x--"),
        ),
        ("boundary=x", raw_form(b"--x", DISPOSITION, BASE64 + b"; x", b"", b2a_base64(PHOTO))),
        (
            "boundary=x",
            raw_form(b"--x", DISPOSITION, ENCODING + b'"base64"', b"", b2a_base64(PHOTO)),
        ),
        (
            "boundary=x",
            raw_form(
                b"--x", DISPOSITION, BASE64, b"", urlsafe_b64encode(PHOTO).rstrip(b"="), b"--x--"
            ),
        ),
        *(
            ("boundary=x", raw_form(b"--x", DISPOSITION, ENCODING + stated, b"", PHOTO, b"--x--"))
            for stated in (b"base64", b"identity", b"Binary (raw)", b"utf-8")
        ),
        (
            "boundary=x",
            raw_form(b"--x", NO_FILENAME, ENCODING + b"none", b"", b"a", b"--x", *PART, b"--x--"),
        ),
        ("boundary=x", raw_form(b"--x", *PART, b"--x--") + bytes(16)),
        ("boundary=x", raw_form(b"--x", *PART, b"--x----", b"")),
        ("boundary=x", raw_form(b"--x", DISPOSITION, b" \t", PHOTO, b"--x--")),
        ("boundary=x", raw_form(b"--x", *PART, b"--x", b"")),
        ("boundary=x", raw_form(b"--x", *PART[:3], b"", PHOTO, b"--x--")),
        ("boundary=x", raw_form(b"--x", b"", PHOTO, b"--x--")),
        ("boundary=x", raw_form(b"--x", DISPOSITION[:30], b"\t" + DISPOSITION[30:], b"", PHOTO)),
        ("boundary=x", nested(b"x", nested(b"y", raw_form(b"--z", *PART, b"--z--", b"")))),
        ("boundary=x", nested(b"x", b"no form", *PART)),
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
def test_forms_of_many_senders_are_read(
    api: Api, phone: dict[str, str], kind: str, body: bytes
) -> None:
    """Whatever boundaries, line ends and names they write; the photo is stored byte for byte."""
    reply = post(api, {**phone, "Content-Type": f"multipart/form-data; {kind}"}, data=body)
    assert reply.status_code == 201, reply.text
    assert api.read(f"/api/photos/{reply.json()['id']}/content").content == PHOTO


def test_the_last_boundary_may_be_cut_anywhere() -> None:
    """Cameras state a Content-Length that is too small."""
    whole = raw_form(b"--boundary", *PART, b"--boundary--")
    for end in range(whole.rindex(PHOTO) + len(PHOTO), len(whole)):
        (part,) = read_parts("multipart/form-data; boundary=boundary", whole[:end])
        assert part.body.rstrip(b"\r") == PHOTO


def test_a_form_is_recognized_under_another_type(api: Api, phone: dict[str, str]) -> None:
    """As `curl -F` sends it in a script that sets Content-Type itself."""
    body = raw_form(b"--x", *PART, b"--x--", b"")
    for kind in ("image/jpeg", "multipart/mixed; boundary=x", "application/octet-stream"):
        reply = post(api, {**phone, "Content-Type": kind}, data=body)
        assert reply.status_code in (200, 201), reply.text


@pytest.mark.parametrize("boundary", ["; boundary=B", "; boundary=x", ""])
@pytest.mark.parametrize(
    "body", [PHOTO, mp4(), pi_dng(), PHOTO + b"\r\n--x\r\n"], ids=["jpeg", "mp4", "dng", "odd jpeg"]
)
def test_a_raw_photo_is_recognized_under_a_form_s_type(
    api: Api, camera: str, phone: dict[str, str], body: bytes, boundary: str
) -> None:
    """As scripts send it that set Content-Type themselves. The bytes decide, in both routes."""
    name = name_of(camera)
    headers = {**photo_headers(name), "Content-Type": f"multipart/form-data{boundary}"}
    put = api.put(body, headers)
    assert put.status_code == 201, put.text
    reply = post(api, {**headers, **phone}, data=body)
    assert (reply.status_code, reply.json()) == (200, put.json())
    assert api.read(f"/api/photos/{name}/content").content == body


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("boundary=x", raw_form(b"nothing of the kind"), "does not occur"),
        ("", raw_form(b"nothing of the kind"), "no boundary"),
        ("boundary=x", raw_form(b"--x--", b""), "no part"),
        ("boundary=x", raw_form(b"--x", DISPOSITION, b"--x--"), "no blank line"),
        ("boundary=x", raw_form(b"--x", DISPOSITION, BASE64, b"", b"/9j/4"),
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
def test_the_error_names_what_is_wrong_with_a_form(
    api: Api, phone: dict[str, str], kind: str, body: bytes, expected: str
) -> None:
    """It does not tell the sender to send a form: this is one."""
    reply = post(api, {**phone, "Content-Type": f"multipart/form-data; {kind}"}, data=body)
    assert reply.status_code == 400, reply.text
    assert expected in reply.json()["detail"]
    assert "send multipart" not in reply.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("camera", "Front Door"), ("captured_at", "yesterday"), ("trigger", "cat")],
)
def test_the_error_names_the_form_s_field(
    api: Api, phone: dict[str, str], field: str, value: str
) -> None:
    """Not the header that it stands for, which nobody sent."""
    reply = post(api, phone, files=form(jpeg(seed=81)), data={field: value})
    assert reply.status_code == 400
    assert reply.json()["detail"].startswith(f"the form's field {field}: '{value}'")


def test_a_form_with_a_truncated_photo_is_rejected(api: Api, phone: dict[str, str]) -> None:
    body = raw_form(b"--x", *PART[:3], PHOTO[:-20])
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert reply.status_code == 422, reply.text


def test_a_large_photo_in_base64_is_accepted(api: Api, phone: dict[str, str]) -> None:
    """What the encoding adds does not count as other parts."""
    photo = jpeg(1280, 720, seed=90, quality=95)
    body = raw_form(b"--x", DISPOSITION, BASE64, b"", encodebytes(photo), b"--x--")
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert reply.status_code == 201, reply.text
    assert api.read(f"/api/photos/{reply.json()['id']}/content").content == photo


def test_a_field_whose_header_is_on_two_lines_counts(api: Api, phone: dict[str, str]) -> None:
    field = (b"Content-Disposition: form-data;", b" name=trigger", b"", b"gpio")
    photo = (*PART[:3], jpeg(seed=91))
    body = raw_form(b"--x", *field, b"--x", *photo, b"--x--")
    reply = post(api, {**phone, "Content-Type": "multipart/form-data; boundary=x"}, data=body)
    assert api.read(f"/api/photos/{reply.json()['id']}").json()["trigger"] == "gpio"


class TestDeviceRoute:
    """`/api/camera/photo`, where phones and scripts arrive by mistake."""

    def test_a_post_is_explained(self, api: Api) -> None:
        """Also without a key: a client that posts most likely has none."""
        for headers in ({}, {"x-functions-key": api.backend.function_key}):
            reply = api.ask(UPLOAD_PATH, headers, "POST", files=form(PHOTO))
            assert (reply.status_code, reply.headers["Allow"]) == (405, "PUT")
            assert "/api/photos" in reply.json()["detail"]

    def test_a_form_is_explained(self, api: Api, camera: str) -> None:
        headers = {"X-Camera-Id": camera, "Content-Type": "multipart/form-data; boundary=x"}
        reply = api.put(raw_form(b"--x", *PART, b"--x--", b""), headers)
        assert reply.status_code == 415
        assert "/api/photos" in reply.json()["detail"]
        assert api.listed(camera) == []
