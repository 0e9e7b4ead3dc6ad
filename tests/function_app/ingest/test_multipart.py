"""Forms with files, as the parser reads them."""

from contextlib import suppress

import pytest

from function_app.ingest.multipart import FormError, read_parts
from tests.support.pictures import dng, jpeg, mp4, pi_dng


def raw_form(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join(lines)


PHOTO = jpeg(seed=78)


DISPOSITION = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"'
KIND = "multipart/form-data; boundary=x"


PART = (DISPOSITION, b"Content-Type: image/jpeg", b"", PHOTO)


def test_a_hostile_form_is_read_quickly() -> None:
    """Millions of false boundaries; the time limit of the suite is the check."""
    for padding in (b"--x", b"--x\r\n", b"\r\n--x-", b"--x--\n--x--", b"\n", b"\r", b"\r--x-\0-"):
        body = raw_form(b"--x", *PART[:3], padding * ((16 << 20) // len(padding)))
        with suppress(FormError):
            read_parts(KIND, body)


def photos_in(body: bytes) -> list[bytes]:
    """Return the contents of a form's parts that are named as the photo is."""
    return [part.body for part in read_parts(KIND, body) if part.name == "photo"]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("last", [b"--x--", b"--x-", b"--x --\x0b", b"--x \0\0", b"--x"])
def test_lines_end_in_any_way(end: bytes, last: bytes) -> None:
    """All of a form, or a single one, and whatever follows the last boundary."""
    lines = [b"--x", *PART, last, b""]
    assert photos_in(raw_form(*lines, end=end)) == [PHOTO]
    for at in (0, 4):  # after the first boundary, and after the photo
        mixed = raw_form(*lines[: at + 1]) + end + raw_form(*lines[at + 1 :])
        assert photos_in(mixed) == [PHOTO]


@pytest.mark.parametrize("blank_lines", [b"", b"\r\n\r\n", b"\n", b"\r", b"\t\r\n"])
def test_blank_lines_may_precede_the_headers(blank_lines: bytes) -> None:
    assert photos_in(raw_form(b"--x", blank_lines + DISPOSITION, b"", PHOTO, b"--x--")) == [PHOTO]


@pytest.mark.parametrize("photo", [PHOTO, mp4(), pi_dng(), dng(order=">")])
def test_the_blank_line_after_the_headers_may_be_missing(photo: bytes) -> None:
    assert photos_in(raw_form(b"--x", *PART[:2], photo, b"--x--")) == [photo]


@pytest.mark.parametrize(
    "other", [(b"no header",), (DISPOSITION, b"Content-Transfer-Encoding: base64", b"", b"/9j/4")]
)
def test_a_part_that_cannot_be_read_costs_no_photo_beside_it(other: tuple[bytes, ...]) -> None:
    """As other servers read forms. Of a form without a photo, the error says what is wrong."""
    for parts in ([b"--x", *PART, b"--x", *other], [b"--x", *other, b"--x", *PART]):
        assert photos_in(raw_form(*parts, b"--x--")) == [PHOTO]
    with pytest.raises(FormError, match="part 1"):
        read_parts(KIND, raw_form(b"--x", *other, b"--x--"))


def test_headers_may_be_long() -> None:
    """As other servers accept them."""
    assert photos_in(raw_form(b"--x", b"X: " + b"y" * 20_000, *PART, b"--x--")) == [PHOTO]
