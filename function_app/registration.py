"""The app: all functions, registered with the Functions host's library."""

import os
from collections.abc import Callable

import azure.functions as func

from function_app.http.dispatch import register
from function_app.maintenance.timers import register_timers
from function_app.routes import ROUTES
from function_app.services import LazyServices, Services


def build_app(services: Callable[[], Services] | None = None) -> func.FunctionApp:
    """Return a new app with all functions of the route table. Its get_functions() works once.
    `services` is called at each request; by default it makes them of the environment."""
    services = services or LazyServices(os.environ)
    built = func.FunctionApp()
    for route in ROUTES:
        register(built, route, services)
    register_timers(built, services)
    return built


app = build_app()
