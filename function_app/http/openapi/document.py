"""The OpenAPI 3.1 document of a route table."""

import re
from http import HTTPStatus
from typing import Any

from function_app.http.authorization import Access
from function_app.http.cookies import PREFIX, SESSION
from function_app.http.openapi.schemas import PARAMETERS, SCHEMAS, Schema, ref
from function_app.http.route import Route
from photo_wire import __version__
from photo_wire.headers import (
    CAMERA_ID,
    CAPTURED_AT,
    CLOCK,
    CONTENT_DIGEST,
    PHOTO_ID,
    TRIGGER,
    WAITING,
    ClockStatus,
    Trigger,
)
from photo_wire.media import Media
from photo_wire.problem import PROBLEM_TYPE

_NAMES = {"first_day": "from", "last_day": "to"}  # of parameters with a schema of their own
_ABOUT_A_PHOTO: dict[str, tuple[Schema, str]] = {
    PHOTO_ID: (PARAMETERS["id"][0], "The photo's id, given where it was taken."),
    CAMERA_ID: (PARAMETERS["camera"][0], "Its camera."),
    CAPTURED_AT: (PARAMETERS["from"][0], "When it was taken."),
    TRIGGER: ({"type": "string", "enum": list(Trigger)}, "Why it was taken."),
    CLOCK: ({"type": "string", "enum": list(ClockStatus)}, "How far its time can be trusted."),
    CONTENT_DIGEST: ({"type": "string"}, "`sha-256=:base64:` of the body (RFC 9530)."),
    WAITING: ({"type": "integer", "minimum": 0}, "How many photos still wait on the device."),
}
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.DEVICE: [{"functionKey": []}],
    Access.UPLOADER: [{"token": []}],
    Access.READER: [{"token": []}, {"session": []}],
    Access.DELETER: [{"token": []}, {"session": []}],
    Access.ADMIN: [{"token": []}, {"session": []}],
    Access.PERSON: [{"session": []}],
}


def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """What `GET /api/openapi.json` gives."""
    paths: dict[str, Any] = {}
    for route in routes:
        if route.include_in_schema:
            path = paths.setdefault("/" + route.path, {})
            path.update({method.lower(): _operation(route, method) for method in route.methods})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nightjar",
            "version": __version__,
            "description": "A security camera without a server: photos come in, and are looked at.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": PREFIX + SESSION,
                    "description": f"On one machine without https: {SESSION}.",
                },
            },
        },
    }


def _operation(route: Route, method: str) -> dict[str, Any]:
    operation = {
        "operationId": route.name if method != "HEAD" else f"{route.name}_head",
        "summary": route.summary,
        "description": f"For {route.access.value}.",
        "security": _SECURITY[route.access],
        "parameters": [*_in_path(route), *_in_query(route), *_in_headers(route)],
        "responses": _responses(route, method),
    }
    return operation | ({"requestBody": _body(route)} if route.takes else {})


def _in_path(route: Route) -> list[Schema]:
    names = re.findall(r"{(\w+)}", route.path)
    return [_parameter(name, "path", *PARAMETERS[name], required=True) for name in names]


def _in_query(route: Route) -> list[Schema]:
    needed = {"camera"} if route.path == "api/events" else set()
    return [
        _parameter(_NAMES.get(name, name), "query", *PARAMETERS[name], required=name in needed)
        for name in route.query
    ]


def _in_headers(route: Route) -> list[Schema]:
    if not route.takes or route.takes in SCHEMAS:
        return []
    return [_parameter(name, "header", *about) for name, about in _ABOUT_A_PHOTO.items()]


def _parameter(
    name: str, where: str, schema: Schema, description: str, required: bool = False
) -> Schema:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": description,
        "schema": schema,
    }


def _body(route: Route) -> Schema:
    if route.takes in SCHEMAS:
        content: dict[str, Any] = {"application/json": {"schema": ref(route.takes)}}
    else:
        content = {kind.content_type: {} for kind in Media}
        if "form" in str(route.takes):
            fields = {name: PARAMETERS[name][0] for name in ("camera", "trigger")}
            fields["captured_at"] = PARAMETERS["from"][0]
            fields["photo"] = {"type": "string", "format": "binary"}
            form = {"type": "object", "properties": fields, "required": ["photo"]}
            content["multipart/form-data"] = {"schema": form}
    return {"required": not route.is_optional, "content": content}


def _responses(route: Route, method: str) -> dict[str, Any]:
    found = {str(status): _given(status, what, method) for status, what in route.gives.items()}
    return found | {str(status): _problem(status, route) for status in sorted(refused(route))}


def refused(route: Route) -> set[int]:
    """The statuses of the problems that a route may give."""
    statuses = {400, 503, *route.refuses}
    if route.access is not Access.PUBLIC:
        statuses.add(401)
    if route.access not in (Access.PUBLIC, Access.DEVICE):
        statuses.add(403)
    return statuses


def _given(status: int, what: str | None, method: str) -> Schema:
    described: Schema = {"description": HTTPStatus(status).phrase}
    if what is None or method == "HEAD":
        return described
    if what in SCHEMAS:
        return described | {"content": {"application/json": {"schema": ref(what)}}}
    return described | {"content": {kind: {} for kind in what.split()}}


def _problem(status: int, route: Route) -> Schema:
    described: Schema = {"description": HTTPStatus(status).phrase}
    if status == 401 and route.access is Access.DEVICE:
        return described  # the Functions host answers, without a body
    return described | {"content": {PROBLEM_TYPE: {"schema": ref("Problem")}}}
