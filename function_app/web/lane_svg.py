"""The lanes of cameras as one SVG: a bar for each camera, in which each interval has a colour, a
pattern, and a text that says what the camera did and why.

Positions are in percent and heights in pixels, so text is as large on a phone as elsewhere. The
colours are in `lanes.css`. A silence is one bar, on which those of its photos are drawn. The first
bar of each lane is in the order of the Tab key; a script may move the focus to the others, and
`describe` has the same texts for a table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from markupsafe import Markup

from function_app.days.lane import Interval, Lane, LaneCondition
from function_app.devices.conditions import State
from function_app.http.preferences import Preferences
from function_app.localization.translation import Translation
from function_app.web.statistics.texts import short_day
from photo_wire.moment import parse_time

LANE, BAR, NAME, HOURS = 48, 20, 18, 22  # pixels: of a lane, its bar, its name, and the hours above
RAISED = 3  # pixels by which photos stand out above and below: a minute is seen between others
MIN_WIDTH = 0.12  # percent: what is shorter would be seen on no screen
_MINUTE, _ONE_DAY = timedelta(minutes=1), timedelta(days=1)

# What is drawn on the ground of a state, in a square of 8 pixels. Recorded and quiet are plain.
PATTERNS = {
    State.SILENT: "M-2 2 2-2M0 8 8 0M6 10 10 6",
    State.DISARMED: "M2 2h2v2h-2zM6 6h2v2h-2z",
    State.FAILING: "M0 0 8 8M8 0 0 8",
    State.LATE: "M2 0V8M6 0V8",
    State.LOST: "M0 2H8M0 6H8M4 0V8",
    State.EXPIRED: "M-2 6 2 10M0 0 8 8M6-2 10 2",
    State.UNKNOWN: "M0 4H4",
}
_REASONS = frozenset(
    {
        *("restarted", "restart", "shutdown", "paused", "data-budget-spent", "time-uncertain"),
        *("missing", "older-than-kept", "no-heartbeat-yet", "photos-waiting", "heartbeat-missed"),
        *("backend-down", "not-counted-yet", "too-many-changes", "deleted"),
    }
)


def render(
    lanes: Sequence[Lane], start: datetime, end: datetime, preferences: Preferences
) -> Markup:
    """Return the SVG of these lanes between two moments."""
    t = Translation(preferences.language)
    parts = [Markup("<defs>"), *_patterns(), Markup("</defs>")]
    height = HOURS + LANE * len(lanes)
    parts += _hours(start, end, preferences, height)
    for number, lane in enumerate(lanes):
        top = HOURS + LANE * number
        parts.append(
            Markup('<text class="lane-name" x="0" y="{}">{}</text>').format(top + 14, lane.camera)
        )
        parts.append(Markup('<g role="list" aria-label="{}">').format(lane.camera))
        shown = [one for one in _whole_silences(lane) if one.end > start and one.start < end]
        for place, one in enumerate(shown):
            text = sentence(one, preferences)
            parts.append(_bar(one, (start, end), top + NAME, text, is_first=place == 0))
        parts.append(Markup("</g>"))
    frame = '<svg class="lanes" width="100%" height="{}" role="group" aria-label="{}">{}</svg>'
    return Markup(frame).format(height, t("lanes.title"), Markup("").join(parts))  # noqa: S704


def describe(lane: Lane, preferences: Preferences) -> list[tuple[str, str]]:
    """Return the state and the sentence of each bar of a lane."""
    return [(one.condition.state, sentence(one, preferences)) for one in _whole_silences(lane)]


def _whole_silences(lane: Lane) -> list[Interval]:
    """Return the intervals of a lane in their order, in which a silence is one: photos that came
    later had split it."""
    found: list[Interval] = []
    silence: int | None = None  # the place of the last one
    for one in lane.intervals:
        if one.condition.state is not State.SILENT:
            found.append(one)
        elif (
            silence is not None
            and found[silence].condition == one.condition
            and _has_heartbeats(one)
        ):
            found[silence] = replace(found[silence], end=one.end)
        else:
            silence = len(found)
            found.append(one)
    return found


def _has_heartbeats(silence: Interval) -> bool:
    """Return whether it is known between which heartbeats a silence was."""
    return "from" in silence.condition.details


def sentence(interval: Interval, preferences: Preferences) -> str:
    """Return what a camera did in an interval, and why, with its times in the viewer's zone. Those
    of a silence are the times of the heartbeats before and after it, also on other days."""
    t = Translation(preferences.language)
    condition = interval.condition
    numbers = _numbers(interval, t, preferences)
    text = "; ".join([t(f"lanes.state.{condition.state}"), *_why(condition, t), *numbers])
    if condition.state is State.SILENT and _has_heartbeats(interval):
        return text
    first, last = _time(interval.start, preferences), _time(interval.end, preferences)
    return t("lanes.interval", start=first, end=last, text=text)


def _why(condition: LaneCondition, t: Translation) -> Iterator[str]:
    if condition.reason in _REASONS:
        yield t(f"lanes.reason.{condition.reason.replace('-', '_')}")
    elif condition.reason:
        yield t("lanes.device_says", reason=condition.reason)


def _numbers(interval: Interval, t: Translation, preferences: Preferences) -> Iterator[str]:
    """Yield the details of a condition as texts."""
    condition, details = interval.condition, interval.condition.details
    day = interval.start.astimezone(preferences.zone).date()

    def time(name: str) -> str:
        return _time(parse_time(str(details[name])), preferences, day)

    if condition.state is State.SILENT and _has_heartbeats(interval):
        if details.get("to"):
            yield t("lanes.no_heartbeat", start=time("from"), end=time("to"))
        else:
            yield t("lanes.no_heartbeat_since", start=time("from"))
    count = int(details.get("photos") or 0)
    if count and "came_to" in details:
        first, last = time("came_from"), time("came_to")
        is_moment = first == last
        when = t("lanes.at", time=first) if is_moment else t("lanes.between", start=first, end=last)
        yield t("lanes.photos_came", count=count, when=when)
    elif count:
        yield t("lanes.photos", count=count)
    for name in ("lost", "missing", "expired", "deleted"):
        if number := details.get(name):
            yield t(f"lanes.{name}", count=number)


def _time(moment: datetime, preferences: Preferences, shown_day: date | None = None) -> str:
    """Return a time of day in the viewer's zone, with its day if that is not the one shown."""
    local = moment.astimezone(preferences.zone)
    if shown_day in (None, local.date()):
        return f"{local:%H:%M}"
    t = Translation(preferences.language)
    return t("lanes.on_day", day=short_day(local.date(), t), time=f"{local:%H:%M}")


