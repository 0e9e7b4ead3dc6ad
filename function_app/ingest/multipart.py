"""Parse forms with files (multipart/form-data, RFC 7578), as cameras and scripts write them.

Many break the rules: an unquoted boundary with `=` or with its dashes, names in Latin-1, a last
boundary that is missing or follows the picture without a line end, files in base64 or said to be,
headers on two lines, line ends of any kind, a form in a form. What can be read is read, and a photo
is taken from beside parts that cannot be; for the rest the error says what is wrong.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from function_app.media.inspection import begins_like_a_photo
from photo_wire.errors import quoted

MAX_PARTS = 20
MAX_LEVELS = 4  # of forms in forms, as mail has them
MAX_HEADER_BYTES = 32 * 1024  # of one part
MAX_FALSE_BOUNDARIES = 10_000  # in all parts; a short boundary may occur in a picture

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^";]+))', re.I)
_LINE_END = rb"(?>\r\n?|\n)"
_FIRST_LINE = re.compile(rb"\s*(--[^\s]{1,200})[ \t]*" + _LINE_END + rb"(?=content-)", re.I)
# Of a boundary: the end of its line, with blank lines before the first header.
_END_OF_LINE = re.compile(rb"[ \t]*(?:" + _LINE_END + rb"(?:\s+(?=content-))?|\Z)", re.I)
_HEADER = re.compile(rb"[ \t]*" + _LINE_END + rb"content-", re.I)
_REST = re.compile(rb"\s*\Z")
_DASHES = re.compile(rb"[-\s\0]{0,64}\Z")  # what cameras write for the two of the last boundary
# A blank line, or the beginning of a photo: some scripts forget that line.
_HEADERS_END = re.compile(
    _LINE_END + rb"(?:[ \t]*" + _LINE_END + rb"|(?=\xff\xd8|II\*\0|MM\0\*|.{4}ftyp))", re.S
)
_NAME = re.compile(r'[;\s]name\s*=\s*(?:"([^"]*)"|([^;\s]+))', re.I)
_FILENAME = re.compile(r"[;\s]filename\*?\s*=", re.I)
_FOLD = re.compile(r"(?>\r\n?|\n)(?=[ \t])")
_ENCODING = re.compile(r'^[\s"]*([^\s";(]*).*', re.S)  # without quotes, parameters and comments
_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")  # the base64 of URLs, which has no padding either


def _decode_base64(data: bytes) -> bytes:
    return binascii.a2b_base64(data.translate(_URL_ALPHABET) + b"==")


# By what programs call it that send forms as if they were mail.
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("", "binary", "8bit", "7bit"), bytes),
    "base64": _decode_base64,
    "quoted-printable": binascii.a2b_qp,
}


class FormError(ValueError):
    """The form cannot be read. The text continues "The form cannot be read: ..."."""


class Part(NamedTuple):
    """One part of a form: the name of its field ("" for none), whether it is a file, the type that
    its sender states ("" for none), its bytes, and how many of the form's bytes these take."""

    name: str
    is_file: bool
    content_type: str
    body: bytes
    size: int

    def __str__(self) -> str:
        kind = f" ({self.content_type})" if self.content_type else ""
        return f"{self.name or 'without a name'}{kind}"


def is_form(content_type: str, body: bytes) -> bool:
    """Return whether a body is a form, by its first bytes or else by its type. The bytes of a photo
    are a photo, even if a client labels them as a form."""
    if begins_like_a_photo(body):
        return False
    return content_type.strip().lower().startswith("multipart/") or bool(_FIRST_LINE.match(body))


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of a form. Of a part that is a form itself, its parts are meant: several
    files of one field were sent so (RFC 2388, section 4.2). Raises FormError."""
    parts = _read_parts(content_type, body)
    for _ in range(MAX_LEVELS - 1):
        parts = [inner for part in parts for inner in _parts_within(part)]
        if len(parts) > MAX_PARTS:
            raise _too_many_parts()
    return parts


def _parts_within(part: Part) -> list[Part]:
    """Return the parts of a part that is a form itself; any other part, and a form that cannot be
    read, as it is."""
    is_multipart = part.content_type.lower().startswith("multipart/")
    if is_multipart and not begins_like_a_photo(part.body):
        with suppress(FormError):
            return _read_parts(part.content_type, part.body)
    return [part]


def _read_parts(content_type: str, body: bytes) -> list[Part]:
    delimiter = _delimiter(content_type, body)
    parts: list[Part] = []
    problems: list[FormError] = []
    for number, (start, end) in enumerate(_spans(body, delimiter), 1):
        if number > MAX_PARTS:
            raise _too_many_parts()
        try:
            parts.append(_part(number, body, start, end))
        except FormError as error:
            problems.append(error)
    if problems and not any(begins_like_a_photo(part.body) for part in parts):
        raise problems[0]
    if not parts:
        raise FormError(f"no part of it begins with its boundary, {_shown(delimiter)}")
    return parts


def _too_many_parts() -> FormError:
    return FormError(f"it has more than {MAX_PARTS} parts")


def _delimiter(content_type: str, body: bytes) -> bytes:
    """Return what precedes each part: the stated boundary, after two dashes or including them; or,
    if the body does not contain that, the body's first line. Raises FormError."""
    match = _BOUNDARY.search(content_type)
    stated = (match[1] or match[2]).strip().encode("latin-1", "replace") if match else b""
    candidates = [b"--" + stated, stated if stated.startswith(b"--") else b""] if stated else []
    for one in candidates:
        if one and (body.startswith(one) or b"\n" + one in body or b"\r" + one in body):
            return one
    first = _FIRST_LINE.match(body)
    if first:
        return first[1]
    if not stated:
        raise FormError("its Content-Type has no boundary, as in multipart/form-data; boundary=x")
    raise FormError(f"its boundary, {_shown(candidates[0])}, does not occur in the body")


