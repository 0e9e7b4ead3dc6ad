"""`POST /api/alerts`, where devices report losses and other alerts, and `GET /api/alerts`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from function_app.alerts.recording import record_alerts
from function_app.alerts.unknown_quota import MAX_A_DAY, within_quota
from function_app.auth.caller import Caller
from function_app.auth.unknown_device import ALERT_KIND as UNKNOWN_DEVICE
from function_app.http.json_schema import ALERT_KIND, PHOTO_ID, array, partial_record, record, text
from function_app.http.pagination import decode_cursor, encode_cursor, merge, take_page
from function_app.http.parameters import CAMERA, CURSOR, LIMIT, Kind, optional
from function_app.http.request import Request, WireBody
from function_app.http.responses import LogDetails, Response, json_response
from function_app.ingest.camera_quota import quota_problem, record_cameras, rejected_cameras
from function_app.ingest.upload import sender_of
from function_app.new_alerts import person_of
from function_app.notify.events import PHOTO, SIGN_IN, TEST
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.interfaces import Alerts
from function_app.storage.models import UNKNOWN, Sender, StoredAlert, alert_key
from function_app.storage.row_keys import ALERT_KEY
from function_app.storage.table_store import PAGE_SIZE
from function_app.timer_watch import KIND as TIMER_STALLED
from photo_wire.alert import (
    BACK,
    CLOCK,
    LOSS,
    MAX_ALERTS,
    MAX_REASON,
    QUARANTINE,
    SILENT,
    SPOOL_FILLING,
    UNDELIVERED,
    Alert,
    check_kind,
    parse_alerts,
)
from photo_wire.headers import parse_headers
from photo_wire.moment import format_time, to_milliseconds

MAX_BODY_BYTES = 256 * 1024  # a hundred losses have 40,000
FEW_CAMERAS = 2  # whose own lists are read; those of more are looked for in the list of all


def _parse_kind(value: str, name: str) -> str:
    check_kind(value)
    return value


KIND = optional(
    "kind",
    Kind(ALERT_KIND, "a word of a-z, 0-9, - and _", _parse_kind),
    f"Only of this kind: {LOSS}, {QUARANTINE}, {SPOOL_FILLING}, {CLOCK}, or another.",
)
# The kinds that no device may send: of alerts that say what no device can know, and of other
# notifications, as which they would be told.
OF_BACKEND = frozenset(
    {SILENT, BACK, UNDELIVERED, TIMER_STALLED, UNKNOWN_DEVICE, PHOTO, SIGN_IN, TEST}
)
PARAMETERS = (CAMERA, KIND, LIMIT, CURSOR)
REASON = text(minLength=1, maxLength=MAX_REASON)
DETAILS = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
NEW_ALERTS = WireBody(
    "NewAlerts",
    record(
        alerts=array(
            partial_record(
                ("id", "kind", "reason"),
                id=PHOTO_ID,
                kind=ALERT_KIND,
                reason=REASON,
                details=DETAILS,
            ),
            maxItems=MAX_ALERTS,
        )
    ),
)


def post_alerts(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the ids of the alerts that are recorded, and of photos reported lost that are
    stored. An id may be among both: that of a photo which its device put in quarantine, then gave
    up, and which is stored."""
    body = request.body
    if len(body) > MAX_BODY_BYTES:
        raise HTTPProblemError(
            413, f"The alerts have more than {MAX_BODY_BYTES} bytes: send fewer."
        )
    alerts, waiting = parse_alerts(body), parse_headers(request.headers).waiting
    _check_kinds(alerts)
    now = to_milliseconds(datetime.now(UTC))
    services.device_keys.check_is_new(caller, now)
    allowed = _allowed(alerts, services, now)
    senders = {
        camera: _sender(caller, camera, services, now)
        for camera in sorted({alert.name.camera for alert in allowed})
    }
    sent = [StoredAlert(alert, now, sender=senders[alert.name.camera]) for alert in allowed]
    allowed_now = within_quota(sent, services, now)
    if sent and not allowed_now:
        raise HTTPProblemError(
            429,
            f"An unknown sender may report {MAX_A_DAY} alerts a day of a camera that belongs to a "
            "device with a key. If this is its device, an owner has to approve its key.",
            {"Retry-After": "3600"},
        )
    receipt = record_alerts(allowed_now, services, now)
    record_cameras(senders, services, now)
    cameras = {alert.name.camera for alert in alerts}
    if waiting is not None and len(cameras) == 1:  # the number is of one camera
        camera = cameras.pop()
        if services.device_keys.bindings.may_speak(caller, camera, now):
            services.index.update_waiting(camera, waiting)
    services.timer_watch.check(services.accounts, services.alerts, now)
    details = LogDetails(tuple(alert.name for alert in alerts))
    return Response(200, receipt.to_json(), log_details=details)


def _check_kinds(alerts: list[Alert]) -> None:
    """Raise HTTPProblemError (422) for an alert of a kind that only the backend tells of. Every
    camera has a function key."""
    for number, alert in enumerate(alerts):
        if alert.kind in OF_BACKEND:
            raise HTTPProblemError(
                422, f"alerts[{number}].kind: only the backend raises {alert.kind}; leave it out."
            )


def _sender(caller: Caller, camera: str, services: Services, now: datetime) -> Sender | None:
    """Return who sends the alerts of a camera. For a camera that no device has, a wrong signature
    counts as none: whoever has a function key may leave it out."""
    may_speak = services.device_keys.bindings.may_speak(caller, camera, now)
    sender = sender_of(caller, may_speak)
    return None if may_speak and sender and sender.standing == UNKNOWN else sender


