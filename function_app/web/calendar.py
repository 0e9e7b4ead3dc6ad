"""The page at `/days`: a month with the number of photos of each day."""

from calendar import Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from function_app.auth.caller import Caller
from function_app.browse.day import FIRST_DAY, LAST_DAY
from function_app.days.counts import count_by_day, read_counts_overview
from function_app.http import json_schema
from function_app.http.parameters import Kind, optional
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.services import Services
from function_app.web.day_filter import DAY, Filter
from function_app.web.layout import render_page
from photo_wire.errors import WireError, quoted

MAX_YEARS = 10  # that are linked, the last one the current
_NOON = 12


def _parse_month(text: str, name: str) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = date.min
    if not FIRST_DAY <= first <= LAST_DAY or f"{first:%Y-%m}" != text:
        raise WireError(name, f"must be a month such as 2026-11, not {quoted(text)}")
    return first


_MONTH = optional("month", Kind(json_schema.text(), "a month such as 2026-11", _parse_month))
_DATE = optional("date", DAY)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar, by its first day."""

    first: date
    zone: tzinfo
    counts: Mapping[date, int]

    @property
    def weeks(self) -> list[list[date | None]]:
        """Its weeks from Monday to Sunday; None for a day of another month."""
        weeks = Calendar().monthdatescalendar(self.first.year, self.first.month)
        return [[day if day.month == self.first.month else None for day in week] for week in weeks]

    @property
    def total(self) -> int:
        """The number of its photos."""
        return sum(self.counts.values())

    @property
    def previous(self) -> date | None:
        """The month before; None if no page shows it."""
        before = (self.first - timedelta(days=1)).replace(day=1)
        return before if before >= FIRST_DAY else None

    @property
    def next(self) -> date | None:
        """The month after."""
        after = (self.first + timedelta(days=31)).replace(day=1)
        return after if after <= LAST_DAY else None

    def noon(self, day: date) -> datetime:
        """Return a moment of a day, by which the day is written."""
        return datetime(day.year, day.month, day.day, _NOON, tzinfo=self.zone)


def get_days(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the calendar of a month, the current one by default; with `?part` the calendar
    alone. With `date`, which the form of a day sends, 303 to the page of that day."""
    params, now = request.http.params, datetime.now(UTC)
    given = {name: value for name, value in params.items() if value}
    chosen = Filter.read(request, caller)
    if day := _DATE.read(given):
        return redirect(chosen.path(day, **{"from": given.get("from")}))
    preferences = Preferences.read(request)
    today = now.astimezone(preferences.zone).date()
    first = _MONTH.read(given) or today.replace(day=1)
    counts = count_by_day(services, caller, chosen.camera, f"{first:%Y-%m}", preferences.zone)
    month = Month(first, preferences.zone, counts)
    overview = read_counts_overview(services)
    # Whoever does not see all cameras is not told since when others have photos.
    begin = overview.first_day if caller.cameras is None else None
    return render_page(
        "calendar_part.html" if "part" in params else "calendar.html",
        request,
        caller,
        {
            "month": month,
            "filter": chosen,
            "today": today,
            "years": [first.replace(year=year) for year in _years(first, today, begin)],
            "as_of": overview.as_of,
            "month_path": lambda one: _month_path(one, chosen),
        },
    )


def _years(shown: date, today: date, begin: date | None) -> range:
    """Return the years that are linked: from that of the first photo, if it is known, to the
    current one; also the shown one, and at most MAX_YEARS."""
    last = max(today.year, shown.year)
    earliest = max(last - MAX_YEARS + 1, FIRST_DAY.year)
    # The day is in UTC; in the viewer's zone it may be one of the year before.
    known = (begin - timedelta(days=1)).year if begin else earliest
    return range(max(earliest, min(known, today.year, shown.year)), last + 1)


def _month_path(first: date, chosen: Filter) -> str:
    values = {
        "month": f"{first:%Y-%m}",
        "camera": chosen.camera,
        "trigger": chosen.trigger,
        "label": chosen.label,
    }
    return f"/days?{urlencode({name: value for name, value in values.items() if value})}"
