"""The rule of a channel in JSON, as requests send it and responses have it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from function_app.http import json_schema
from function_app.http.parameters import (
    BOOLEAN,
    MOMENT,
    Kind,
    Parameter,
    check_known,
    choice,
    json_number,
    optional,
)
from function_app.localization.translation import LANGUAGES
from function_app.notify.rules import (
    ALL_DAYS,
    MAX_INTERVAL_MINUTES,
    MAX_SNOOZE,
    Hours,
    Rule,
    moment_to_json,
    names_to_json,
)
from photo_wire.errors import WireError, quoted, quoted_json
from photo_wire.headers import Trigger
from photo_wire.moment import format_time
from photo_wire.motion import MAX_WORD, TYPED_WORD, parse_typed_word
from photo_wire.name import check_camera

MAX_NAMES = 100  # of cameras or kinds of alerts in a rule
MAX_ZONE = 64  # characters
_HOURS_SCHEMA = json_schema.nullable(
    json_schema.record(
        **{"from": json_schema.text(examples=["22:00"]), "to": json_schema.text(examples=["06:30"])}
    )
)


def _names(item: json_schema.Schema, what: str, parse_name: Callable[[str], str]) -> Kind[Any]:
    """Return the kind of lists of names; null for all."""
    expected = f"a list of {what}, or null for all"

    def parse(value: object, name: str) -> frozenset[str] | None:
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise WireError(name, f"must be {expected}")
        if len(value) > MAX_NAMES:
            raise WireError(name, f"must have at most {MAX_NAMES} names")
        return frozenset(map(parse_name, value))

    return Kind(json_schema.nullable(json_schema.array(item, maxItems=MAX_NAMES)), expected, parse)


def _check_trigger(name: str) -> str:
    if name not in list(Trigger):
        raise WireError("triggers", f"must be some of {', '.join(Trigger)}, not {quoted(name)}")
    return name


def _check_alert(name: str) -> str:
    if not 0 < len(name) <= 32 or not name.replace("-", "").replace("_", "").isalnum():
        raise WireError("alerts", f"{quoted(name)} is no kind of alert")
    return name


def _parse_days(value: object, name: str) -> frozenset[int]:
    days = value if isinstance(value, list) else [None]
    if not all(type(one) is int and one in ALL_DAYS for one in days):
        raise WireError(name, "must be a list of days, from 0 (Monday) to 6")
    return frozenset(days)


def _parse_hours(value: object, name: str) -> Hours | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"from", "to"}:
        raise WireError(name, 'must be an object with "from" and "to", or null')
    return Hours(*(_parse_time(value[one], name) for one in ("from", "to")))


def _parse_time(value: object, name: str) -> time:
    try:
        is_time = isinstance(value, str) and len(value) == 5 and value[2] == ":"  # not T1234
        parsed = time.fromisoformat(str(value)) if is_time else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise WireError(name, "must have times of day such as 22:00")
    return parsed


def _parse_snooze(value: object, name: str) -> datetime | None:
    """Return until when it is silent. One that is over is as good as none."""
    if value is None:
        return None
    until = MOMENT.parse(value, name) if isinstance(value, str) else None
    if until is None or until > datetime.now(UTC) + MAX_SNOOZE:
        raise WireError(name, f"must be a time in the next {MAX_SNOOZE.days} days, or null")
    return until


def _parse_snoozes(value: object, name: str) -> Mapping[str, datetime]:
    if not isinstance(value, dict) or len(value) > MAX_NAMES:
        raise WireError(name, f"must be an object of at most {MAX_NAMES} cameras and times")
    found = {check_camera(one, name): _parse_snooze(end, name) for one, end in value.items()}
    return {one: end for one, end in found.items() if end}


def _parse_zone(value: object, name: str) -> str:
    if isinstance(value, str) and len(value) <= MAX_ZONE:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
            pass
    raise WireError(name, f"must be a time zone such as Europe/Berlin, not {quoted_json(value)}")


_LANGUAGE = choice(LANGUAGES)
_HOURS = Kind(_HOURS_SCHEMA, 'an object with "from" and "to", or null', _parse_hours)
_FIELDS: tuple[Parameter[Any], ...] = (
    optional(
        "cameras",
        _names(json_schema.CAMERA, "camera names", lambda one: check_camera(one, "cameras")),
        "Of which cameras; null for all that the person may see.",
    ),
    optional(
        "triggers",
        _names(json_schema.text(enum=list(Trigger)), "triggers", _check_trigger),
        "Which photos; null for all, an empty list for none.",
    ),
    optional(
        "labels",
        _names(
            json_schema.text(pattern=f"^{TYPED_WORD}$", maxLength=MAX_WORD),
            "words such as person",
            lambda one: parse_typed_word(one, "labels"),
        ),
        "Only photos in which a model found one of these; null for all photos.",
    ),
    optional(
        "alerts",
        _names(json_schema.ALERT_KIND, "kinds of alerts", _check_alert),
        "Which alerts; null for all, an empty list for none.",
    ),
    optional(
        "days",
        Kind(
            json_schema.array(json_schema.number(minimum=0, maximum=6)),
            "a list of days, from 0 (Monday) to 6",
            _parse_days,
        ),
        "On which days photos are sent; those on which `hours` begin.",
    ),
    optional("hours", _HOURS, "Between which hours photos are sent; null for all day."),
    optional("quiet", _HOURS, "Between which hours photos are left out; null for none."),
    optional("quiet_alerts", BOOLEAN, "Whether quiet hours and a snooze are for alerts, too."),
    optional(
        "zone",
        Kind(json_schema.text(examples=["Europe/Berlin"]), "a time zone", _parse_zone),
        "The time zone of all hours, and of times in messages.",
    ),
    optional(
        "language",
        Kind(
            json_schema.nullable(_LANGUAGE.schema),
            f"{_LANGUAGE.expected}, or null",
            lambda value, name: None if value is None else _LANGUAGE.parse(value, name),
        ),
        "The language of messages. Until it is set (null), that of the browser in which the person "
        "makes the channel, or changes it next.",
    ),
    optional(
        "interval_minutes",
        json_number(0, MAX_INTERVAL_MINUTES),
        "Minutes between two messages of one camera's photos, at least; 0 for one of each photo.",
    ),
    optional("is_on", BOOLEAN, "False if the channel is switched off."),
    optional(
        "snoozed_until",
        Kind(json_schema.nullable(json_schema.TIME), "a time, or null", _parse_snooze),
        "Until when it is silent about all cameras, as /api/notifications/snooze makes it; null if "
        "it is not.",
    ),
    optional(
        "snoozed_cameras",
        Kind(
            {"type": "object", "additionalProperties": json_schema.TIME},
            "an object of cameras and times",
            _parse_snoozes,
        ),
        "Until when it is silent about some cameras.",
    ),
)


def _parse_change(value: object, name: str) -> Mapping[str, Any]:
    """Return the attributes of Rule that a JSON object changes."""
    if not isinstance(value, dict):
        raise WireError(name, "must be an object")
    check_known(value, _FIELDS, "field")
    return {one.name: one.read(value) for one in _FIELDS if one.name in value}


RULE_CHANGE: Kind[Mapping[str, Any]] = Kind(
    json_schema.partial_record(
        (), **{one.name: {**one.kind.schema, "description": one.description} for one in _FIELDS}
    ),
    "an object with some of the fields of a rule",
    _parse_change,
)


def apply_change(rule: Rule, change: Mapping[str, Any]) -> Rule:
    """Return the rule with the attributes that a request changes. A language that is not set stays
    as it is."""
    language = change.get("language") or rule.language
    return replace(rule, **{**change, "language": language})


def rule_to_json(rule: Rule) -> dict[str, object]:
    """Return the rule as the API has it."""
    return {
        "cameras": names_to_json(rule.cameras),
        "triggers": names_to_json(rule.triggers),
        "labels": names_to_json(rule.labels),
        "alerts": names_to_json(rule.alerts),
        "days": sorted(rule.days),
        "hours": _hours_to_json(rule.hours),
        "quiet": _hours_to_json(rule.quiet),
        "quiet_alerts": rule.quiet_alerts,
        "zone": rule.zone,
        "language": rule.language,
        "interval_minutes": rule.interval_minutes,
        "is_on": rule.is_on,
        "snoozed_until": moment_to_json(rule.snoozed_until),
        "snoozed_cameras": {
            camera: format_time(end) for camera, end in sorted(rule.snoozed_cameras.items())
        },
    }


def _hours_to_json(hours: Hours | None) -> dict[str, str] | None:
    return {"from": f"{hours.begin:%H:%M}", "to": f"{hours.end:%H:%M}"} if hours else None
