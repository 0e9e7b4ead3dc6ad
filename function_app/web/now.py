"""The page at `/`: a tile for each camera, with its last photo and how it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from function_app.auth.caller import Caller, Scope
from function_app.devices import states
from function_app.devices.api import describe_cameras
from function_app.devices.views import UNREACHABLE, describe_camera
from function_app.http.authorization import own_origin
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.origins import hostname_of
from function_app.private_networks import is_loopback
from function_app.services import Services
from function_app.storage.models import LastSeen
from function_app.storage.table_store import Entity
from function_app.web import alerts
from function_app.web.assets import asset_path
from function_app.web.followed import etag_of, if_unchanged, with_etag
from function_app.web.layout import render_page
from function_app.web.moved import moved_to

# What a person types on a Raspberry Pi to connect a camera.
COMMANDS = {
    "copy": "git clone URL-OF-THE-REPOSITORY nightjar",
    "install": "sudo nightjar/systemd/install.sh",
    "check": "sudo pi-uploader doctor",
}
_WITHOUT_DAY = timedelta(hours=12)  # younger photos are shown with the time of day alone


@dataclass(frozen=True, slots=True)
class Tile:
    """What the page shows of a camera: what was indexed of it last, and its status, as the API has
    it."""

    camera: str
    seen: LastSeen | None
    status: Mapping[str, Any]

    @property
    def state(self) -> str:
        """The word for how the camera is."""
        return str(self.status["state"])

    @property
    def taken_at(self) -> datetime | None:
        """When its last photo was taken."""
        return self.seen.last.captured_at if self.seen and self.seen.last else None

    def can(self, ability: str) -> bool:
        """Return whether the camera does something when it is asked now."""
        return ability in self.status["can"] and self.state not in UNREACHABLE


def read_tiles(
    services: Services, caller: Caller, devices: Iterable[Entity], now: datetime
) -> list[Tile]:
    """Return a tile for each camera that the caller may see, in the order of their names. `devices`
    are the rows of devices. One request for each thousand cameras."""
    seen = services.index.cameras(caller.cameras)
    statuses = describe_cameras(devices, caller, now)
    return [
        Tile(
            camera,
            seen.get(camera),
            statuses.get(camera) or describe_camera(camera, None, now),
        )
        for camera in sorted({*seen, *statuses})
    ]


def get_now(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; with `?tiles` its tiles alone, and 304 if they are as before. It takes
    three requests, that of the session among them, whoever the caller is, and one more for each
    further thousand of cameras or devices."""
    query, now = request.http.params, datetime.now(UTC)
    if moved := moved_to(query):
        return redirect(moved)
    is_part = "tiles" in query
    devices = states.read_rows(services.devices, with_new_alerts=not is_part)
    tiles = read_tiles(services, caller, devices, now)
    etag = _etag(request, caller, tiles)
    if is_part and (unchanged := if_unchanged(request, etag)):
        return unchanged
    network = services.settings.network
    site = network.public_origin or own_origin(request.url, network)
    page = render_page(
        "now_tiles.html" if is_part else "now.html",
        request,
        caller,
        {
            "tiles": tiles,
            "etag": etag,
            "recent": now - _WITHOUT_DAY,
            "may_ask": Scope.CONTROL in caller.scopes,
            "is_owner": Scope.ADMIN in caller.scopes,
            "commands": COMMANDS,
            "site": site,
            "is_local": _is_local(site),
            "new_alerts": alerts.count_new(request, devices, caller),
        },
    )
    return with_etag(page, etag)


def _is_local(site: str) -> bool:
    """Return whether this is an address that only the machine itself reaches."""
    host = hostname_of(site)
    try:
        return is_loopback(host)
    except ValueError:
        return host == "localhost"


def _etag(request: Request, caller: Caller, tiles: list[Tile]) -> str:
    """Return the digest of all from which tiles are made, except the moment."""
    script = asset_path("now.js")
    return etag_of(Preferences.read(request), sorted(caller.scopes), tiles, script)
