"""What a client says of its photo survives the way as HTTP headers."""

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.headers import PhotoHeaders, content_digest, parse_content_digest, parse_headers
from photo_wire.media import Media
from tests.photo_wire.strategies import hashes, headers

NAME = "entry-20261120T120134567Z-5f3a9c2e"


@given(headers())
def test_headers_survive_the_wire(photo: PhotoHeaders) -> None:
    assert parse_headers(photo.to_headers()) == photo


def test_old_clients_say_nothing_and_are_understood() -> None:
    assert parse_headers({"Content-Type": "image/jpeg"}) == PhotoHeaders(content_type="image/jpeg")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Photo-Id", "../../etc/passwd"),
        ("X-Photo-Id", ""),
        ("X-Camera-Id", "Front Door"),
        ("X-Captured-At", "yesterday"),
        ("X-Trigger", "whim"),
        ("X-Clock", "late"),
        ("X-Motion", "perhaps"),
        ("X-Labels", "person"),
        ("Content-Digest", "sha-256=:abc:"),
        ("Content-Digest", "sha-256=" + "0" * 64),
    ],
)
def test_a_malformed_header_is_refused_by_its_name(header: str, value: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_headers({header: value})
    assert caught.value.field == header


@pytest.mark.parametrize(
    ("header", "value"), [("X-Camera-Id", "exit"), ("X-Captured-At", "2026-11-20T12:01:34.568Z")]
)
def test_headers_that_contradict_the_name_are_refused(header: str, value: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_headers({"X-Photo-Id": NAME, header: value})
    assert caught.value.field == header


@given(hashes)
def test_every_digest_comes_back_from_its_header(sha256: str) -> None:
    assert parse_content_digest(content_digest(sha256)) == sha256


@given(st.text())
def test_no_digest_header_raises_anything_but_a_wire_error(text: str) -> None:
    with contextlib.suppress(WireError):
        parse_content_digest(text)


def test_a_digest_is_found_among_others_and_others_alone_are_passed_over() -> None:
    sha256 = hashlib.sha256(b"photo")
    encoded = base64.b64encode(sha256.digest()).decode()
    assert parse_content_digest(f"sha-512=:AAAA:, sha-256=:{encoded}:") == sha256.hexdigest()
    assert parse_content_digest("sha-512=:AAAA:") is None


@pytest.mark.parametrize("kind", Media)
def test_a_content_type_is_recognised_in_any_case_and_with_parameters(kind: Media) -> None:
    assert Media.of_content_type(kind.content_type.upper() + "; charset=binary") is kind
    assert Media.of_suffix(kind.suffix) is kind
    assert Media.of_content_type("text/html") is None
