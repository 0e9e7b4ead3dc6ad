"""The app: all functions, registered with the Functions host's library."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

from function_app.http.dispatch import register
from function_app.lazy_module import LazyModule
from function_app.maintenance.timers import register_timers
from function_app.routes import ROUTES
from function_app.services import LazyServices, Services
from function_app.storage.azure.queues import NOTIFICATIONS

if TYPE_CHECKING:
    from function_app.notify import handling
else:  # a cold start by a photo does not wait for what tells people
    handling = LazyModule("function_app.notify.handling")

# The setting with the account of the queue; on Azure it is opened by the app's identity.
CONNECTION = "AzureWebJobsStorage"


def build_app(services: Callable[[], Services] | None = None) -> func.FunctionApp:
    """Return a new app with all functions of the route table. Its get_functions() works once.
    `services` is called at each request; by default it makes them of the environment."""
    services = services or LazyServices(os.environ)
    built = func.FunctionApp()
    for route in ROUTES:
        register(built, route, services)
    register_timers(built, services)
    _register_queue(built, services)
    return built


def _register_queue(built: func.FunctionApp, services: Callable[[], Services]) -> None:
    """Add the function that handles the queue of notifications. What it raises makes the message
    come again, five times (host.json)."""

    def notify(message: func.QueueMessage) -> None:
        text = message.get_body().decode(errors="replace")
        handling.handle(services(), text, datetime.now(UTC))

    trigger = built.queue_trigger(
        arg_name="message", queue_name=NOTIFICATIONS, connection=CONNECTION
    )
    built.function_name(notify.__name__)(trigger(notify))


app = build_app()
