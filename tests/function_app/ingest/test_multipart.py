"""Forms with files, as the parser reads them."""

from contextlib import suppress

from function_app.ingest.multipart import FormError, read_parts
from tests.support.pictures import jpeg


def raw_form(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join(lines)


PHOTO = jpeg(seed=78)


DISPOSITION = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"'


PART = (DISPOSITION, b"Content-Type: image/jpeg", b"", PHOTO)


def test_a_hostile_form_is_read_soon() -> None:
    """Millions of boundaries that are none; the suite's time limit is the proof."""
    kind = "multipart/form-data; boundary=x"
    for filling in (b"--x", b"--x\r\n", b"\r\n--x-", b"--x--\n--x--", b"\n"):
        body = raw_form(b"--x", *PART[:3], filling * ((16 << 20) // len(filling)))
        with suppress(FormError):
            read_parts(kind, body)
