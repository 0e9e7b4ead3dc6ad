"""`GET /api/health`: whether photos can come in and be looked at."""

from function_app.auth import users
from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire import __version__


def get_health(request: Request, services: Services, caller: Caller) -> Response:
    """200 if the settings are right and both stores answer; else 503 with what is missing."""
    _check_door(services)
    services.blobs.check()
    services.index.check()
    return json_response({"status": "ok", "version": __version__})


def _check_door(services: Services) -> None:
    """Photos that nobody can look at are no use."""
    settings = services.settings
    if settings.gallery_password or settings.read_token or settings.admin_token:
        return
    if users.find(services.people, users.OWNER) is None:
        raise HTTPProblemError(
            503,
            "Nobody can look at photos until the setting GALLERY_PASSWORD holds the owner's first "
            "password (or READ_TOKEN a token).",
        )
