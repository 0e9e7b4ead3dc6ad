"""The page at `/statistics/hours`: when photos were taken, by day and hour of the viewer's zone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo

from function_app.auth.caller import Caller
from function_app.days.counts import count_by_hour, read_counts_overview
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.localization.translation import Translation
from function_app.services import Services
from function_app.stats.periods import Period, last_periods, places
from function_app.web.layout import render_page
from function_app.web.statistics.charts import Line, heat_map, levels
from function_app.web.statistics.choice import SPANS, Choice
from function_app.web.statistics.texts import Figure, period_text, short_day

HOURS = range(24)


def get_statistics_hours(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; `?camera=` and `?days=` choose of what. Who may see several cameras, but
    not all, sees one at a time: to add them up takes a request for each month and thousand. 404
    with the page for a camera that the caller may not see."""
    choice = Choice.read("hours", request.http.params)
    if choice.camera is None and caller.cameras:
        choice = replace(choice, camera=min(caller.cameras))
    preferences = Preferences.read(request)
    t, now = Translation(preferences.language), datetime.now(UTC)
    periods = last_periods(now.astimezone(preferences.zone).date(), choice.days)
    # First: what is counted meanwhile is not said to be older.
    overview = read_counts_overview(services)
    lines = _lines(_count(services, caller, choice.camera, periods, preferences.zone), periods, t)
    total = sum(sum(line.hours) for line in lines)
    return render_page(
        "statistics_hours.html",
        request,
        caller,
        {
            "choice": choice,
            "spans": SPANS,
            "cameras": overview.cameras if caller.cameras is None else sorted(caller.cameras),
            "total": total,
            "levels": levels(lines),
            "figure": _figure(lines, periods, total, t),
            "as_of": overview.as_of,
        },
        200 if choice.camera is None or caller.may_see(choice.camera) else 404,
    )


def _figure(lines: list[Line], periods: list[Period], total: int, t: Translation) -> Figure:
    """Return the heat map and the table of the same."""
    title = t("statistics.figure.hours")
    described = t("statistics.described", figure=title, total=t("day.photos", count=total))
    heads = (t("statistics.time"), *(f"{hour:02}" for hour in HOURS), t("statistics.sum"))
    rows = [
        (
            period_text(period, t),
            *(t("calendar.count", count=value) for value in line.hours),
            line.total,
        )
        for period, line in zip(periods, lines, strict=True)
    ]
    picture = heat_map(lines, described, t("statistics.sum"))
    return Figure(title, picture, heads, rows, t("statistics.about.hours"))


def _count(
    services: Services, caller: Caller, camera: str | None, periods: list[Period], zone: tzinfo
) -> Counter[tuple[date, int]]:
    """Return the photos of each period, by its first day, and hour."""
    first_of = {day: periods[place].first for day, place in places(periods).items()}
    counts: Counter[tuple[date, int]] = Counter()
    days = periods[0].first, periods[-1].last
    for (day, hour), count in count_by_hour(services, caller, camera, days, zone).items():
        counts[first_of[day], hour] += count
    return counts


def _lines(
    counts: Mapping[tuple[date, int], int], periods: list[Period], t: Translation
) -> list[Line]:
    lines = []
    for period in periods:
        hours = [counts.get((period.first, hour), 0) for hour in HOURS]
        texts = [
            t(
                "statistics.in_hour",
                time=period_text(period, t),
                hour=f"{hour:02}",
                photos=t("day.photos", count=value),
            )
            for hour, value in enumerate(hours)
        ]
        total = t("calendar.count", count=sum(hours))
        lines.append(Line(short_day(period.first, t), hours, texts, total))
    return lines