def _allowed(alerts: list[Alert], services: Services, now: datetime) -> list[Alert]:
    """Return the alerts of cameras that are known or may be new. The others are missing in the
    receipt, so their devices keep them. Raises HTTPProblemError (429) if no alert is left."""
    rejected = rejected_cameras({alert.name.camera for alert in alerts}, services, now)
    allowed = [alert for alert in alerts if alert.name.camera not in rejected]
    if alerts and not allowed:
        raise quota_problem(*next(iter(rejected.items())))
    return allowed


def list_alerts(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the alerts, newest first by arrival."""
    camera, kind = request[CAMERA], request[KIND]
    found, cursor = read_alerts(services, caller, request[LIMIT], request[CURSOR], camera, kind)
    return json_response({"alerts": list(map(_describe, found)), "next_cursor": cursor})


def read_alerts(
    services: Services,
    caller: Caller,
    limit: int,
    cursor: str | None,
    camera: str | None = None,
    kind: str | None = None,
) -> tuple[list[StoredAlert], str | None]:
    """Return one page of the alerts that a caller may see, as they are shown, newest first by
    arrival, and the cursor of the next page. One request; for a caller who may see one or two
    cameras one for each. One more for each thousand of alerts that were taken back, or are another
    person's. Raises WireError for a cursor that is none, and StorageUnavailableError."""
    cameras, after = caller.cameras_among(camera), _after(cursor)
    is_of_all = cameras is None
    scan_limit = 2 * limit if kind or is_of_all else limit
    page = take_page(
        _newest(services.alerts, cameras, scan_limit + 1, after, caller),
        limit,
        scan_limit,
        lambda stored: (
            kind in (None, stored.alert.kind)
            and not stored.is_taken_back
            and not (is_of_all and stored.is_joined)
        ),
    )
    shown = [_shown(stored, is_of_all) for stored in page.entries]
    return shown, encode_cursor(alert_key(page.last)) if page.last else None


def _newest(
    alerts: Alerts,
    cameras: frozenset[str] | None,
    count: int,
    after: str | None,
    caller: Caller,
) -> list[StoredAlert]:
    """Return the first `count` alerts of these cameras after the key `after` that the caller may
    see."""
    if cameras is None:
        return _visible(alerts.newest, count, after, caller)
    if len(cameras) > FEW_CAMERAS:
        found = _newest_of_some(alerts, cameras, count, after, caller)
        if found is not None:
            return found

    def read(camera: str, size: int, last: StoredAlert | None) -> list[StoredAlert]:
        of_camera = partial(alerts.newest_of, camera)
        return _visible(of_camera, size, alert_key(last) if last else after, caller)

    return merge(cameras, read, alert_key, count)


def _newest_of_some(
    alerts: Alerts, cameras: frozenset[str], count: int, after: str | None, caller: Caller
) -> list[StoredAlert] | None:
    """Return the same, looked for in the list of all cameras; None if that has too many others for
    a request to find them. What a page has is the same either way."""
    found: list[StoredAlert] = []
    size = count
    while len(found) < count:
        page = alerts.newest_of_some(cameras, size, after)
        if page is None:
            return None
        found += [one for one in page if not one.is_taken_back and _may_see(one, caller)]
        if len(page) < size:
            break
        after, size = alert_key(page[-1]), PAGE_SIZE
    return found[:count]


def _visible(
    read: Callable[[int, str | None], list[StoredAlert]],
    count: int,
    after: str | None,
    caller: Caller,
) -> list[StoredAlert]:
    """Return the first `count` alerts of a list that the caller may see. The others are read over,
    so that no cursor says that there are some."""
    found: list[StoredAlert] = []
    size = count
    while len(found) < count:
        page = read(size, after)
        found += [one for one in page if _may_see(one, caller)]
        if len(page) < size:
            break
        after, size = alert_key(page[-1]), PAGE_SIZE
    return found[:count]


def _may_see(stored: StoredAlert, caller: Caller) -> bool:
    """Return whether a caller who may see an alert's camera may see it: that a person's channel
    failed, that person may, and owners."""
    person = person_of(stored.alert)
    return person is None or may_see_person(caller, person)


def may_see_person(caller: Caller, person: str) -> bool:
    """Return whether a caller may see that a channel of a person's failed."""
    return caller.is_owner or bool(caller.session and person == caller.name)


def _shown(stored: StoredAlert, is_of_all: bool) -> StoredAlert:
    """Return an alert as a list shows it. What was joined to it may be of other cameras, so only
    the list of all shows that."""
    return replace(stored, alert=stored.together) if is_of_all and stored.together else stored


def _describe(stored: StoredAlert) -> dict[str, object]:
    """Return the API's JSON of an alert."""
    return {
        **stored.alert.to_properties(),
        "camera": stored.alert.name.camera,
        "at": format_time(stored.alert.name.captured_at),
        "received_at": format_time(stored.received_at),
        "device": stored.sender.device if stored.sender else None,
        "standing": stored.sender.standing if stored.sender else None,
    }


def _after(cursor: str | None) -> str | None:
    """Return the key after which a page begins. A forged one does no harm: wherever a page begins,
    it has only what the caller may see."""
    return None if cursor is None else decode_cursor(cursor, ALERT_KEY)
