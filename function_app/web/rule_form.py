"""The form of a channel's rule: what the channel is told of, and when. What was typed is kept if it
is wrong."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from function_app.notifications.rule_json import RULE_CHANGE
from photo_wire.errors import WireError
from photo_wire.headers import Trigger

ALERTS = (
    *("loss", "quarantine", "missing", "silent", "back", "spool-filling", "disk", "clock"),
    *("unknown-device", "timer-stalled", "sign-in", "not-told"),
)
DAYS = tuple(str(day) for day in range(7))  # Monday is 0
_NO_HOURS = {"from": "", "to": ""}


class FormTextError(Exception):
    """Something is wrong with a form: `key` is that of the text for people."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What the form shows: text as people type it, and which boxes are ticked. `later` are kinds of
    alerts of a later version, which have no box; `language` is empty if none was chosen; `wrong` is
    the API's name of the field that is wrong, if it is one."""

    label: str
    is_of_all: bool
    cameras: frozenset[str]
    triggers: frozenset[str]
    labels: str
    alerts: frozenset[str]
    days: frozenset[str]
    hours: Mapping[str, str]
    quiet: Mapping[str, str]
    quiet_alerts: bool
    zone: str
    language: str
    interval: str
    later: tuple[str, ...] = ()
    problem: str = ""
    wrong: str = ""

    def with_problem(self, problem: str, wrong: str = "") -> "RuleForm":
        """Return the form with what is wrong with it, and in which field."""
        return replace(self, problem=problem, wrong=wrong)

    def to_change(self) -> Mapping[str, Any]:
        """Return the change of the rule. Raises FormTextError, and WireError for what the API
        rejects, too."""
        if not self.is_of_all and not self.cameras:
            raise FormTextError("notifications.choose_cameras")
        if not self.interval.isascii() or not self.interval.isdigit():
            raise WireError("interval_minutes", "must be a whole number")
        alerts = None if self.alerts.issuperset(ALERTS) else [*sorted(self.alerts), *self.later]
        triggers = None if self.triggers.issuperset(Trigger) else sorted(self.triggers)
        change = {
            "cameras": None if self.is_of_all else sorted(self.cameras),
            "triggers": triggers,
            "labels": [one for one in self.labels.split(",") if one.strip()] or None,
            "alerts": alerts,
            "days": sorted(int(day) for day in self.days),
            "hours": _hours(self.hours),
            "quiet": _hours(self.quiet),
            "quiet_alerts": self.quiet_alerts,
            "zone": self.zone,
            "interval_minutes": int(self.interval[:9]),
            **({"language": self.language} if self.language else {}),
        }
        checked: Mapping[str, Any] = RULE_CHANGE.parse(change, "rule")
        return checked


def form_of(channel: Mapping[str, Any]) -> RuleForm:
    """Return the form of a channel as the API has it."""
    rule = channel["rule"]
    alerts = ALERTS if rule["alerts"] is None else rule["alerts"]
    return RuleForm(
        label=channel["label"],
        is_of_all=rule["cameras"] is None,
        cameras=frozenset(rule["cameras"] or ()),
        triggers=frozenset(list(Trigger) if rule["triggers"] is None else rule["triggers"]),
        labels=", ".join(rule["labels"] or ()),
        alerts=frozenset(alerts).intersection(ALERTS),
        days=frozenset(map(str, rule["days"])),
        hours=rule["hours"] or _NO_HOURS,
        quiet=rule["quiet"] or _NO_HOURS,
        quiet_alerts=rule["quiet_alerts"],
        zone=rule["zone"],
        language=rule["language"] or "",
        interval=str(rule["interval_minutes"]),
        later=_later(alerts),
    )


def read_rule_form(fields: Iterable[tuple[str, str]], channel: Mapping[str, Any]) -> RuleForm:
    """Return the form as it was sent for a channel. A field may be there more than once."""
    sent = defaultdict[str, list[str]](list)
    for name, value in fields:
        sent[name].append(value.strip())

    def one(name: str) -> str:
        return sent[name][-1] if sent[name] else ""

    return RuleForm(
        label=one("label"),
        is_of_all=one("all-cameras") == "1",
        cameras=frozenset(sent["camera"]),
        triggers=frozenset(sent["trigger"]),
        labels=one("labels"),
        alerts=frozenset(sent["alert"]).intersection(ALERTS),
        days=frozenset(sent["day"]).intersection(DAYS),
        hours={"from": one("hours-from"), "to": one("hours-to")},
        quiet={"from": one("quiet-from"), "to": one("quiet-to")},
        quiet_alerts=one("quiet-alerts") == "1",
        zone=one("zone"),
        language=one("language"),
        interval=one("interval"),
        later=_later(channel["rule"]["alerts"] or ()),
    )


def _later(alerts: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(alerts).difference(ALERTS)))


def _hours(hours: Mapping[str, str]) -> Mapping[str, str] | None:
    if bool(hours["from"]) != bool(hours["to"]):
        raise FormTextError("notifications.both_times")
    return hours if hours["from"] else None
