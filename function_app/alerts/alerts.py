"""`POST /api/alerts`, by which devices tell what a person should know, and `GET /api/alerts`."""

import re
from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.json_schema import ALERT_KIND, PHOTO_ID, array, partial_record, record, text
from function_app.http.pagination import decode_cursor, encode_cursor, merge, take_page
from function_app.http.parameters import CAMERA, CURSOR, LIMIT, Kind, optional
from function_app.http.request import Request, WireBody
from function_app.http.responses import Response, json_response
from function_app.ingest.camera_quota import note_cameras, refused_cameras, too_many
from function_app.ingest.stored import list_found
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.interfaces import Alerts
from function_app.storage.models import KeptAlert, alert_key
from photo_wire.alert import (
    CLOCK,
    LOSS,
    MAX_AT_ONCE,
    MAX_REASON,
    QUARANTINE,
    SPOOL_FILLING,
    Alert,
    AlertsReceipt,
    check_kind,
    parse_alerts,
)
from photo_wire.headers import parse_headers
from photo_wire.media import Media
from photo_wire.moment import format_time, to_milliseconds

MAX_BODY = 256 * 1024  # bytes; a hundred losses have 40,000


def _parse_kind(value: str, name: str) -> str:
    check_kind(value)
    return value


KIND = optional(
    "kind",
    Kind(ALERT_KIND, "a word of a-z, 0-9, - and _", _parse_kind),
    f"Of this kind alone: {LOSS}, {QUARANTINE}, {SPOOL_FILLING}, {CLOCK}, or another.",
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
            maxItems=MAX_AT_ONCE,
        )
    ),
)
_PLACE = re.compile(r"[0-9]{15}~[0-9]{15}(~~|~[a-z0-9-]+T[0-9]{9}Z-[0-9a-f]{8}~[a-z0-9_-]{1,32})?")


def post_alerts(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the ids of the alerts that are on record now, and of losses that are none. An id may
    be among both: that of a photo which was set aside on its device, given up since, and stored."""
    body = request.body
    if len(body) > MAX_BODY:
        raise HTTPProblemError(413, f"The alerts have more than {MAX_BODY} bytes: send fewer.")
    alerts, waiting = parse_alerts(body), parse_headers(request.headers).waiting
    now = to_milliseconds(datetime.now(UTC))
    allowed = _allowed(alerts, services, now)
    receipt = keep(allowed, services, now)
    note_cameras({alert.name.camera for alert in allowed}, services, now)
    cameras = {alert.name.camera for alert in alerts}
    if waiting is not None and len(cameras) == 1:  # the number is that of one camera
        services.index.update_waiting(cameras.pop(), waiting)
    services.timer_watch.check(services.people, services.alerts, now)
    return Response(200, receipt.to_json(), photos=tuple(alert.name for alert in alerts))


def _allowed(alerts: list[Alert], services: Services, now: datetime) -> list[Alert]:
    """The alerts of cameras that are known or may be new. Their devices keep the others, which are
    missing in the receipt. Raises HTTPProblemError (429) if there is nothing else."""
    refused = refused_cameras({alert.name.camera for alert in alerts}, services, now)
    allowed = [alert for alert in alerts if alert.name.camera not in refused]
    if alerts and not allowed:
        raise too_many(*next(iter(refused.items())))
    return allowed


def keep(alerts: list[Alert], services: Services, now: datetime) -> AlertsReceipt:
    """Put alerts on record that came in at this moment, but for losses of photos that are stored.
    Raises StorageUnavailableError.

    A photo that arrives at the same moment is listed in one transaction, and its loss noted in
    another, of which one is refused: so either the listing takes the loss back, or this does.
    """
    stored = {alert.name for alert in alerts if is_stored(alert, services, now)}
    others = [alert for alert in alerts if alert.kind != LOSS or alert.name not in stored]
    if others:
        services.alerts.add([KeptAlert(alert, now) for alert in others])
    lost = {one.name: str(one.details.get("sha256", "")) for one in others if one.kind == LOSS}
    stored |= (came := services.index.record_losses(lost))
    for name in stored:  # of one that came before, too: an earlier report may have been stopped
        services.loss_counts.take_back(name)
    recorded = {one.name for one in others if one.kind != LOSS or one.name not in came}
    return AlertsReceipt(frozenset(map(str, recorded)), frozenset(map(str, stored)))


def is_stored(alert: Alert, services: Services, now: datetime) -> bool:
    """Whether this is the loss of a photo that is here, or was until somebody deleted it: it was
    given up on the device after it had been stored, because the receipt never arrived. A photo that
    was only half stored, its bytes without a place on the list, is listed first."""
    media = Media.of_content_type(str(alert.details.get("content_type", "")))
    if alert.kind != LOSS or media is None:
        return False
    photo = services.blobs.find_or_tombstone(alert.name, media)
    if photo is None or photo.sha256 != alert.details.get("sha256"):
        return False
    if photo.deleted_at:
        return True
    listed = list_found(photo, services.blobs, services.index, services.loss_counts.take_back, now)
    return listed is None or listed.sha256 == photo.sha256


def list_alerts(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the alerts, the last that came in first."""
    limit, kind = request[LIMIT], request[KIND]
    scan_limit = 2 * limit if kind else limit
    cameras, after = _cameras(caller, request[CAMERA]), _after(request[CURSOR])
    found = _newest(services.alerts, cameras, scan_limit + 1, after)
    page = take_page(
        found,
        limit,
        scan_limit,
        lambda kept: kind in (None, kept.alert.kind) and not kept.is_taken_back,
    )
    return json_response(
        {
            "alerts": [_describe(kept) for kept in page.entries],
            "next_cursor": encode_cursor(alert_key(page.last)) if page.last else None,
        }
    )


def _cameras(caller: Caller, camera: str | None) -> frozenset[str] | None:
    """The cameras of which the caller asks for alerts and may see them; None for all."""
    if camera is None:
        return caller.cameras
    return frozenset({camera} if caller.may_see(camera) else ())


def _newest(
    alerts: Alerts, cameras: frozenset[str] | None, count: int, after: str | None
) -> list[KeptAlert]:
    """The first `count` alerts of these cameras behind the key `after`."""
    if cameras is None:
        return alerts.newest(count, after)

    def read(camera: str, size: int, last: KeptAlert | None) -> list[KeptAlert]:
        return alerts.newest_of(camera, size, alert_key(last) if last else after)

    return merge(cameras, read, alert_key, count)


def _describe(kept: KeptAlert) -> dict[str, object]:
    return {
        **kept.alert.to_properties(),
        "camera": kept.alert.name.camera,
        "at": format_time(kept.alert.name.captured_at),
        "received_at": format_time(kept.received_at),
    }


def _after(cursor: str | None) -> str | None:
    """The key after which a page begins. One that was made up would do no harm: wherever a page
    begins, it shows only what the caller may see."""
    return None if cursor is None else decode_cursor(cursor, _PLACE)