def _spans(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start of each part, after the line of its boundary, and its end."""
    start = None
    for at, line_end, is_last in _boundaries(body, delimiter):
        if start is not None:
            yield start, _without_line_end(body, at)
        start = None if is_last else line_end
        if is_last:
            return
    if start is not None and not _REST.match(body, start):  # the last boundary is missing, or cut
        end = _before_cut_boundary(body, delimiter)
        is_of_photo = body[end - 1 : end] == b"\r"  # more likely than half a line end
        yield start, end if is_of_photo else _without_line_end(body, end)


def _boundaries(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield each boundary: its start, the end of its line, and whether it is the last one."""
    at = body.find(delimiter)
    false_boundaries = 0
    while at >= 0:
        end = at + len(delimiter)
        is_last = body.startswith(b"--", end)
        end += 2 if is_last else 0
        line_end = _END_OF_LINE.match(body, end)
        starts_line = at == 0 or body[at - 1] in b"\r\n"
        if starts_line and (is_last or _DASHES.match(body, end)):  # whatever follows two dashes
            yield at, end, True
        elif line_end and (starts_line or (_REST if is_last else _HEADER).match(body, end)):
            yield at, line_end.end(), is_last
        else:
            false_boundaries += 1
            if false_boundaries > MAX_FALSE_BOUNDARIES:
                raise FormError(f"its boundary, {_shown(delimiter)}, occurs in its parts")
        at = body.find(delimiter, end)


def _before_cut_boundary(body: bytes, delimiter: bytes) -> int:
    """Return where the last line of a body begins, if that is the beginning of the last boundary:
    cameras state too small a Content-Length. Else return where the body ends."""
    start = max(len(body) - len(delimiter) - 3, 0)
    line = max(body.rfind(b"\n", start), body.rfind(b"\r", start)) + 1
    return line if line and (delimiter + b"--").startswith(body[line:]) else len(body)


def _without_line_end(body: bytes, end: int) -> int:
    if body[end - 2 : end] == b"\r\n":
        return end - 2
    return end - 1 if body[end - 1 : end] in (b"\r", b"\n") else end


def _part(number: int, body: bytes, start: int, end: int) -> Part:
    search_from = _without_line_end(body, start)  # in case that there are no headers
    headers_end = _HEADERS_END.search(body, search_from, min(end, start + MAX_HEADER_BYTES))
    if headers_end is None:
        raise FormError(f"part {number} has no blank line after its headers")
    headers = _parse_headers(body[start : max(headers_end.start(), start)])
    disposition = headers.get("content-disposition", "")
    name = _NAME.search(disposition)
    part = Part(
        name=(name[1] or name[2] or "") if name else "",
        is_file=bool(_FILENAME.search(disposition)),
        content_type=headers.get("content-type", ""),
        body=_without_blank_lines(body[headers_end.end() : max(end, headers_end.end())]),
        size=max(end - headers_end.end(), 0),
    )
    encoding = _ENCODING.sub(r"\1", headers.get("content-transfer-encoding", ""))
    return _decoded(part, encoding.lower(), number)


def _decoded(part: Part, encoding: str, number: int) -> Part:
    """Return a part without the encoding by which programs send forms as if they were mail. The
    bytes of a photo are a photo, whatever the encoding is said to be. Raises FormError."""
    is_field = not part.is_file and encoding not in _DECODERS
    if is_field or begins_like_a_photo(part.body):
        return part
    try:
        decoded = _DECODERS[encoding](part.body)
    except (KeyError, binascii.Error):
        raise FormError(
            f"part {number} is encoded as {quoted(encoding, 20)}, which cannot be read: "
            "send its bytes as they are"
        ) from None
    return part._replace(body=_without_blank_lines(decoded))


def _without_blank_lines(content: bytes) -> bytes:
    """Return a photo without the line ends before it, which a blank line too many leaves; anything
    else as it is."""
    without = content[:4].lstrip(b"\r\n") + content[4:]
    return without if begins_like_a_photo(without) else content


def _parse_headers(data: bytes) -> dict[str, str]:
    unfolded = _FOLD.sub("", decode_text(data))
    lines = (line.partition(":") for line in unfolded.splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def decode_text(data: bytes) -> str:
    """Decode UTF-8, or Latin-1 if the bytes are not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _shown(delimiter: bytes) -> str:
    return ascii(delimiter[:80].decode("latin-1"))