def _bar(
    interval: Interval, span: tuple[datetime, datetime], top: int, text: str, is_first: bool
) -> Markup:
    start, end = max(interval.start, span[0]), min(interval.end, span[1])
    first = _percent(start, span)
    width = max(_percent(end, span) - first, MIN_WIDTH)
    bar = (
        '<rect class="lane lane-{}" x="{}%" y="{}" width="{}%" height="{}" fill="{}" '
        'data-first="{}" data-end="{}" role="listitem" tabindex="{}" aria-label="{}">'
        "<title>{}</title></rect>"
    )
    state = interval.condition.state
    fill = f"url(#lane-{state})" if state in PATTERNS else "currentColor"
    more = RAISED if state in (State.RECORDED, State.LATE, State.LOST) else 0
    place = (round(first, 3), top - more, round(width, 3), BAR + 2 * more)
    minutes = ((start - span[0]) // _MINUTE, (end - span[0]) // _MINUTE)  # for the slider
    tabindex = 0 if is_first else -1
    return Markup(bar).format(state, *place, fill, *minutes, tabindex, text, text)  # noqa: S704


def _percent(moment: datetime, span: tuple[datetime, datetime]) -> float:
    return 100 * ((moment - span[0]) / (span[1] - span[0]))


def _patterns() -> Iterator[Markup]:
    pattern = (
        '<pattern id="lane-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect class="lane-ground lane-{}" width="8" height="8"/>'
        '<path class="lane-mark lane-{}" d="{}"/></pattern>'
    )
    for state, path in PATTERNS.items():
        yield Markup(pattern).format(state, state, state, path)  # noqa: S704


def _hours(
    start: datetime, end: datetime, preferences: Preferences, height: int
) -> Iterator[Markup]:
    """Yield a line and a text for each sixth hour of the viewer's day."""
    line = '<line class="lane-hour" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>'
    text = '<text class="lane-hour" x="{}%" y="14" text-anchor="{}">{}</text>'
    for moment in _marks(start, end, preferences):
        place = round(_percent(moment, (start, end)), 3)
        anchor = "start" if place < 2 else "end" if place > 98 else "middle"
        yield Markup(line).format(place, HOURS - 4, height)  # noqa: S704
        yield Markup(text).format(place, anchor, _time(moment, preferences))  # noqa: S704


def _marks(start: datetime, end: datetime, preferences: Preferences) -> Iterable[datetime]:
    """Return the moments of a span at which the viewer's clock shows 0, 6, 12 or 18."""
    step = timedelta(hours=1) if end - start <= _ONE_DAY + timedelta(hours=1) else _ONE_DAY
    moment = start.astimezone(preferences.zone).replace(minute=0, second=0, microsecond=0)
    moment = moment.astimezone(start.tzinfo)
    found = []
    while moment <= end:
        if moment >= start and moment.astimezone(preferences.zone).hour % 6 == 0:
            found.append(moment)
        moment += step
    return found
