"""A minute has one condition, by fixed rules, and intervals leave no gap."""

from collections.abc import Sequence
from typing import Any

import pytest

from function_app.days.device_runs import DeviceRun
from function_app.days.lane import Interval, Known, intervals
from function_app.days.minutes import Facts, PhotoMinute, minute_of
from function_app.devices.conditions import Condition, State
from photo_wire.moment import format_time
from tests.support.silent_devices import START, at

BASE = minute_of(START)
QUIET = Condition(State.QUIET)


def known(
    device: Sequence[tuple[int, Condition]] = ((0, QUIET),),
    photos: Sequence[tuple[int, Facts]] = (),
    **members: int,
) -> Known:
    """Return what is known of the first minutes after START; all of it is settled unless said
    otherwise."""
    runs = [DeviceRun(BASE + first, condition) for first, condition in device]
    of_photos = [PhotoMinute(BASE + minute, facts) for minute, facts in photos]
    given = {"end": 60, "settled": 60, "heard": 60, "as_of": 60, **members}
    bounds = {name: BASE + minute for name, minute in given.items()}
    return Known(BASE, device=runs, photos=of_photos, **bounds)


def shown(*parts: Known, first: int = 0, end: int = 10, **more: Any) -> list[tuple[Any, ...]]:
    """Return the minutes of each interval, its state and its reason."""
    found = lane(*parts, first=first, end=end, **more)
    return [
        (
            minute_of(one.start) - BASE,
            minute_of(one.end) - BASE,
            " ".join(filter(None, (one.condition.state, one.condition.reason))),
        )
        for one in found
    ]


def lane(
    *parts: Known, first: int = 0, end: int = 10, kept_from: int = 0, shows_deleted: bool = False
) -> list[Interval]:
    return intervals(parts, BASE + first, BASE + end, BASE + kept_from, shows_deleted)


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (Facts(recorded=1), "recorded"),
        (Facts(recorded=1, late=1, came_first=1, came_last=1), "recorded"),
        (Facts(late=1, came_first=1, came_last=1), "late"),
        (Facts(late=1, came_first=1, came_last=1, expired=1, deleted=1), "late"),
        (Facts(uncertain=1), "recorded time-uncertain"),
        (Facts(uncertain=1, recorded=1), "recorded"),
        (Facts(lost=1, recorded=4), "lost"),
        (Facts(lost=1, missing=1), "lost"),
        (Facts(missing=1, recorded=1), "lost missing"),
        (Facts(expired=1), "expired"),
        (Facts(expired=1, deleted=1), "expired"),
        (Facts(deleted=1), "unknown deleted"),
    ],
)
def test_what_became_of_photos_decides(facts: Facts, condition: str) -> None:
    """Whatever the device said of the minute."""
    for state in (State.QUIET, State.SILENT, State.UNKNOWN, State.DISARMED, State.FAILING):
        parts = known([(0, Condition(state))], [(3, facts)])
        assert shown(parts, first=3, end=4, shows_deleted=True) == [(3, 4, condition)]


def test_a_deleted_photo_is_named_to_nobody_who_may_not_delete() -> None:
    """The minute is not called quiet either; it looks like any other of which nothing is known."""
    parts = known(
        [(0, QUIET), (5, Condition(State.UNKNOWN))],
        [(3, Facts(recorded=1, deleted=2)), (4, Facts(deleted=1))],
    )
    seen = [(0, 3, "quiet"), (3, 4, "recorded"), (4, 10, "unknown")]
    assert shown(parts) == seen
    assert lane(parts)[1].condition.details == {"photos": 1}
    assert shown(parts, shows_deleted=True) == [
        *seen[:2],
        (4, 5, "unknown deleted"),
        (5, 10, "unknown"),
    ]
    assert lane(parts, shows_deleted=True)[1].condition.details == {"photos": 1, "deleted": 2}


def test_nobody_knows_what_no_heartbeat_has_confirmed() -> None:
    """Neither after the last heartbeat nor after the oldest photo that waits; but a photo that came
    is there, and silence is known."""
    device = [(0, QUIET), (6, Condition(State.DISARMED)), (8, Condition(State.SILENT))]
    parts = known(device, [(5, Facts(recorded=1))], settled=2, heard=4, as_of=9)
    assert shown(parts) == [
        (0, 2, "quiet"),
        (2, 4, "unknown photos-waiting"),
        (4, 5, "unknown no-heartbeat-yet"),
        (5, 6, "recorded"),
        (6, 8, "unknown no-heartbeat-yet"),
        (8, 9, "silent"),
        (9, 10, "unknown not-counted-yet"),
    ]


def test_photos_after_the_last_run_are_not_shown() -> None:
    parts = known(photos=[(minute, Facts(recorded=1)) for minute in (4, 5, 6)], as_of=5)
    assert shown(parts, end=6) == [
        (0, 4, "quiet"),
        (4, 5, "recorded"),
        (5, 6, "unknown not-counted-yet"),
    ]


def test_what_is_older_than_what_is_kept_is_expired() -> None:
    """But not photos that are still there."""
    device = [(0, QUIET), (2, Condition(State.UNKNOWN))]
    parts = known(device, [(1, Facts(recorded=1))])
    assert shown(parts, kept_from=4) == [
        (0, 1, "expired older-than-kept"),
        (1, 2, "recorded"),
        (2, 4, "expired older-than-kept"),
        (4, 10, "unknown"),
    ]


def test_a_silence_says_from_when_to_when_and_what_came() -> None:
    """Also beyond the part that is shown, and where late photos interrupt it."""
    silence = DeviceRun(BASE + 2, Condition(State.SILENT), at(-5.5), at(40.2))
    late = Facts(late=2, came_first=BASE + 41, came_last=BASE + 43)
    photos = [
        PhotoMinute(BASE + 4, late),
        PhotoMinute(BASE + 5, Facts(late=1, came_first=BASE + 40, came_last=BASE + 40)),
    ]
    parts = Known(BASE, BASE + 60, [silence], photos, BASE + 60, BASE + 60, BASE + 60)
    assert shown(parts, first=2) == [(2, 4, "silent"), (4, 6, "late"), (6, 10, "silent")]
    before, came, after = lane(parts, first=2)
    assert came.condition.details == {
        "photos": 3,
        "late": 3,
        "came_from": format_time(at(40)),
        "came_to": format_time(at(43)),
    }
    expected = {
        "from": format_time(at(-5.5)),
        "to": format_time(at(40.2)),
        "photos": 3,
        "came_from": format_time(at(40)),
        "came_to": format_time(at(43)),
    }
    assert before.condition.details == after.condition.details == expected


def test_parts_that_follow_each_other_are_one_lane() -> None:
    first = known(end=5)
    second = first._replace(first=BASE + 5, end=BASE + 60, device=[DeviceRun(BASE + 5, QUIET)])
    assert shown(first, second) == [(0, 10, "quiet")]
    assert shown(first, second, first=5, end=5) == []
