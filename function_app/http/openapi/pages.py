"""`GET /api/openapi.json`, the API's description for programs, and `GET /api/docs`, for people."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from function_app.http.openapi.document import document
from function_app.http.responses import Response, page_response
from function_app.http.route import Route
from function_app.http.templates import render_template

_TEMPLATE = Path(__file__).parent / "docs.html"


def openapi_response(routes: tuple[Route, ...]) -> Response:
    """Return the OpenAPI document of these routes."""
    body = json.dumps(document(routes)).encode()
    return Response(200, body, headers={"Cache-Control": "no-cache"})


def docs_response(routes: tuple[Route, ...]) -> Response:
    """Return a page that describes these routes. It needs no script."""
    page = page_response(_page(routes))
    return replace(page, headers={**page.headers, "Cache-Control": "no-cache"})


@cache
def _page(routes: tuple[Route, ...]) -> bytes:
    described = document(routes)
    operations = [
        _operation(method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method != "head"
    ]
    return render_template(_TEMPLATE, {"info": described["info"], "operations": operations})


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, object]:
    """Return what the page shows of an operation."""
    return {
        "method": method.upper(),
        "path": path,
        "prose": _prose(f"{operation['summary']} {operation['description']}"),
        "parameters": [
            (parameter["name"], _prose(parameter["description"]))
            for parameter in operation["parameters"]
        ],
        "accepts": _contents(operation.get("requestBody", {})),
        "responses": [
            (status, _contents(response) or [response["description"]])
            for status, response in operation["responses"].items()
        ],
    }


def _prose(text: str) -> list[tuple[str, bool]]:
    """Return the pieces of a description, and of each whether it is code. OpenAPI's descriptions
    are CommonMark, of which only `code` is used here."""
    return [(piece, number % 2 == 1) for number, piece in enumerate(re.split("`([^`]*)`", text))]


def _contents(about: Mapping[str, Any]) -> list[str]:
    """Return the schemas of a body, or its content types if they have none; not that of problems,
    which are all alike."""
    names = (
        str(media.get("schema", {}).get("$ref", content_type)).rpartition("/schemas/")[2]
        for content_type, media in about.get("content", {}).items()
    )
    return [name for name in names if name != "Problem"]
