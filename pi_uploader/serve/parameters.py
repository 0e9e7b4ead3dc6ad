"""What a request asks for: parameters of the query or of a form."""

import re
from http import HTTPStatus

import bottle

from photo_wire.name import check_camera
from pi_uploader.local_view.problems import RequestProblemError


def parameter(name: str) -> str:
    """Return a parameter of the query or of a form; empty if there is none."""
    query, form = bottle.request.query, bottle.request.forms
    return str(query.get(name) or form.get(name) or "")


def chosen_camera() -> str | None:
    """Return the camera that is asked for, None for no choice. Raises WireError."""
    name = parameter("camera")
    return check_camera(name) if name else None


def number(name: str, default: int, most: int) -> int:
    """Return a number from 1, cut to `most`. Raises RequestProblemError for anything else."""
    text = parameter(name)
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,6}", text) or not int(text):
        raise RequestProblemError(
            HTTPStatus.BAD_REQUEST, f"{name}: expected a number from 1 to {most}"
        )
    return min(int(text), most)


def wants_page() -> bool:
    """Return whether a person's browser asks, and no program."""
    return "text/html" in bottle.request.get_header("Accept", "")
