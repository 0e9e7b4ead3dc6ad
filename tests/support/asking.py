"""Requests to the routes of commands and live pictures, without a Functions host."""

import json
from typing import Any

import azure.functions as func

from function_app.http.responses import Response
from function_app.services import Services
from tests.support.handlers import ROUTE_OF, call


def ask(
    services: Services,
    handler: str,
    headers: dict[str, str],
    query: dict[str, str] | None = None,
    body: object = None,
    **path: str,
) -> Response:
    """Return the response of the route with this handler; `path` has the parameters of its path."""
    route = ROUTE_OF[handler]
    request = func.HttpRequest(
        route.methods[0],
        f"https://night.example/{route.path}",
        headers=headers,
        params=query or {},
        route_params=path,
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return call(handler, request, services)


def content(response: Response) -> Any:
    """Return the JSON in a response."""
    return json.loads(response.body)
