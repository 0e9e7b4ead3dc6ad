"""The JSON of the API's responses, as named JSON Schemas. Those of requests are with the routes'
parameters (http/parameters.py)."""

from function_app.auth.caller import Role, Scope, Standing
from function_app.auth.device_rows import MAX_WAITING_KEYS
from function_app.http.json_schema import (
    ALERT_KIND,
    BOOLEAN,
    CAMERA,
    CAMERAS,
    COMMAND_ID,
    COUNT,
    DAY,
    PHOTO_ID,
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
from function_app.http.openapi.notification_schemas import NOTIFICATION_SCHEMAS
from photo_wire.command import CommandState, Kind
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.heartbeat import NetworkKind
from photo_wire.media import Media

_SHA256 = text(pattern="^[0-9a-f]{64}$")
_SCOPES = array(text(enum=list(Scope)))
_CURSOR = nullable(text())
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
_FINGERPRINT = text(pattern="^[A-Za-z0-9_-]{16}$")
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
    "sha256": _SHA256,
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
_PIN = {"number": number(minimum=0), "use": nullable(text()), "is_active": nullable(BOOLEAN)}
_DEVICE_TIMES = {
    "received_at": nullable(TIME),
    "overdue_at": {
        **nullable(TIME),
        "description": "When the device counts as silent if no heartbeat comes until then.",
    },
}
_CAMERA_STATE: dict[str, Schema] = {
    "camera": CAMERA,
    "state": text(enum=["unknown", "off", "silent", "failing", "disarmed", "ready"]),
    "reason": nullable(text()),
    "source": nullable(text()),
    "armed": nullable(BOOLEAN),
    "disarmed_until": nullable(TIME),
    "last_trigger": nullable(TIME),
    "last_photo": nullable(TIME),
    "failures": nullable(COUNT),
    "failing": nullable(text()),
    "pins": array(record(**_PIN)),
    "can": array(ALERT_KIND),
    "motion": {
        **nullable(text()),
        "description": "`watching` for motion in the picture, or `blind: ` and the reason.",
    },
    "detection": {
        **nullable(text()),
        "description": "Whether a model labels photos of motion: `working`, or `failing: ` and the "
        "reason, since `detection_since`.",
    },
    "detection_since": nullable(TIME),
}
_NUMBER = {"type": "number"}
_DEVICE: dict[str, Schema] = {
    "device": CAMERA,
    **_DEVICE_TIMES,
    "state": text(enum=["unknown", "off", "silent", "ready"]),
    "reason": nullable(text()),
    "is_whole": {
        **BOOLEAN,
        "description": "False for a caller who may not see all cameras of the device: figures of "
        "the whole device are null then.",
    },
    "needs_decision": {
        **nullable(BOOLEAN),
        "description": "Whether a key, or a camera that it wants from another device, waits for an "
        "owner to approve or reject it. Null for callers who may not decide.",
    },
    "version": nullable(text()),
    "interval": nullable(number(minimum=1)),
    "uptime": nullable(_NUMBER),
    "throttled": array(ALERT_KIND),
    "clock": nullable(text(enum=list(ClockStatus))),
    "network": nullable(
        partial_record(("kind",), kind=text(enum=list(NetworkKind)), signal=_NUMBER)
    ),
    "paused_until": nullable(TIME),
    "site": nullable(text()),
    "sent_at": nullable(TIME),
    "cpu": nullable(_NUMBER),
    "memory_free": nullable(COUNT),
    "memory_total": nullable(COUNT),
    "disk_free": nullable(COUNT),
    "disk_total": nullable(COUNT),
    "inodes_free": nullable(COUNT),
    "temperature": nullable(_NUMBER),
    "spool": nullable(
        record(waiting=nullable(COUNT), oldest=nullable(TIME), bytes=nullable(COUNT))
    ),
    "losses": nullable(COUNT),
    "quarantine": nullable(COUNT),
    "sent_this_month": nullable(COUNT),
    "monthly_limit": nullable(COUNT),
    "cameras": array(record(**_CAMERA_STATE)),
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
        sha256=_SHA256,
        size=number(minimum=1),
        captured_at=TIME,
        received_at=TIME,
    ),
    "Photo": record(**_PHOTO),
    "PhotoPage": record(photos=array(ref("Photo")), next_cursor=_CURSOR),
    "TrashedPhoto": record(**_PHOTO, deleted_at=TIME, kept_until=TIME),
    "TrashPage": record(photos=array(ref("TrashedPhoto")), next_cursor=_CURSOR),
    "RestoredPhotos": record(restored=array(PHOTO_ID), unknown=array(PHOTO_ID)),
    "ProtectedPhotos": record(changed=array(PHOTO_ID), unknown=array(PHOTO_ID)),
    "CorrectedStubs": record(changed=array(PHOTO_ID), unknown=array(PHOTO_ID)),
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
    "EventPage": record(events=array(ref("Event")), next_cursor=_CURSOR),
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
    "AlertPage": record(alerts=array(ref("Alert")), next_cursor=_CURSOR),
    "AlertsReceipt": record(recorded=array(PHOTO_ID), stored=array(PHOTO_ID)),
    "DeviceKeys": record(
        device=CAMERA,
        fingerprint=nullable(_FINGERPRINT),
        first_seen=TIME,
        waiting=array(
            record(fingerprint=nullable(_FINGERPRINT), since=TIME, own_until=nullable(TIME)),
            maxItems=MAX_WAITING_KEYS,
        ),
        cameras=array(CAMERA),
        wanted=array(CAMERA),
    ),
    "Command": record(
        id=COMMAND_ID,
        device=CAMERA,
        kind=text(enum=list(Kind)),
        camera=nullable(CAMERA),
        until=nullable(TIME),
        lines=nullable(COUNT),
        photo=nullable(PHOTO_ID),
        asked_by=nullable(text()),
        asked_at=TIME,
        expires_at=TIME,
        state=text(enum=list(CommandState)),
        detail=text(maxLength=300),
        photos=array(PHOTO_ID),
        finished_at=nullable(TIME),
        output={**nullable(text()), "description": "The log or the diagnosis; null in lists."},
    ),
    "CommandPage": record(commands=array(ref("Command")), next_cursor=_CURSOR),
    "Looking": record(camera=CAMERA, looking_until=TIME),
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
    "Device": record(**_DEVICE),
    "Devices": record(devices=array(ref("Device"))),
    "CameraStatus": record(device=nullable(CAMERA), **_DEVICE_TIMES, **_CAMERA_STATE),
    "DeviceHistory": record(
        device=CAMERA,
        hours=array(
            record(
                at=TIME,
                temperature=nullable(_NUMBER),
                cpu=nullable(_NUMBER),
                signal=nullable(_NUMBER),
                disk_free=nullable(COUNT),
                memory_free=nullable(COUNT),
                waiting=nullable(COUNT),
                quarantine=nullable(COUNT),
                losses=nullable(COUNT),
                sent_this_month=nullable(COUNT),
            )
        ),
    ),
    "DevicePins": record(
        device=CAMERA, received_at=TIME, pins=array(record(camera=CAMERA, **_PIN))
    ),
    "HeartbeatReply": record(
        link=nullable(record(url=text(format="uri"), expires_at=TIME)),
        open=array({"type": "object"}),
        acknowledged=array(text()),
    ),
    "UnknownDevice": record(standing=text(enum=["unknown"])),
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
    "SignedIn": record(name=text(), role=text(enum=list(Role)), cameras=CAMERAS),
    "Caller": record(name=text(), scopes=_SCOPES, cameras=CAMERAS),
    "Ended": record(
        ended=COUNT,
        channels={
            **array(text()),
            "description": "The names of the channels that go on getting the notifications.",
        },
    ),
    "PasskeyOptions": {
        "type": "object",
        "description": "What PublicKeyCredential.parseCreationOptionsFromJSON() takes in the "
        "browser, or parseRequestOptionsFromJSON() (WebAuthn).",
    },
    "Passkey": record(
        id=_SHA256,
        label=text(),
        host={**text(), "description": "Where it was added; it works there alone."},
        added_at=TIME,
        used_at=nullable(TIME),
    ),
    "Passkeys": record(passkeys=array(ref("Passkey"))),
    "TOTP": record(
        enabled=BOOLEAN,
        confirmed_at=nullable(TIME),
        recovery_codes=nullable(number(minimum=0, maximum=10)),
    ),
    "NewTOTP": record(
        secret=text(),
        uri=text(format="uri"),
        qr={**text(), "description": "The same as a picture: SVG."},
    ),
    "RecoveryCodes": record(
        recovery_codes={
            **array(text()),
            "description": "Each stands for a code once. They are never shown again.",
        }
    ),
    "Sessions": record(
        sessions=array(
            record(
                id=_SHA256,
                browser={
                    **nullable(text()),
                    "description": "Null in a session that began before this was recorded; so are "
                    "`system` and `network`, which are also null if they are not known.",
                },
                system=nullable(text()),
                network=nullable(text()),
                signed_in_at=TIME,
                used_at={**nullable(TIME), "description": "Exact to the hour."},
                expires_at=TIME,
                current={**BOOLEAN, "description": "Whether this request belongs to it."},
            )
        )
    ),
    "Person": record(
        name=text(),
        role=text(enum=list(Role)),
        cameras=CAMERAS,
        made_by=nullable(text()),
        root=nullable(text()),
    ),
    "People": record(people=array(ref("Person"))),
    "MadeToken": record(name=text(), token=text(), scopes=_SCOPES, cameras=CAMERAS),
    "Tokens": record(
        tokens=array(
            record(
                name=text(),
                scopes=_SCOPES,
                cameras=CAMERAS,
                made_at=TIME,
                used_at=nullable(TIME),
                made_by=nullable(text()),
                root=nullable(text()),
            )
        )
    ),
    "Revoked": record(
        name=text(),
        revoked=record(tokens=array(text()), links=array(text())),
        staying=record(tokens=array(text()), people=array(text())),
        unknown=array(text()),
    ),
    "Accesses": record(
        accesses=array(
            record(
                at=TIME,
                who=text(),
                what=text(),
                which=nullable(text()),
                network=nullable(text()),
            )
        ),
        next_cursor=_CURSOR,
    ),
    "MadeShare": record(url=text(format="uri"), key=text(), until=TIME),
    "Shares": record(
        shares=array(
            record(
                **{
                    "key": text(),
                    "camera": CAMERA,
                    "photo": nullable(PHOTO_ID),
                    "photos": nullable(array(PHOTO_ID)),
                    "from": TIME,
                    "to": TIME,
                    "until": TIME,
                    "with_location": BOOLEAN,
                    "opened": number(minimum=0),
                    "opened_at": nullable(TIME),
                    "made_by": nullable(text()),
                    "root": nullable(text()),
                }
            )
        )
    ),
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
