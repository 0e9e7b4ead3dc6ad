"""Every function of the app: where it is reached, who may call it, and what answers."""

from collections.abc import Callable
from dataclasses import dataclass

import azure.functions as func

from function_app.access import Access
from function_app.alerts.alerts import list_alerts, post_alerts
from function_app.backend import Backend
from function_app.gallery.pages import get_page
from function_app.gallery.photos import get_content, get_photo, list_photos
from function_app.gallery.session import close_session, open_session
from function_app.health import get_health
from function_app.receiving.upload import put_photo
from function_app.replies import Reply
from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import UPLOAD_PATH

Handler = Callable[[func.HttpRequest, Backend], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as the Functions host spells it, without a leading slash; GET does not imply HEAD."""

    path: str
    methods: tuple[str, ...]
    access: Access
    handler: Handler
    summary: str

    @property
    def name(self) -> str:
        """The function's name in Azure: that of its handler."""
        return self.handler.__name__


ROUTES = (
    Route(
        UPLOAD_PATH.removeprefix("/"),
        ("PUT",),
        Access.DEVICE,
        put_photo,
        "Store a photo and give a receipt for it.",
    ),
    Route("api/photos", ("GET",), Access.READER, list_photos, "List photos, newest first."),
    Route("api/photos/{id}", ("GET",), Access.READER, get_photo, "Tell what is known of a photo."),
    Route(
        "api/photos/{id}/content",
        ("GET", "HEAD"),
        Access.READER,
        get_content,
        "Give a photo's bytes, or a range of them.",
    ),
    Route(
        ALERTS_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        post_alerts,
        "Record what a person should know, such as the loss of a photo.",
    ),
    Route("api/alerts", ("GET",), Access.READER, list_alerts, "List alerts, newest first."),
    Route("api/session", ("POST",), Access.PUBLIC, open_session, "Sign in with the read token."),
    Route("api/session", ("DELETE",), Access.PUBLIC, close_session, "Sign out."),
    Route(
        "api/health",
        ("GET", "HEAD"),
        Access.PUBLIC,
        get_health,
        "Tell whether the settings are right and storage answers.",
    ),
    Route(
        "{*path}",
        ("GET", "HEAD"),
        Access.PUBLIC,
        get_page,
        "Give the gallery's page, its style or its script.",
    ),
)
