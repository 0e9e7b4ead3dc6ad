"""The JSON of the API's responses, as named JSON Schemas: those of photos, alerts and counts here,
others by their subject. Those of requests are with the routes' parameters (http/parameters.py)."""

from function_app.auth.caller import Standing
from function_app.http.json_schema import (
    ALERT_KIND,
    BOOLEAN,
    CAMERA,
    COUNT,
    CURSOR,
    DAY,
    PHOTO_ID,
    SHA256,
    TIME,
    Schema,
    array,
    nullable,
    number,
    partial_record,
    record,
    ref,
    text,
)
from function_app.http.openapi.account_schemas import ACCOUNT_SCHEMAS
from function_app.http.openapi.device_schemas import DEVICE_SCHEMAS
from function_app.http.openapi.notification_schemas import NOTIFICATION_SCHEMAS
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media

_AS_OF = {
    **nullable(TIME),
    "description": "When the last run of the counting timer began; the counts are as of then.",
}
_INTERVAL = record(
    **{"from": TIME, "to": TIME},
    state=text(
        enum=[
            *("recorded", "late", "lost", "expired"),
            *("quiet", "silent", "disarmed", "failing", "unknown"),
        ]
    ),
    reason=nullable(text()),
    details={"type": "object", "additionalProperties": {"type": ["string", "integer", "null"]}},
)
_STANDING = {
    **nullable(text(enum=[Standing.VERIFIED, Standing.UNKNOWN])),
    "description": "Of the device that sent it: its signature is by its own key, or it is unknown "
    "who sent it. Null if it was not signed and its camera has no device with a key.",
}

_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_PHOTO = {
    "id": PHOTO_ID,
    "camera": CAMERA,
    "captured_at": TIME,
    "received_at": TIME,
    "trigger": nullable(text(enum=list(Trigger))),
    "clock": nullable(text(enum=[*ClockStatus, "server", "exif"])),
    "content_type": text(enum=[kind.content_type for kind in Media]),
    "sha256": SHA256,
    "size": number(minimum=1),
    "site": nullable(text()),
    "device": nullable(CAMERA),
    "standing": _STANDING,
    "protected": BOOLEAN,
    "motion": {
        **nullable(record(box=nullable(array(_SHARE, minItems=4, maxItems=4)))),
        "description": "What its device saw of motion in the picture: where it was, as left, top, "
        "width and height in shares of the picture. A box of null is a trigger without motion; "
        "null is a photo at which no device looked.",
    },
    "labels": array(record(word=text(), score=_SHARE)),
}

