"""Forms with files, as the parser reads them."""

from contextlib import suppress

from function_app.ingest.multipart import FormError, read_parts
from tests.support.pictures import jpeg


def raw_form(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join(lines)


PHOTO = jpeg(seed=78)


DISPOSITION = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"'


PART = (DISPOSITION, b"Content-Type: image/jpeg", b"", PHOTO)


def test_a_hostile_form_is_read_quickly() -> None:
    """Millions of false boundaries; the time limit of the suite is the check."""
    kind = "multipart/form-data; boundary=x"
    for padding in (b"--x", b"--x\r\n", b"\r\n--x-", b"--x--\n--x--", b"\n"):
        body = raw_form(b"--x", *PART[:3], padding * ((16 << 20) // len(padding)))
        with suppress(FormError):
            read_parts(kind, body)
