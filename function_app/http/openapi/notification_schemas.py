"""The JSON of the responses about notifications."""

from function_app.http.json_schema import (
    ALERT_KIND,
    BOOLEAN,
    CAMERAS,
    COUNT,
    PHOTO_ID,
    TIME,
    Schema,
    array,
    nullable,
    number,
    record,
    ref,
    text,
)
from function_app.localization.translation import LANGUAGES
from photo_wire.headers import Trigger

_CHANNEL_ID = text(pattern="^[0-9a-f]{16}$")
_HOURS = nullable(record(**{"from": text(), "to": text()}))
_CHANNEL: dict[str, Schema] = {
    "id": _CHANNEL_ID,
    "owner": text(),
    "label": text(),
    "kind": text(enum=["webpush", "webhook", "apprise"]),
    "destination": {
        **text(),
        "description": "The host of a webhook or a push service, or the service of Apprise.",
    },
    "browser": {
        **nullable(text(pattern="^[0-9a-f]{16}$")),
        "description": "Of a browser: how the SHA-256 of its subscription's endpoint begins.",
    },
    "rule": record(
        cameras=CAMERAS,
        triggers=nullable(array(text(enum=list(Trigger)))),
        labels=nullable(array(text())),
        alerts=nullable(array(ALERT_KIND)),
        days=array(number(minimum=0, maximum=6)),
        hours=_HOURS,
        quiet=_HOURS,
        quiet_alerts=BOOLEAN,
        zone=text(),
        language={
            **nullable(text(enum=list(LANGUAGES))),
            "description": "`null`: never set, so messages are in English.",
        },
        interval_minutes=number(minimum=0),
        is_on=BOOLEAN,
        snoozed_until=nullable(TIME),
        snoozed_cameras={"type": "object", "additionalProperties": TIME},
    ),
    "created_at": TIME,
    "link_origin": {
        **nullable(text()),
        "description": "How the links in its messages begin. `null`: they have no link, since the "
        "channel was made by an earlier version; any change of it by its person adds them.",
    },
    "state": {
        **text(enum=["off", "stopped", "failing", "working", "unused"]),
        "description": "`unused`: nothing was sent yet. `stopped`: the receiver is gone.",
    },
    "failing_since": nullable(TIME),
    "why": nullable(text()),
    "sent_at": nullable(TIME),
    "pending": COUNT,
    "counts": record(events=COUNT, sent=COUNT, messages=COUNT, failed=COUNT, left_out=COUNT),
}

NOTIFICATION_SCHEMAS: dict[str, Schema] = {
    "NotificationChannel": record(**_CHANNEL),
    "NotificationChannels": record(channels=array(ref("NotificationChannel"))),
    "MadeNotificationChannel": record(
        **_CHANNEL,
        secret={**nullable(text()), "description": "Of a webhook: signs its messages."},
    ),
    "NotificationTest": record(
        sent=BOOLEAN,
        outcome=text(enum=["sent", "retry", "rejected", "gone", "busy"]),
        why=nullable(text()),
    ),
    "NotificationDeliveries": record(
        deliveries=array(
            record(
                channel=_CHANNEL_ID,
                at={**TIME, "description": "When it was accepted."},
                state=text(enum=["pending", "sent", "failed", "left-out"]),
                title={**text(), "description": "Empty until it was sent."},
                why=nullable(text()),
                done_at=nullable(TIME),
                events={**COUNT, "description": "Of how many events it tells."},
                photo=nullable(PHOTO_ID),
            )
        )
    ),
    "PushKey": record(key=text()),
}
