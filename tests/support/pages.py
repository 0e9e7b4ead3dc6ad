"""Pages of services in memory, without a host or a browser."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.http.cookies import SESSION
from function_app.http.responses import Response
from function_app.services import Services
from function_app.storage.account_keys import USERS
from function_app.storage.models import Photo
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.handlers import call

SITE = "https://nightjar.example"


def session_cookie(
    services: Services, cameras: frozenset[str] | None = None, role: Role = Role.VIEWER
) -> str:
    """Return the cookie of a new viewer of these cameras, or of all; or of an owner."""
    person = users.User("vera", role, "a hash", cameras, "epoch")
    services.accounts.upsert(USERS, person.name, person.to_properties())
    session = sessions.create(services.accounts, person, datetime.now(UTC))
    return f"__Secure-{SESSION}={session}"


def open_page(services: Services, handler: str, path: str, cookie: str, **headers: str) -> Response:
    """Return the response of the page with this handler; `cookie` is the header."""
    parts = urlsplit(path)
    request = func.HttpRequest(
        "GET",
        f"{SITE}{path}",
        headers={"Cookie": cookie, **headers},
        params=dict(parse_qsl(parts.query, keep_blank_values=True)),
        route_params=dict.fromkeys(("date", "id", "camera"), parts.path.rpartition("/")[2]),
        body=b"",
    )
    return call(handler, request, services)


def add_photo(
    services: Services,
    at: datetime,
    camera: str = "gate",
    trigger: str | None = Trigger.MOTION,
    number: int = 0,
) -> Photo:
    """Index a photo that was taken, and came, at this moment."""
    name = new_name(camera, at, f"{number:08x}")
    photo = Photo(name, Media.JPEG, "ab" * 32, 500_000, at, trigger)
    services.index.add(photo, at)
    return photo
