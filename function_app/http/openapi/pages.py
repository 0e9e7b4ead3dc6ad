"""`GET /api/openapi.json`, the description of the API, and `GET /api/docs`, the same to be read."""

import html
import json
import re
from functools import cache
from typing import Any

from function_app.http.openapi.document import document
from function_app.http.responses import PAGE_POLICY, Response
from function_app.http.route import Route

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Nightjar's API</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/docs.css"></head><body>
<h1>Nightjar's API</h1>
<p>{about} Version {version}. For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
<p>Send a token as <code>Authorization: Bearer TOKEN</code>; devices send a function key as
<code>x-functions-key</code>. What goes wrong comes as <code>application/problem+json</code>, with a
sentence that says what to do.</p>
{operations}
</body></html>
"""


def openapi_response(routes: tuple[Route, ...]) -> Response:
    """Return the OpenAPI document of these routes."""
    body = json.dumps(document(routes)).encode()
    return Response(200, body, headers={"Cache-Control": "no-cache"})


def docs_response(routes: tuple[Route, ...]) -> Response:
    """Return a page that describes these routes to people. It needs no script."""
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return Response(200, _page(routes).encode(), "text/html", headers)


@cache
def _page(routes: tuple[Route, ...]) -> str:
    found = document(routes)
    operations = "\n".join(
        _shown(method, path, operation)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
        if method != "head"
    )
    info = found["info"]
    return _PAGE.format(about=info["description"], version=info["version"], operations=operations)


def _shown(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{html.escape(one['name'])}</code> {_prose(one['description'])}</li>"
        for one in operation["parameters"]
    )
    replies = ", ".join(
        f"{status} {html.escape(_what(response))}"
        for status, response in operation["responses"].items()
    )
    takes = operation.get("requestBody", {}).get("content", {})
    return (
        f"<section><h2><b>{method.upper()}</b> <code>{html.escape(path)}</code></h2>"
        f"<p>{_prose(operation['summary'])} {_prose(operation['description'])}</p>"
        + (f"<ul>{parameters}</ul>" if parameters else "")
        + (f"<p>Takes {html.escape(', '.join(map(_kind, takes.items())))}.</p>" if takes else "")
        + f"<p class='replies'>{replies}</p></section>"
    )


def _prose(text: str) -> str:
    """A description, which OpenAPI wants in CommonMark: of that only `code` is used here."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(text))


def _what(response: dict[str, Any]) -> str:
    """The schema of a reply, or what its status means."""
    kinds = [_kind(one) for one in response.get("content", {}).items()]
    return ", ".join(one for one in kinds if one != "Problem") or response["description"]


def _kind(content: tuple[str, dict[str, Any]]) -> str:
    content_type, about = content
    return str(about.get("schema", {}).get("$ref", content_type)).rpartition("/schemas/")[2]
