"""The parameters of routes, in their paths and queries, and the fields of their JSON bodies.

Each is declared once, as a `Parameter` of some `Kind`. That gives the check of a request, the value
that the handler gets (`request[LIMIT]`), and the entry in the API's description.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from function_app.auth.caller import check_name, parse_cameras
from function_app.http import json_schema
from function_app.http.json_schema import Schema
from photo_wire.errors import WireError, quoted, quoted_json
from photo_wire.moment import parse_time
from photo_wire.name import PhotoName, check_camera, parse_name

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value. `parse` gets the value as it came (text, or what JSON holds) and the
    parameter's name; it returns the value for the handler, or raises WireError. `expected`
    describes valid values, for error texts."""

    schema: Schema
    expected: str
    parse: Callable[[Any, str], T]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Generic[T]):
    """A named value of a request. `default` is its value if it is absent. Make it by `required`,
    `optional` or `defaulting`, which know its type."""

    name: str
    kind: Kind[Any]
    description: str
    is_required: bool
    default: Any

    def read(self, values: Mapping[str, Any]) -> T:
        """Return the value. Raises WireError, naming the parameter, if it is missing or wrong."""
        if self.name in values:
            value: T = self.kind.parse(values[self.name], self.name)
            return value
        if self.is_required:
            raise WireError(self.name, f"is missing; it must be {self.kind.expected}")
        absent: T = self.default
        return absent


def required(name: str, kind: Kind[T], description: str = "") -> Parameter[T]:
    """Return a parameter without which a request is rejected."""
    return Parameter(name, kind, description, True, None)


def optional(name: str, kind: Kind[T], description: str = "") -> Parameter[T | None]:
    """Return a parameter that is None if it is absent."""
    return Parameter(name, kind, description, False, None)


def defaulting(name: str, kind: Kind[T], default: T, description: str = "") -> Parameter[T]:
    """Return a parameter with a default value."""
    return Parameter(name, kind, description, False, default)


def check_known(names: Iterable[str], known: Iterable[Parameter[Any]], what: str) -> None:
    """Raise WireError for the first of these names that is not the name of a known parameter.
    `what` is "query parameter" or "field"."""
    allowed = [one.name for one in known]
    for name in names:
        if name not in allowed:
            hint = f"use {', '.join(allowed)}" if allowed else "there are none here"
            raise WireError(f"unknown {what}", f"{quoted(name)}; {hint}")


def check_range(first: date | None, last: date | None) -> None:
    """Raise WireError if the range of a list (days or moments) ends before it begins."""
    if first is not None and last is not None and last < first:
        raise WireError("to", "must not be before 'from'")


# Kinds for the path and the query, where every value comes as text.


def whole_number(minimum: int, maximum: int, what: str = "a whole number") -> Kind[int]:
    """Return the kind of numbers in decimal digits."""
    expected = f"{what} from {minimum} to {maximum}"

    def parse(value: str, name: str) -> int:
        # Nine digits are enough; int() is slow for very long texts.
        if not (value.isascii() and value.isdigit() and minimum <= int(value[:9]) <= maximum):
            raise WireError(name, f"must be {expected}, not {quoted(value)}")
        return int(value[:9])

    return Kind(json_schema.number(minimum=minimum, maximum=maximum), expected, parse)


def _parse_moment(value: str, name: str) -> datetime:
    # A plus sign that the client did not encode arrives as a space; no time has one.
    return parse_time(value.replace(" ", "+"), name)


def _parse_day(value: str, name: str) -> date:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        raise WireError(name, f"must be a day such as 2026-11-20, not {quoted(value)}") from None


MOMENT = Kind(json_schema.TIME, "a time such as 2026-11-20T12:01:34Z", _parse_moment)
DAY = Kind(json_schema.DAY, "a day such as 2026-11-20", _parse_day)


def opaque(schema: Schema) -> Kind[str]:
    """Return the kind of strings that the handler looks up: a wrong one gives 404, not 400."""
    return Kind(schema, "a string", lambda value, name: str(value or ""))


