"""Responses: JSON, photos, and problems."""

import errno
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import bottle

from photo_wire.media import Media
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.serve.page import render_error
from pi_uploader.serve.parameters import wants_page
from pi_uploader.serve.photos import DevicePhoto
from pi_uploader.serve.thumbnail import preview_of
from pi_uploader.state_files import open_regular_file

PROBLEM = "application/problem+json"


def response(body: Any, content_type: str = "", status: HTTPStatus = HTTPStatus.OK) -> Any:
    """Return bottle's response with this body: bytes, or what yields them."""
    headers = {"Content-Type": content_type} if content_type else {}
    return bottle.HTTPResponse(body, status.value, headers=headers)


def json_response(value: Mapping[str, Any]) -> Any:
    """Return a JSON object as a response."""
    return response(json.dumps(value).encode(), "application/json")


def preview_response(photo: DevicePhoto) -> Any:
    """Return the preview in a JPEG, or all of it if there is none. Raises as `file_response`."""
    if photo.media is not Media.JPEG:
        raise RequestProblemError(HTTPStatus.NOT_FOUND, "only a JPEG is shown in small")
    preview = preview_of(photo.file)
    return response(preview, Media.JPEG.content_type) if preview else file_response(photo)


def file_response(photo: DevicePhoto) -> Any:
    """Return the bytes of a photo, or the part of them that a player asks for. Raises
    FileNotFoundError if it has left this place, OSError if it cannot be read."""
    found = bottle.static_file(
        photo.file.name, str(photo.file.parent), mimetype=photo.media.content_type
    )
    if found.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
        # bottle looks several times: a photo that leaves between two looks is forbidden for it
        open_regular_file(photo.file).close()  # raises what the disk says
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    name = f"{photo.name}.{photo.media.suffix}"
    found.set_header("Content-Disposition", f'inline; filename="{name}"')
    return found


def render_problem(error: Any) -> bytes:
    """Return the body of a response that is a problem: a page for people, else RFC 9457. Without an
    exception it is bottle's own."""
    status = HTTPStatus(error.status_code)
    detail = error.body if isinstance(error.body, str) else status.phrase
    if status is HTTPStatus.NOT_FOUND and error.exception is None:  # no such route
        detail = "there is nothing at this address"
    if wants_page():
        bottle.response.content_type = "text/html; charset=utf-8"
        return render_error(status, detail).encode()
    bottle.response.content_type = PROBLEM
    problem = {"title": status.phrase, "status": status.value, "detail": detail}
    return json.dumps(problem).encode()
