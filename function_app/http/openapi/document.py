"""The OpenAPI 3.1 document of a route table."""

from functools import cache
from http import HTTPStatus
from typing import Any

from function_app.http import json_schema
from function_app.http.authorization import Access
from function_app.http.cookies import SECURE_PREFIX, SESSION
from function_app.http.json_schema import Schema, ref
from function_app.http.openapi.schemas import SCHEMAS
from function_app.http.parameters import Parameter
from function_app.http.request import Body, PhotoBody
from function_app.http.responses import JSON_TYPE
from function_app.http.route import Operation, Route
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
from photo_wire.motion import LABELS, MAX_LABELS, MOTION
from photo_wire.problem import PROBLEM_TYPE

# The headers that describe a photo; photo_wire checks them.
_PHOTO_HEADERS: dict[str, tuple[Schema, str]] = {
    PHOTO_ID: (json_schema.PHOTO_ID, "The photo's id, given where it was taken."),
    CAMERA_ID: (json_schema.CAMERA, "Its camera."),
    CAPTURED_AT: (json_schema.TIME, "When it was taken."),
    TRIGGER: (json_schema.text(enum=list(Trigger)), "Why it was taken."),
    CLOCK: (json_schema.text(enum=list(ClockStatus)), "Whether its time can be trusted."),
    CONTENT_DIGEST: (json_schema.text(), "`sha-256=:base64:` of the body (RFC 9530)."),
    WAITING: (json_schema.COUNT, "How many photos still wait on the device."),
    MOTION: (
        json_schema.text(),
        "Where something moved: left, top, width and height as shares of the picture, such as "
        "`0.125, 0.25, 0.375, 0.5`; `none` for a trigger without motion in it.",
    ),
    LABELS: (
        json_schema.text(),
        f"What a model found, such as `person=0.93, car=0.51`: up to {MAX_LABELS} words of a-z, "
        "0-9 and hyphens, with how sure it is (0 to 1).",
    ),
}
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.DEVICE: [{"functionKey": []}],
    Access.UPLOADER: [{"token": []}],
    Access.READER: [{"token": []}, {"session": []}],
    Access.DELETER: [{"token": []}, {"session": []}],
    Access.CONTROLLER: [{"token": []}, {"session": []}],
    Access.ADMIN: [{"token": []}, {"session": []}],
    Access.PERSON: [{"session": []}],
}


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Return the document that describes these routes."""
    paths: dict[str, Any] = {}
    schemas = dict(SCHEMAS)
    for route in routes:
        if route.operation is None:
            continue
        path = paths.setdefault("/" + route.path, {})
        for method in route.methods:
            path[method.lower()] = _operation(route, route.operation, method)
        if route.inputs.body and not isinstance(route.inputs.body, PhotoBody):
            schemas[route.inputs.body.name] = route.inputs.body.schema
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nightjar",
            "version": __version__,
            "description": "It stores and shows the photos of security cameras.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SECURE_PREFIX + SESSION,
                    "description": f"On one machine, without https: {SESSION}.",
                },
            },
        },
    }


def _operation(route: Route, operation: Operation, method: str) -> dict[str, Any]:
    inputs = route.inputs
    described = {
        "operationId": route.name if method != "HEAD" else f"{route.name}_head",
        "summary": operation.summary,
        "description": f"For {route.access.value}.",
        "security": _SECURITY[route.access],
        "parameters": [
            *(_parameter(one, "path") for one in inputs.path),
            *(_parameter(one, "query") for one in inputs.query or ()),
            *(_photo_headers() if isinstance(inputs.body, PhotoBody) else ()),
        ],
        "responses": {
            **{
                str(status): _response(status, content, method)
                for status, content in operation.responses.items()
            },
            **{str(status): _problem(status, route) for status in sorted(route.problems)},
        },
    }
    return described | ({"requestBody": _body(inputs.body)} if inputs.body else {})


def _parameter(parameter: Parameter[Any], place: str) -> Schema:
    return {
        "name": parameter.name,
        "in": place,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": parameter.kind.schema,
    }


def _photo_headers() -> list[Schema]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": schema,
        }
        for name, (schema, description) in _PHOTO_HEADERS.items()
    ]


def _body(body: Body) -> Schema:
    if not isinstance(body, PhotoBody):
        content: dict[str, Any] = {JSON_TYPE: {"schema": ref(body.name)}}
    else:
        content = {media.content_type: {} for media in Media}
        if body.form_fields:
            fields = {name: _PHOTO_HEADERS[of][0] for name, of in body.form_fields.items()}
            fields["photo"] = json_schema.text(format="binary")
            form = {"type": "object", "properties": fields, "required": ["photo"]}
            content["multipart/form-data"] = {"schema": form}
    return {"required": body.is_required, "content": content}


def _response(status: int, content: str | None, method: str) -> Schema:
    described: Schema = {"description": HTTPStatus(status).phrase}
    if content is None or method == "HEAD":
        return described
    kinds = {
        JSON_TYPE if one in SCHEMAS else one: {"schema": ref(one)} if one in SCHEMAS else {}
        for one in content.split()
    }
    return described | {"content": kinds}


def _problem(status: int, route: Route) -> Schema:
    described: Schema = {"description": HTTPStatus(status).phrase}
    if status == 401 and route.access is Access.DEVICE:
        return described  # the Functions host answers, without a body
    return described | {"content": {PROBLEM_TYPE: {"schema": ref("Problem")}}}
