"""A request's body as JSON."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from function_app.problems import HTTPProblemError
from photo_wire.errors import WireError, quoted

MAX_BODY = 16 * 1024  # bytes


def read_object(req: func.HttpRequest, known: tuple[str, ...]) -> Mapping[str, Any]:
    """The JSON object in the body, with no other than the known fields.

    Raises HTTPProblemError (400, 413), and WireError for an unknown field.
    """
    body = req.get_body()
    if len(body) > MAX_BODY:
        raise HTTPProblemError(413, f"The body has more than {MAX_BODY} bytes.")
    try:
        said = json.loads(body)
        json.dumps(said, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise HTTPProblemError(400, f"Send a JSON object with {', '.join(known)}.")
    for field in said:
        if field not in known:
            raise WireError(quoted(field), f"is not known here; use {', '.join(known)}")
    return said


def text_of(said: Mapping[str, Any], field: str, default: str | None = None) -> str:
    """A field that is a text. Raises WireError, naming it, if it is missing or none."""
    value = said.get(field, default)
    if not isinstance(value, str):
        raise WireError(field, "is missing, or is no text")
    return value
