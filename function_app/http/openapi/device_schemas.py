"""The JSON of the responses about devices, their cameras and their commands."""

from function_app.auth.device_rows import MAX_WAITING_KEYS
from function_app.http.json_schema import (
    ALERT_KIND,
    BOOLEAN,
    CAMERA,
    COMMAND_ID,
    COUNT,
    CURSOR,
    PHOTO_ID,
    POLYGONS,
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
from photo_wire.command import CommandState, Kind
from photo_wire.headers import ClockStatus
from photo_wire.heartbeat import NetworkKind

_FINGERPRINT = text(pattern="^[A-Za-z0-9_-]{16}$")
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
        "description": "`watching` for motion in the picture, or `blind: ` and the reason, since "
        "`motion_since`.",
    },
    "motion_since": nullable(TIME),
    "detection": {
        **nullable(text()),
        "description": "Whether a model labels photos of motion: `working`, or `failing: ` and the "
        "reason, since `detection_since`.",
    },
    "detection_since": nullable(TIME),
    "zones": {
        **POLYGONS,
        "description": "Where motion counts, in percent of the picture's width and height; empty: "
        "everywhere.",
    },
    "masks": {**POLYGONS, "description": "Where it does not."},
    "omitted_polygons": {
        **nullable(COUNT),
        "description": "How many zones and masks the heartbeat had no room for.",
    },
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

DEVICE_SCHEMAS: dict[str, Schema] = {
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
    "CommandPage": record(commands=array(ref("Command")), next_cursor=CURSOR),
    "Looking": record(camera=CAMERA, looking_until=TIME),
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
}
