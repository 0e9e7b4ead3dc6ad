"""Calls of the backend's handlers without a Functions host."""

import azure.functions as func

from function_app.http.dispatch import handle
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.routes import ROUTES
from function_app.services import Services

TIMERS = {"every_minute", "hourly_cleanup", "weekly_repair", "notify"}  # without a route
ROUTE_OF = {route.name: route for route in ROUTES}


def read_request(handler: str, request: func.HttpRequest) -> Request:
    """Return what this handler is given for a request."""
    return ROUTE_OF[handler].inputs.read(request)


def call(handler: str, request: func.HttpRequest, services: Services) -> Response:
    """Return the response of the route with this handler, authorization included."""
    return handle(ROUTE_OF[handler], request, lambda: services)
