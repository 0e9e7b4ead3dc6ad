"""What the API's JSON looks like, as JSON Schema (OpenAPI 3.1). Every object is closed: a field
that is not here does not come, and is not taken."""

from typing import Any

from function_app.auth.caller import Role, Scope
from function_app.auth.passwords import MAX_LENGTH, MIN_LENGTH
from photo_wire.alert import CLOCK, LOSS, QUARANTINE, SPOOL_FILLING
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.known import MAX_IDS
from photo_wire.media import Media

Schema = dict[str, Any]

CAMERA = r"^[a-z0-9][a-z0-9-]{0,31}$"
PHOTO_ID = r"^[a-z0-9][a-z0-9-]{0,31}-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}$"
NAME = r"^[a-z0-9][a-z0-9._-]{0,31}$"
KIND = r"^[a-z][a-z0-9_-]{0,31}$"


def text(**more: Any) -> Schema:
    return {"type": "string", **more}


def number(**more: Any) -> Schema:
    return {"type": "integer", **more}


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def record(**fields: Schema) -> Schema:
    """An object with all of these fields."""
    return partial_record(tuple(fields), **fields)


def partial_record(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    """An object with some of these fields."""
    made = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TIME = text(format="date-time")
DAY = text(format="date")
camera, photo_id = text(pattern=CAMERA), text(pattern=PHOTO_ID)
cameras = optional(array(camera))
cursor = optional(text())
count = number(minimum=0)
password = text(minLength=MIN_LENGTH, maxLength=MAX_LENGTH)

SCHEMAS: dict[str, Schema] = {
    "Problem": partial_record(
        ("title", "status", "detail"),
        title=text(),
        status=number(minimum=400, maximum=599),
        detail=text(),
    ),
    "Receipt": record(
        id=photo_id,
        camera=camera,
        sha256=text(pattern="^[0-9a-f]{64}$"),
        size=number(minimum=1),
        captured_at=TIME,
        received_at=TIME,
    ),
    "Photo": record(
        id=photo_id,
        camera=camera,
        captured_at=TIME,
        received_at=TIME,
        trigger=optional(text(enum=list(Trigger))),
        clock=optional(text(enum=[*ClockStatus, "server", "exif"])),
        content_type=text(enum=[kind.content_type for kind in Media]),
        sha256=text(pattern="^[0-9a-f]{64}$"),
        size=number(minimum=1),
        site=optional(text()),
    ),
    "PhotoPage": record(photos=array(ref("Photo")), next_cursor=cursor),
    "SharedPhotos": record(photos=array(ref("Photo")), more={"type": "boolean"}, until=TIME),
    "Ids": record(ids=array(photo_id, minItems=1, maxItems=100)),
    "Deleted": record(deleted=array(photo_id), unknown=array(photo_id)),
    "KnownIds": record(ids=array(photo_id, maxItems=MAX_IDS)),
    "KnownPhotos": record(known=array(photo_id), missing=array(photo_id)),
    "Event": record(
        camera=camera,
        start=TIME,
        end=TIME,
        count=number(minimum=1),
        cover=photo_id,
        photos=array(photo_id, minItems=1),
        is_whole={"type": "boolean"},
    ),
    "EventPage": record(events=array(ref("Event")), next_cursor=cursor),
    "Alert": record(
        id=photo_id,
        kind=text(pattern=KIND),
        reason=text(minLength=1, maxLength=300),
        details={"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        camera=camera,
        at=TIME,
        received_at=TIME,
    ),
    "AlertPage": record(alerts=array(ref("Alert")), next_cursor=cursor),
    "NewAlerts": record(
        alerts=array(
            partial_record(
                ("id", "kind", "reason"),
                id=photo_id,
                kind=text(pattern=KIND),
                reason=text(minLength=1, maxLength=300),
                details={"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
            ),
            maxItems=100,
        )
    ),
    "AlertsReceipt": record(recorded=array(photo_id), stored=array(photo_id)),
    "Cameras": record(
        cameras=array(
            record(
                camera=camera,
                first_day=optional(DAY),
                last_seen=TIME,
                last_photo=optional(photo_id),
                waiting=optional(count),
                photos=optional(count),
                bytes=optional(count),
            )
        )
    ),
    "RemovedCamera": record(photos=count, alerts=count, more={"type": "boolean"}),
    "Days": record(days=array(record(day=DAY, photos=count))),
    "Stats": record(
        since=DAY,
        received=count,
        photos=count,
        bytes=count,
        losses=count,
        waiting=count,
        cameras=array(
            record(
                camera=camera,
                received=count,
                photos=count,
                bytes=count,
                last_seen=optional(TIME),
                waiting=optional(count),
                days=array(
                    record(day=DAY, received=count, photos=count, bytes=count, losses=count)
                ),
            )
        ),
    ),
    "Status": record(
        version=text(),
        cameras=count,
        photos=count,
        bytes=count,
        last_photo=optional(photo_id),
        last_seen=optional(TIME),
        losses_since_yesterday=count,
        retention_days=optional(number(minimum=1)),
        last_cleanup=optional(TIME),
        last_repair=optional(TIME),
    ),
    "Health": record(status=text(enum=["ok"]), version=text()),
    "SignIn": partial_record(("password",), name=text(), password=text()),
    "SignedIn": record(name=text(), role=text(enum=list(Role)), cameras=cameras),
    "Caller": record(name=text(), scopes=array(text(enum=list(Scope))), cameras=cameras),
    "Ended": record(ended=count),
    "NewPassword": record(old=text(), new=password),
    "NewPerson": partial_record(
        ("name", "password"),
        name=text(pattern=NAME),
        password=password,
        role=text(enum=list(Role)),
        cameras=cameras,
    ),
    "Person": record(
        name=text(),
        role=text(enum=list(Role)),
        cameras=cameras,
        made_by=optional(text()),
        root=optional(text()),
    ),
    "People": record(people=array(ref("Person"))),
    "NewToken": partial_record(
        ("name", "scopes"),
        name=text(pattern=NAME),
        scopes=array(text(enum=list(Scope)), minItems=1),
        cameras=cameras,
    ),
    "MadeToken": record(
        name=text(), token=text(), scopes=array(text(enum=list(Scope))), cameras=cameras
    ),
    "Tokens": record(
        tokens=array(
            record(
                name=text(),
                scopes=array(text(enum=list(Scope))),
                cameras=cameras,
                made_at=TIME,
                used_at=optional(TIME),
                made_by=optional(text()),
                root=optional(text()),
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
                which=optional(text()),
                network=optional(text()),
            )
        ),
        next_cursor=cursor,
    ),
    "NewShare": {
        "anyOf": [
            partial_record(
                ("photo",),
                photo=photo_id,
                hours=number(minimum=1, maximum=2160),
                with_location={"type": "boolean"},
            ),
            partial_record(
                ("camera", "from", "to"),
                **{
                    "camera": camera,
                    "from": TIME,
                    "to": TIME,
                    "hours": number(minimum=1, maximum=2160),
                    "with_location": {"type": "boolean"},
                },
            ),
        ]
    },
    "MadeShare": record(url=text(format="uri"), key=text(), until=TIME),
    "Shares": record(
        shares=array(
            record(
                **{
                    "key": text(),
                    "camera": camera,
                    "photo": optional(photo_id),
                    "from": TIME,
                    "to": TIME,
                    "until": TIME,
                    "with_location": {"type": "boolean"},
                    "made_by": optional(text()),
                    "root": optional(text()),
                }
            )
        )
    ),
    "Cleanup": partial_record(dry_run={"type": "boolean"}, most=number(minimum=1, maximum=1000)),
    "CleanedUp": record(
        deleted={"type": "object", "additionalProperties": number(minimum=1)},
        more={"type": "boolean"},
        dry_run={"type": "boolean"},
    ),
    "Repair": partial_record(cameras=array(camera, minItems=1), everything={"type": "boolean"}),
    "Repaired": record(
        photos=count,
        listed=count,
        unlisted=count,
        thumbnails=count,
        strays=count,
        foreign=count,
        cameras=array(camera),
        left=array(camera),
    ),
}

PARAMETERS: dict[str, tuple[Schema, str]] = {
    "camera": (camera, "Of this camera alone."),
    "trigger": (text(enum=list(Trigger)), "Taken for this reason."),
    "from": (TIME, "Taken at this moment or later."),
    "to": (TIME, "Taken before this moment."),
    "time_from": (text(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"), "From this time of day on."),
    "time_to": (
        text(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
        "Before this time of day; over midnight if it is the earlier one.",
    ),
    "zone": (text(examples=["Europe/Berlin"]), "Whose time of day it is; UTC if left out."),
    "order": (text(enum=["newest", "oldest"]), "Which come first."),
    "limit": (number(minimum=1, maximum=200), "How many at most."),
    "cursor": (text(), "`next_cursor` of the page before."),
    "gap": (number(minimum=1, maximum=3600), "Longest pause within an event, in seconds."),
    "kind": (
        text(pattern=KIND),
        f"Of this kind alone: {LOSS}, {QUARANTINE}, {SPOOL_FILLING}, {CLOCK}, or another.",
    ),
    "counts": (text(pattern="^none$"), "Leave out what would have to be counted."),
    "days": (number(minimum=1, maximum=366), "How many days back."),
    "first_day": (DAY, "From this day on."),
    "last_day": (DAY, "Up to this day."),
    "id": (photo_id, "The photo's id."),
    "name": (text(pattern=NAME), "The name."),
    "key": (text(pattern="^[0-9a-f]{32}$"), "The link's key."),
    "secret": (text(pattern="^[A-Za-z0-9_-]{32}$"), "The end of the link."),
    "path": (text(), "A file of the page."),
}