# Kinds for the query and for JSON.


def choice(options: Iterable[T], schema: Schema | None = None) -> Kind[T]:
    """Return the kind whose values are these options."""
    allowed = list(options)
    expected = f"one of {', '.join(map(str, allowed))}"

    def parse(value: object, name: str) -> T:
        if value not in allowed:
            raise WireError(name, f"must be {expected}, not {quoted_json(value)}")
        return allowed[allowed.index(value)]

    return Kind(schema or json_schema.text(enum=allowed), expected, parse)


def _parse_text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise WireError(name, "must be a string")
    return value


TEXT = Kind(json_schema.text(), "a string", _parse_text)
PHOTO_NAME: Kind[PhotoName] = Kind(
    json_schema.PHOTO_ID,
    "a photo's id",
    lambda value, name: parse_name(_parse_text(value, name), name),
)
CAMERA_NAME = Kind(
    json_schema.CAMERA,
    "a camera's name",
    lambda value, name: check_camera(_parse_text(value, name), name),
)
NAME = Kind(json_schema.NAME, "a name", check_name)


# Kinds for JSON alone.


def _parse_boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise WireError(name, "must be true or false")
    return value


BOOLEAN = Kind(json_schema.BOOLEAN, "true or false", _parse_boolean)
TIME: Kind[datetime] = Kind(
    json_schema.TIME,
    "a time such as 2026-11-20T12:01:34Z",
    lambda value, name: parse_time(_parse_text(value, name), name),
)


def json_number(minimum: int, maximum: int) -> Kind[int]:
    """Return the kind of whole numbers in JSON."""
    expected = f"a whole number from {minimum} to {maximum}"

    def parse(value: object, name: str) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not minimum <= value <= maximum:  # type: ignore[operator]
            raise WireError(name, f"must be {expected}")
        return value  # type: ignore[return-value]

    return Kind(json_schema.number(minimum=minimum, maximum=maximum), expected, parse)


def photo_names(maximum: int, minimum: int = 0) -> Kind[list[PhotoName]]:
    """Return the kind of lists of photos' ids. A repeated id counts once."""
    size = {"minItems": minimum} if minimum else {}
    few = f"{minimum} to {maximum}" if minimum else f"at most {maximum}"
    expected = f"a list of {few} photos' ids"

    def parse(value: object, name: str) -> list[PhotoName]:
        if not isinstance(value, list) or not minimum <= len(value) <= maximum:
            raise WireError(name, f"must be {expected}")
        return list(dict.fromkeys(parse_name(str(one), name) for one in value))

    schema = json_schema.array(json_schema.PHOTO_ID, **size, maxItems=maximum)
    return Kind(schema, expected, parse)


def _parse_some_cameras(value: object, name: str) -> frozenset[str] | None:
    cameras = parse_cameras(value)
    if cameras is not None and not cameras:
        raise WireError(name, "is empty: name some, or leave it out for all")
    return cameras


SOME_CAMERAS: Kind[frozenset[str] | None] = Kind(
    json_schema.array(json_schema.CAMERA, minItems=1), "a list of camera names", _parse_some_cameras
)


# Parameters of several routes.

PHOTO = required(
    "id",
    Kind(json_schema.PHOTO_ID, "a photo's id", lambda value, name: parse_name(value)),
    "The photo's id.",
)
CAMERA = optional("camera", CAMERA_NAME, "Only of this camera.")
FROM = optional("from", MOMENT, "Taken at this moment or later.")
TO = optional("to", MOMENT, "Taken before this moment.")
LIMIT = defaulting("limit", whole_number(1, MAX_LIMIT), DEFAULT_LIMIT, "Maximum number of entries.")
CURSOR = optional(
    "cursor",
    Kind(json_schema.text(), "a next_cursor", _parse_text),
    "`next_cursor` of the page before.",
)
