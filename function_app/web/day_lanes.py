"""The lanes on the page of a day, and what the page says of them in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from function_app.days.lane import NOT_COUNTED_YET, Interval, Lane
from function_app.days.minutes import minute_of
from function_app.devices.conditions import NEVER_HEARD_OF, State
from function_app.http.preferences import Preferences
from function_app.storage.models import Photo
from function_app.web import lane_svg

MAX_LANES = 20  # of more, a viewer chooses a camera
MAX_SENTENCES = 6  # of a camera on a day without photos
_MINUTE = timedelta(minutes=1)


class Spent(NamedTuple):
    """How many minutes of a day a camera was in each state, the longest first; by its lane."""

    lane: Lane
    minutes: list[tuple[State, int]]


@dataclass(frozen=True, slots=True)
class DayLanes:
    """The lanes that a caller may see, and the camera of which the page shows photos; None for
    all. They are as of the last count, and the photos that the page lists as of now."""

    all: Sequence[Lane]
    camera: str | None = None

    @property
    def chosen(self) -> list[Lane]:
        """The lane of the chosen camera, or those of all of which anything is known."""
        if self.camera:
            return [lane for lane in self.all if lane.camera == self.camera]
        return [lane for lane in self.all if _is_known(lane)]

    @property
    def shown(self) -> list[Lane]:
        """Those that the page has room for."""
        return self.chosen[:MAX_LANES]

    @property
    def unknown_cameras(self) -> list[str]:
        """The cameras without a lane, since nothing is known of their day: most had not been set
        up yet."""
        if self.camera:
            return []
        return [lane.camera for lane in self.all if not _is_known(lane)]

    @property
    def stubs(self) -> int:
        """How many stubs of the whole day the chosen camera has, or all."""
        return sum(lane.stubs for lane in self.chosen)

    @property
    def spent(self) -> list[Spent]:
        """What the shown cameras did, for a day without photos."""
        return [Spent(lane, _minutes(lane)) for lane in self.shown]

    def draw_more_than(self, photos: Iterable[Photo]) -> bool:
        """Return whether the shown lanes have more photos than these, which are all of their day:
        some were deleted since the count."""
        there = Counter((one.name.camera, minute_of(one.name.captured_at)) for one in photos)
        return any(
            _drawn(one) > sum(there[lane.camera, minute] for minute in _minutes_of(one))
            for lane in self.shown
            for one in lane.intervals
        )


def sentences(preferences: Preferences, lane: Lane) -> list[str]:
    """Return what a lane says, with its reasons; nothing if that would be long."""
    found = [sentence for _, sentence in lane_svg.describe(lane, preferences)]
    return found if len(found) <= MAX_SENTENCES else []


def _is_known(lane: Lane) -> bool:
    """Return whether a heartbeat, a photo or a stub says anything of a camera's day."""
    if lane.stubs:
        return True
    conditions = {(one.condition.state, one.condition.reason) for one in lane.intervals}
    return NEVER_HEARD_OF not in conditions or bool(conditions - {NEVER_HEARD_OF, NOT_COUNTED_YET})


def _minutes(lane: Lane) -> list[tuple[State, int]]:
    spent: Counter[State] = Counter()
    for one in lane.intervals:
        spent[one.condition.state] += (one.end - one.start) // _MINUTE
    return spent.most_common()


def _drawn(interval: Interval) -> int:
    """Return how many stored photos an interval has. A silence names those of other intervals."""
    is_silence = interval.condition.state is State.SILENT
    return 0 if is_silence else int(interval.condition.details.get("photos") or 0)


def _minutes_of(interval: Interval) -> range:
    return range(minute_of(interval.start), minute_of(interval.end))
