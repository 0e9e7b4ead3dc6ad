"""`POST /api/alerts`, by which devices tell what a person should know, and `GET /api/alerts`."""

import base64
import binascii
from datetime import UTC, datetime

import azure.functions as func

from function_app.backend import Backend
from function_app.gallery.listing import parse_limit
from function_app.refused import RefusedError
from function_app.replies import Reply, json_reply
from function_app.storage.records import KeptAlert, PhotoBlobs, alert_key
from photo_wire.alert import LOSS, Alert, AlertsReceipt, parse_alerts
from photo_wire.errors import WireError, quoted
from photo_wire.media import Media
from photo_wire.moment import format_time, to_milliseconds

LONGEST_BODY = 256 * 1024  # bytes; a hundred losses have 40,000
_PARAMETERS = ("limit", "cursor")


def post_alerts(req: func.HttpRequest, backend: Backend) -> Reply:
    """200 with the ids of the alerts that are on record now, and of losses that are none."""
    body = req.get_body()
    if len(body) > LONGEST_BODY:
        raise RefusedError(413, f"The alerts have more than {LONGEST_BODY} bytes: send fewer.")
    alerts = parse_alerts(body)
    stored = {str(alert.name) for alert in alerts if is_stored(alert, backend.blobs)}
    now = to_milliseconds(datetime.now(UTC))
    to_record = [KeptAlert(alert, now) for alert in alerts if str(alert.name) not in stored]
    if to_record:
        backend.alerts.add(to_record)
    recorded = {str(kept.alert.name) for kept in to_record}
    return Reply(200, AlertsReceipt(frozenset(recorded), frozenset(stored)).to_json())


def is_stored(alert: Alert, blobs: PhotoBlobs) -> bool:
    """Whether this is the loss of a photo that is here: it was given up on the device after it had
    been stored, because the receipt never arrived."""
    media = Media.of_content_type(str(alert.details.get("content_type", "")))
    if alert.kind != LOSS or media is None:
        return False
    photo = blobs.find(alert.name, media)
    return photo is not None and photo.sha256 == alert.details.get("sha256")


def list_alerts(req: func.HttpRequest, backend: Backend) -> Reply:
    """200 with one page of the alerts, newest first."""
    for parameter in req.params:
        if parameter not in _PARAMETERS:
            known = ", ".join(_PARAMETERS)
            raise WireError(quoted(parameter), f"is not a parameter of this list; use {known}")
    limit = parse_limit(req.params.get("limit"))
    alerts = backend.alerts.newest(limit + 1, _after(req.params.get("cursor")))
    shown = alerts[:limit]
    more = len(alerts) > limit
    return json_reply(
        {
            "alerts": [_describe(kept) for kept in shown],
            "next_cursor": _cursor(shown[-1].alert) if more else None,
        }
    )


def _describe(kept: KeptAlert) -> dict[str, object]:
    return {
        **kept.alert.to_words(),
        "camera": kept.alert.name.camera,
        "at": format_time(kept.alert.name.captured_at),
        "received_at": format_time(kept.received_at),
    }


def _cursor(alert: Alert) -> str:
    return base64.urlsafe_b64encode(alert_key(alert).encode()).decode().rstrip("=")


def _after(cursor: str | None) -> str | None:
    """The key after which a page begins. Any other key would do no harm: whoever may read alerts
    may read them all."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise WireError("cursor", "is not the next_cursor of a page of this list") from None
