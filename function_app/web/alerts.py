"""`/alerts`: what a person should know, by devices and by the backend. Works without JavaScript."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, urlencode

from function_app.alerts.api import may_see_person, read_alerts
from function_app.auth.caller import Caller
from function_app.auth.unknown_device import ALERT_KIND as UNKNOWN_DEVICE
from function_app.browse.day import day_of
from function_app.http.parameters import MOMENT, required
from function_app.http.preferences import Preferences, preference_cookie, read_preference
from function_app.http.request import FormBody, Request
from function_app.http.responses import Response, redirect
from function_app.localization.translation import Translation
from function_app.new_alerts import NewCount, parse_new_alerts
from function_app.notify.wording import COMMANDS, devices_of, reason_text
from function_app.problems import no_such_page
from function_app.services import Services
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import Entity
from function_app.timer_watch import CAMERA as BACKEND
from function_app.timer_watch import KIND as TIMER_STALLED
from function_app.web.layout import render_page
from photo_wire.alert import (
    BACK,
    CLOCK,
    DISK,
    LOSS,
    MISSING,
    QUARANTINE,
    SILENT,
    SPOOL_FILLING,
    UNDELIVERED,
    Alert,
)
from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time

PAGE_SIZE = 50
SEEN = "alerts_seen"  # the cookie: when the newest alert came in that was seen in this browser
UNTIL = required("until", MOMENT)
FORM = FormBody((UNTIL,))
# The kinds that have texts of their own, and the page on which a person does something about them.
_PAGES = {
    LOSS: "",
    QUARANTINE: "",
    MISSING: "",
    TIMER_STALLED: "",
    BACK: "",
    SPOOL_FILLING: "devices",
    DISK: "devices",
    CLOCK: "devices",
    SILENT: "devices",
    UNKNOWN_DEVICE: "devices",
    UNDELIVERED: "notifications",
}
_OF_PHOTOS = (LOSS, QUARANTINE, MISSING)


class Entry(NamedTuple):
    """An alert as the page shows it. `kind` ends the keys of its texts: "unlisted" for one that
    this version does not know. `day` is the address of what its camera did then, `page` the name of
    the page on which a person does something about it; "" for none."""

    kept: StoredAlert
    kind: str
    is_new: bool
    day: str
    page: str

    @property
    def alert(self) -> Alert:
        """What was reported."""
        return self.kept.alert

    @property
    def is_of_photo(self) -> bool:
        """Whether its time is that of a photo."""
        return self.kind in _OF_PHOTOS

    @property
    def devices(self) -> str:
        """The devices that are silent, or back."""
        return ", ".join(devices_of(self.alert))

    @property
    def fingerprint(self) -> str:
        """That of a key that waits for an owner's approval."""
        is_key = self.kind == UNKNOWN_DEVICE
        return str(self.alert.details.get("fingerprint", "")) if is_key else ""

    @property
    def link(self) -> str:
        """The address of that page: of a key that waits, its device's."""
        device = self.alert.details.get("device") if self.kind == UNKNOWN_DEVICE else None
        return f"/devices/{quote(str(device), safe='')}" if device else f"/{self.page}"

    @property
    def since(self) -> datetime | None:
        """Since when a device is silent, or was."""
        try:
            return parse_time(str(self.alert.details.get("since")))
        except WireError:
            return None


def get_alerts_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; `?cursor=` is its continuation. Two requests to the tables, with that of
    the session, and three for a viewer of two cameras."""
    cursor = request.http.params.get("cursor")
    try:
        found, next_cursor = read_alerts(services, caller, PAGE_SIZE, cursor)
    except WireError:
        raise no_such_page() from None
    seen, preferences = _seen_until(request), Preferences.read(request)
    t = Translation(preferences.language)
    values = {
        "entries": [_entry(one, seen, preferences) for one in found],
        "commands": COMMANDS,
        "reason_of": partial(reason_text, t=t, zone=preferences.zone),
        "english_reason_of": partial(reason_text, t=Translation("en"), zone=preferences.zone),
        "newest": format_time(max(one.received_at for one in found)) if found else None,
        "next_cursor": next_cursor,
        "is_first": cursor is None,
        "is_seen": "seen" in request.http.params,
    }
    return render_page("alerts.html", request, caller, values)


def post_alerts_seen(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page; what came in up to a moment is no longer new in this browser."""
    until, seen = FORM.read(request.body)[UNTIL], _seen_until(request)
    newest = max(until, seen) if seen else until
    return redirect("/alerts?seen", (preference_cookie(SEEN, format_time(newest)),))


def count_new(request: Request, devices: Iterable[Entity], caller: Caller) -> NewCount:
    """Return how many alerts that a caller may see are new in this browser, by the row of the new
    alerts among those of devices."""
    return parse_new_alerts(devices).count(
        _seen_until(request), caller.cameras, partial(may_see_person, caller)
    )


def _seen_until(request: Request) -> datetime | None:
    try:
        return parse_time(read_preference(request, SEEN))
    except WireError:
        return None


def _entry(kept: StoredAlert, seen: datetime | None, preferences: Preferences) -> Entry:
    name, kind = kept.alert.name, kept.alert.kind
    day = day_of(name.captured_at, preferences.zone)
    has_day = day is not None and name.camera != BACKEND and kind != UNKNOWN_DEVICE
    return Entry(
        kept,
        kind if kind in _PAGES else "unlisted",
        seen is None or kept.received_at > seen,
        f"/days/{day}?{urlencode({'camera': name.camera})}" if has_day else "",
        _PAGES.get(kind, ""),
    )
