"""Requests as handlers get them, and the bodies that routes declare."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from function_app.http.json_schema import Schema, partial_record
from function_app.http.parameters import Parameter, check_known
from function_app.problems import HTTPProblemError

MAX_BODY_BYTES = 16 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JSONBody:
    """A JSON object with these fields. `name` is the name of its schema. If the body is not
    required, an empty one means an object without fields. `variants`
    are alternative sets of required fields (anyOf): no field is in two of them. The handler checks
    that a body has one of the sets."""

    name: str
    fields: tuple[Parameter[Any], ...]
    is_required: bool = True
    variants: tuple[tuple[Parameter[Any], ...], ...] = ()

    @property
    def schema(self) -> Schema:
        """The JSON Schema of the body."""
        if not self.variants:
            return _object(self.fields, {one.name for one in self.fields if one.is_required})
        shared = [
            one for one in self.fields if not any(one in variant for variant in self.variants)
        ]
        return {
            "anyOf": [
                _object((*variant, *shared), {one.name for one in variant})
                for variant in self.variants
            ]
        }

    def read(self, body: bytes) -> dict[Parameter[Any], Any]:
        """Return the fields' values. Raises HTTPProblemError (400, 413), and WireError for a field
        that is unknown, missing or wrong."""
        values = {} if not body and not self.is_required else self._object_in(body)
        check_known(values, self.fields, "field")
        return {one: one.read(values) for one in self.fields}

    def _object_in(self, body: bytes) -> Mapping[str, Any]:
        if len(body) > MAX_BODY_BYTES:
            raise HTTPProblemError(413, f"The body has more than {MAX_BODY_BYTES} bytes.")
        try:
            values = json.loads(body)
            json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is not text
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            names = ", ".join(one.name for one in self.fields)
            raise HTTPProblemError(400, f"Send a JSON object with {names}.")
        return values


def _object(fields: tuple[Parameter[Any], ...], required: set[str]) -> Schema:
    schemas = {
        one.name: {
            **one.kind.schema,
            **({"description": one.description} if one.description else {}),
        }
        for one in fields
    }
    return partial_record(tuple(name for name in schemas if name in required), **schemas)


@dataclass(frozen=True, slots=True)
class WireBody:
    """A JSON body that devices send, too. photo_wire parses it, called by the handler."""

    name: str
    schema: Schema
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class PhotoBody:
    """A photo, with headers that describe it. With `form_fields` the body may also be a form
    (multipart/form-data) that has the photo. `form_fields` maps each form field to the header it
    replaces."""

    form_fields: Mapping[str, str] | None = None
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class FormBody:
    """A form of a page (application/x-www-form-urlencoded) with these fields. Other fields are
    ignored; of a repeated one the last counts. Those of `repeated`, such as check boxes of one
    name, get all their values, joined by spaces."""

    fields: tuple[Parameter[Any], ...]
    repeated: tuple[Parameter[Any], ...] = ()

    def read(self, body: bytes) -> dict[Parameter[Any], Any]:
        """Return the fields' values. Raises HTTPProblemError (400, 413), and WireError for a field
        that is missing or wrong."""
        pairs = parse_form(body)
        values = dict(pairs)
        for one in self.repeated:
            if one.name in values:
                values[one.name] = " ".join(value for name, value in pairs if name == one.name)
        return {one: one.read(values) for one in (*self.fields, *self.repeated)}


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form (application/x-www-form-urlencoded) in their order; a field may
    be there more than once. Raises HTTPProblemError (400, 413)."""
    if len(body) > MAX_BODY_BYTES:
        raise HTTPProblemError(413, f"The form has more than {MAX_BODY_BYTES} bytes.")
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise HTTPProblemError(400, "The form cannot be read: send it once more.") from None


Body = JSONBody | WireBody | PhotoBody


@dataclass(frozen=True, slots=True)
class Request:
    """What the Functions host received, and the values of the route's parameters."""

    http: func.HttpRequest
    values: Mapping[Parameter[Any], Any]

    def __getitem__(self, parameter: Parameter[T]) -> T:
        """Return the value of a parameter that the route declares."""
        value: T = self.values[parameter]
        return value

    @property
    def method(self) -> str:
        return str(self.http.method)

    @property
    def url(self) -> str:
        return str(self.http.url)

    @property
    def headers(self) -> Mapping[str, str]:
        headers: Mapping[str, str] = self.http.headers
        return headers

    @property
    def body(self) -> bytes:
        return bytes(self.http.get_body())

    @property
    def path(self) -> str:
        """The path of the URL, as the browser sent it."""
        return urlsplit(self.url).path