SCHEMAS: dict[str, Schema] = {
    "Problem": partial_record(
        ("title", "status", "detail"),
        type={
            **text(),
            "description": "`code-required`: sign in with a code of the authenticator app, too. "
            "`password-required`: send the password with this request. Left out for others.",
        },
        title=text(),
        status=number(minimum=400, maximum=599),
        detail=text(),
    ),
    "Receipt": record(
        id=PHOTO_ID,
        camera=CAMERA,
        sha256=SHA256,
        size=number(minimum=1),
        captured_at=TIME,
        received_at=TIME,
    ),
    "Photo": record(**_PHOTO),
    "PhotoPage": record(photos=array(ref("Photo")), next_cursor=CURSOR),
    "TrashedPhoto": record(**_PHOTO, deleted_at=TIME, kept_until=TIME),
    "TrashPage": record(photos=array(ref("TrashedPhoto")), next_cursor=CURSOR),
    "RestoredPhotos": record(restored=array(PHOTO_ID), unknown=array(PHOTO_ID)),
    "ProtectedPhotos": record(changed=array(PHOTO_ID), unknown=array(PHOTO_ID)),
    "CorrectedStubs": record(
        changed=array(PHOTO_ID), unknown=array(PHOTO_ID), without_frames=array(PHOTO_ID)
    ),
    "SharedPhotos": record(photos=array(ref("Photo")), more=BOOLEAN, until=TIME),
    "Deleted": record(deleted=array(PHOTO_ID), unknown=array(PHOTO_ID)),
    "KnownPhotos": record(known=array(PHOTO_ID), missing=array(PHOTO_ID)),
    "Event": record(
        camera=CAMERA,
        start=TIME,
        end=TIME,
        count=number(minimum=1),
        cover=PHOTO_ID,
        photos=array(PHOTO_ID, minItems=1),
        is_whole=BOOLEAN,
    ),
    "EventPage": record(events=array(ref("Event")), next_cursor=CURSOR),
    "Alert": record(
        id=PHOTO_ID,
        kind=ALERT_KIND,
        reason=text(minLength=1, maxLength=300),
        details={"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        camera=CAMERA,
        at=TIME,
        received_at=TIME,
        device=nullable(CAMERA),
        standing=_STANDING,
    ),
    "AlertPage": record(alerts=array(ref("Alert")), next_cursor=CURSOR),
    "AlertsReceipt": record(recorded=array(PHOTO_ID), stored=array(PHOTO_ID)),
    **DEVICE_SCHEMAS,
    "Cameras": record(
        as_of=_AS_OF,
        cameras=array(
            record(
                camera=CAMERA,
                first_day=nullable(DAY),
                last_seen=TIME,
                last_photo=nullable(PHOTO_ID),
                waiting=nullable(COUNT),
                photos=nullable(COUNT),
                bytes=nullable(COUNT),
                stubs=nullable(COUNT),
            )
        ),
    ),
    "Lanes": record(as_of=_AS_OF, lanes=array(record(camera=CAMERA, intervals=array(_INTERVAL)))),
    "Timeline": record(
        camera=CAMERA,
        intervals=array(_INTERVAL),
        next_from={
            **nullable(TIME),
            "description": "Where the next request has to begin, if the range has more photos than "
            "one can read.",
        },
    ),
    "RemovedCamera": record(photos=COUNT, alerts=COUNT, more=BOOLEAN),
    "Days": record(as_of=_AS_OF, days=array(record(day=DAY, photos=COUNT))),
    "Stats": record(
        as_of=_AS_OF,
        since=DAY,
        received=nullable(COUNT),
        photos=nullable(COUNT),
        bytes=nullable(COUNT),
        losses=nullable(COUNT),
        stubs={
            **nullable(COUNT),
            "description": "Stored triggers without motion, which are not among the photos; their "
            "bytes are among the bytes.",
        },
        waiting=COUNT,
        cameras=array(
            record(
                camera=CAMERA,
                received=nullable(COUNT),
                photos=nullable(COUNT),
                bytes=nullable(COUNT),
                stubs=nullable(COUNT),
                last_seen=nullable(TIME),
                waiting=nullable(COUNT),
                days=array(
                    record(
                        day=DAY,
                        received=COUNT,
                        photos=COUNT,
                        bytes=COUNT,
                        losses=COUNT,
                        stubs=COUNT,
                    )
                ),
            )
        ),
    ),
    "Status": record(
        as_of=_AS_OF,
        version=text(),
        cameras=COUNT,
        photos=nullable(COUNT),
        bytes=nullable(COUNT),
        last_photo=nullable(PHOTO_ID),
        last_seen=nullable(TIME),
        losses_since_yesterday=nullable(COUNT),
        retention_days=nullable(number(minimum=1)),
        last_cleanup=nullable(TIME),
        last_repair=nullable(TIME),
    ),
    "Health": record(
        status=text(enum=["ok"]),
        version=text(),
        lost_notifications={
            **COUNT,
            "description": "Photos and alerts of which nobody could be told, since neither the "
            "queue nor the table could be written; of this instance, since it started.",
        },
    ),
    **ACCOUNT_SCHEMAS,
    "CleanedUp": record(
        deleted={"type": "object", "additionalProperties": number(minimum=1)},
        more=BOOLEAN,
        dry_run=BOOLEAN,
    ),
    "Repaired": record(
        photos=COUNT,
        listed=COUNT,
        unlisted=COUNT,
        thumbnails=COUNT,
        strays={**COUNT, "description": "The orphans that were removed."},
        foreign=COUNT,
        cameras=array(CAMERA),
        left=array(CAMERA),
    ),
    **NOTIFICATION_SCHEMAS,
}
