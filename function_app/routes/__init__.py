"""The table of all functions with a route: path, methods, who may call it, its name in Azure, and
the endpoint: handler, inputs and responses. Each module here has a part of it.

The API's description is made from this table, too (http/openapi/). The table itself imports no
handler: a cold start needs the first four columns of each row, and the first photo one endpoint
(docs/decisions/0064-a-cold-start-imports-what-a-photo-needs.md).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from function_app.auth.caller import Caller
from function_app.http.authorization import SCOPES, Access
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.http.route import GET, GET_OR_HEAD, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule
from function_app.routes import (
    accounts,
    cameras,
    devices,
    maintenance,
    notifications,
    pages,
    photos,
    settings,
    sharing,
    sign_in,
)
from function_app.services import Services

if TYPE_CHECKING:
    from function_app.http import cors
    from function_app.http.openapi import pages as openapi
    from function_app.web import pages as web_pages
else:
    cors = LazyModule("function_app.http.cors")
    openapi = LazyModule("function_app.http.openapi.pages")
    web_pages = LazyModule("function_app.web.pages")


def get_openapi(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the API's description as OpenAPI, for programs."""
    return openapi.openapi_response(ROUTES)


def get_docs(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the API's description as a page, for people."""
    return openapi.docs_response(ROUTES)


def get_preflight(request: Request, services: Services, caller: Caller) -> Response:
    """204 with what a page of another origin may send, if CORS_ORIGINS has its origin."""
    return cors.preflight(ROUTES, request, services.settings.network.cors_origins)


def _for_scripts(route: Route) -> Route:
    """Return the route with problems for the scripts of pages, too, if they can call it."""
    if route.problem_page or route.access not in SCOPES:
        return route
    return replace(route, problem_page=pages.script_problem)


ROUTES: tuple[Route, ...] = (
    *map(_for_scripts, photos.ROUTES),
    *map(_for_scripts, cameras.ROUTES),
    *map(_for_scripts, devices.ROUTES),
    *map(_for_scripts, notifications.ROUTES),
    *map(_for_scripts, sharing.ROUTES),
    *sign_in.ROUTES,
    *map(_for_scripts, accounts.ROUTES),
    *maintenance.ROUTES,
    *pages.ROUTES,
    *settings.ROUTES,
    Route(
        "api/openapi.json",
        GET,
        Access.PUBLIC,
        "get_openapi",
        lambda: Endpoint(
            get_openapi,
            Operation("Get this description.", {200: "application/json"}),
        ),
    ),
    Route(
        "api/docs",
        GET,
        Access.PUBLIC,
        "get_docs",
        lambda: Endpoint(
            get_docs,
            Operation("Get this description as a page for people.", {200: "text/html"}),
        ),
        pages.api_problem_page,
    ),
    Route(
        "api/{*path}",  # one function for all paths: each more makes a cold start longer
        ("OPTIONS",),
        Access.PUBLIC,
        "get_preflight",
        lambda: Endpoint(get_preflight, inputs=Inputs(path=(cors.PATH,))),
    ),
    Route(
        "{*path}",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_page",
        lambda: Endpoint(
            web_pages.get_page,
            inputs=Inputs(path=(web_pages.FILE,)),
        ),
        pages.file_problem_page,
    ),
)
