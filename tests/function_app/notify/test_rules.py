"""What a rule asks for and leaves out, in all time zones and around changes of the clock."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.localization.translation import LANGUAGES
from function_app.notify.events import Event, alert_event, photo_event, sign_in_event
from function_app.notify.rules import (
    HOURS,
    MAX_SNOOZE,
    QUIET,
    SNOOZED,
    Hours,
    Rule,
    parse_rule,
)
from function_app.storage.models import StoredAlert
from photo_wire.alert import LOSS, SILENT, Alert
from photo_wire.motion import Label
from photo_wire.name import new_name
from tests.support.samples import photo_of
from tests.support.time_zones import ZONES, moments, times_of_day

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)  # a Saturday
MINUTE = timedelta(minutes=1)

hours = st.builds(Hours, times_of_day, times_of_day)
names = st.none() | st.frozensets(st.sampled_from(["gate", "yard", "a-b"]))
instants = moments.map(lambda one: one.replace(microsecond=0))
rules = st.builds(
    Rule,
    cameras=names,
    triggers=st.none() | st.frozensets(st.sampled_from(["motion", "gpio", ""])),
    alerts=st.none() | st.frozensets(st.sampled_from([LOSS, SILENT, "a-new-kind"])),
    days=st.frozensets(st.integers(0, 6)),
    hours=st.none() | hours,
    quiet=st.none() | hours,
    quiet_alerts=st.booleans(),
    zone=st.sampled_from(ZONES),
    interval_minutes=st.integers(1, 1440),
    snoozed_until=st.none() | instants,
    snoozed_cameras=st.dictionaries(st.sampled_from(["gate", "yard"]), instants),
    is_on=st.booleans(),
    labels=st.none() | st.frozensets(st.sampled_from(["person", "dog", "car"])),
    language=st.sampled_from([None, *LANGUAGES]),
)


def photo(camera: str = "gate", *labels: str) -> Event:
    found = tuple(Label(word, 0.9) for word in labels)
    return photo_event(replace(photo_of(camera), labels=found))


def alert(kind: str = LOSS, camera: str = "gate") -> Event:
    return alert_event(StoredAlert(Alert(new_name(camera, NOW), kind, "a reason"), NOW))


@given(rule=rules)
def test_a_stored_rule_is_read_as_it_was(rule: Rule) -> None:
    assert parse_rule(rule.to_text()) == rule


@given(begin=times_of_day, end=times_of_day, zone=st.sampled_from(ZONES), now=moments)
def test_quiet_hours_are_those_on_the_persons_clock(
    begin: time, end: time, zone: str, now: datetime
) -> None:
    """Minute by minute the clock on the wall decides, whatever it does: hours that the clock leaves
    out are not quiet, and those that it repeats are so twice."""
    rule = Rule(quiet=Hours(begin, end), zone=zone)
    wall = now.astimezone(ZoneInfo(zone)).time()
    minute = wall.hour * 60 + wall.minute
    first, last = begin.hour * 60 + begin.minute, end.hour * 60 + end.minute
    length = (last - first) % 1440 or 1440
    is_quiet = (minute - first) % 1440 < length
    assert rule.leaves_out(photo(), now) == (QUIET if is_quiet else None)


@given(chosen=hours, zone=st.sampled_from(ZONES), now=moments)
def test_hours_and_quiet_hours_are_opposites(chosen: Hours, zone: str, now: datetime) -> None:
    wanted, quiet = Rule(hours=chosen, zone=zone), Rule(quiet=chosen, zone=zone)
    assert (wanted.leaves_out(photo(), now) is None) == (quiet.leaves_out(photo(), now) == QUIET)


@given(begin=times_of_day, end=times_of_day, zone=st.sampled_from(ZONES), now=moments)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(
    begin: time, end: time, zone: str, now: datetime
) -> None:
    """Of the seven rules with one day each, one is for this moment, if it is within the hours."""
    fitting = [
        day
        for day in range(7)
        if Rule(days=frozenset({day}), hours=Hours(begin, end), zone=zone).leaves_out(photo(), now)
        is None
    ]
    local = now.astimezone(ZoneInfo(zone))
    if Rule(hours=Hours(begin, end), zone=zone).leaves_out(photo(), now) == HOURS:
        assert fitting == []
    else:
        is_after_midnight = begin > end and local.time() < end
        assert fitting == [(local.weekday() - is_after_midnight) % 7]


@pytest.mark.parametrize(
    ("utc", "is_quiet"),
    [
        ("2026-03-28T22:59", False),  # 23:59 in Berlin
        ("2026-03-28T23:00", True),
        ("2026-03-29T00:59", True),  # 01:59; a minute later it is 03:00
        ("2026-03-29T01:00", True),
        ("2026-03-29T03:00", False),  # 05:00
        ("2026-10-25T00:30", True),  # 02:30, and an hour later once more
        ("2026-10-25T01:30", True),
        ("2026-10-25T03:59", True),  # 04:59 in winter time
        ("2026-10-25T04:00", False),
    ],
)
def test_quiet_from_midnight_to_five_in_the_nights_of_a_clock_change(
    utc: str, is_quiet: bool
) -> None:
    rule = Rule(quiet=Hours(time(0), time(5)), zone="Europe/Berlin")
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (rule.leaves_out(photo(), now) == QUIET) == is_quiet


@given(rule=rules, now=moments)
def test_alerts_pass_unless_they_are_to_be_quiet(rule: Rule, now: datetime) -> None:
    found = rule.leaves_out(alert(), now)
    assert found in ({None, QUIET, SNOOZED} if rule.quiet_alerts else {None})


@given(seconds=st.integers(-1000, 10**6), later=st.integers(0, 10**6), of_all=st.booleans())
def test_a_snooze_ends_by_itself(seconds: int, later: int, of_all: bool) -> None:
    """At the chosen moment, or after a week."""
    until = NOW + timedelta(seconds=seconds)
    rule = Rule().snoozed(None if of_all else "gate", until, NOW)
    now = NOW + timedelta(seconds=later)
    is_snoozed = now < min(until, NOW + MAX_SNOOZE)
    assert rule.leaves_out(photo(), now) == (SNOOZED if is_snoozed else None)
    assert rule.leaves_out(photo("yard"), now) == (SNOOZED if is_snoozed and of_all else None)
    assert rule.leaves_out(alert(), now) is None


def test_snoozes_that_are_over_are_forgotten() -> None:
    rule = Rule()
    for number in range(50):
        now = NOW + number * MINUTE
        rule = rule.snoozed(f"camera-{number}", now + MINUTE, now)
    assert len(rule.snoozed_cameras) == 1
    assert rule.snoozed("camera-49", now, now) == Rule()


@given(
    rule=rules,
    camera=st.sampled_from(["gate", "yard"]),
    labels=st.frozensets(st.sampled_from(["person", "dog", "unknown"])),
)
def test_what_a_rule_asks_for(rule: Rule, camera: str, labels: frozenset[str]) -> None:
    def chosen(name: str, among: frozenset[str] | None) -> bool:
        return among is None or name in among

    is_of_camera = rule.is_on and chosen(camera, rule.cameras)
    wanted = None if rule.labels is None else rule.labels and {*rule.labels, "unknown"}
    is_of_photo = chosen("", rule.triggers) and (wanted is None or bool(wanted & labels))
    assert rule.asks_for(photo(camera, *labels)) == (is_of_camera and is_of_photo)
    assert rule.asks_for(alert(LOSS, camera)) == (is_of_camera and chosen(LOSS, rule.alerts))
    signed_in = sign_in_event("anna", "", "Firefox", NOW)  # of no camera
    assert rule.asks_for(signed_in) == (rule.is_on and chosen("sign-in", rule.alerts))


@pytest.mark.parametrize("stored", [None, "fr", 7])
def test_a_rule_of_an_earlier_or_later_version_is_english(stored: object) -> None:
    """A later version may know more languages, and be taken back."""
    members = json.loads(Rule(zone="Europe/Berlin").to_text())
    assert members.pop("language") is None
    text = json.dumps(members if stored is None else {**members, "language": stored})
    rule = parse_rule(text)
    assert rule == Rule(zone="Europe/Berlin")
    assert rule.t.language == "en"


def test_a_moment_that_no_zone_has_is_in_utc() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert Rule(zone="Pacific/Kiritimati").local(last) == last


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", ""])
def test_a_zone_that_is_not_known_counts_as_utc(zone: str) -> None:
    assert Rule(zone=zone).local(NOW) == NOW
