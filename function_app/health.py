"""`GET /api/health`: whether photos can be received and looked at."""

from function_app.auth import users
from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire import __version__


def get_health(request: Request, services: Services, caller: Caller) -> Response:
    """200 if the settings are right and both stores respond; else 503 with what is missing."""
    _check_sign_in(services)
    services.blobs.check()
    services.index.check()
    lost = services.notifier.lost  # of this instance, since it started
    return json_response({"status": "ok", "version": __version__, "lost_notifications": lost})


def _check_sign_in(services: Services) -> None:
    """Raise HTTPProblemError (503) if no password and no token opens the gallery."""
    secrets = services.settings.secrets
    if secrets.gallery_password or secrets.read_token or secrets.admin_token:
        return
    if users.find(services.accounts, users.OWNER) is None:
        raise HTTPProblemError(
            503,
            "Nobody can look at photos until the setting GALLERY_PASSWORD holds the owner's first "
            "password (or READ_TOKEN a token).",
        )
