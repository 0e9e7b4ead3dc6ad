"""The page at `/statistics`: photos and bytes by day and camera, losses, and what storage costs."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from function_app.auth.caller import Caller
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.localization.translation import Translation
from function_app.services import Services
from function_app.stats.photos import CameraPhotos, PhotoStatistics, read_photo_statistics
from function_app.stats.storage_price import load_storage_price
from function_app.web.layout import render_page
from function_app.web.statistics.charts import Bar, bar_chart, spark_bars
from function_app.web.statistics.choice import SPANS, Choice
from function_app.web.statistics.texts import Figure, full_day, period_text

_CENT = 0.01


def get_statistics(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; `?camera=` and `?days=` choose of what. 404 with the page if there is no
    such camera, or the caller may not see it."""
    choice = Choice.read("photos", request.http.params)
    now = datetime.now(UTC)
    statistics = read_photo_statistics(services, caller, choice.days, now)
    cameras = [one.camera for one in statistics.cameras]
    if choice.camera is not None:
        statistics = statistics.of_camera(choice.camera)
    t = Translation(Preferences.read(request).language)
    most = max((max(one.series.received) for one in statistics.cameras), default=0)

    def spark(camera: CameraPhotos) -> str:
        return spark_bars(camera.series.received, most)

    is_unknown = choice.camera is not None and not statistics.cameras
    price = load_storage_price()
    return render_page(
        "statistics.html",
        request,
        caller,
        {
            "choice": choice,
            "spans": SPANS,
            "statistics": statistics,
            "is_unknown": is_unknown,
            "cameras": cameras,
            "figures": _figures(statistics, t),
            "spark": spark,
            "price": price,
            "price_date": full_day(date.fromisoformat(price.date), t),
            "cost": _cost(price.of(statistics.stored.size), price.currency, t),
        },
        404 if is_unknown else 200,
    )


def _cost(cost: float, currency: str, t: Translation) -> str:
    """Return a sum in words, to the cent; one below a cent is not shown as nothing."""
    if 0 < cost < _CENT:
        return t("statistics.cost_below", cost=t.decimal(_CENT, 2), currency=currency)
    return t("statistics.cost", cost=t.decimal(cost, 2), currency=currency)


def _figures(statistics: PhotoStatistics, t: Translation) -> list[Figure]:
    """Return those of photos that came, of bytes, and of losses if there were any."""
    series = statistics.series
    figures = [
        _figure(statistics, "received", series.received, t, _count(t)),
        _figure(statistics, "size", series.size, t, t.size),
    ]
    if any(series.losses):
        figures.append(_figure(statistics, "losses", series.losses, t, _count(t)))
    return figures


def _figure(
    statistics: PhotoStatistics,
    name: str,
    values: Sequence[int],
    t: Translation,
    to_text: Callable[[int], str],
) -> Figure:
    periods = statistics.periods
    title = t(f"statistics.figure.{name}")
    lines = [
        (period_text(period, t), to_text(value))
        for period, value in zip(periods, values, strict=True)
    ]
    bars = [
        Bar(value, full_day(period.first, t), f"{label}: {text}")
        for period, value, (label, text) in zip(periods, values, lines, strict=True)
    ]
    highest = to_text(max(values)) if any(values) else ""
    described = t("statistics.described", figure=title, total=to_text(sum(values)))
    picture = bar_chart(bars, described, highest)
    about = t(f"statistics.about.{name}")
    return Figure(title, picture, (t("statistics.time"), title), lines, about)


def _count(t: Translation) -> Callable[[int], str]:
    return lambda value: t("calendar.count", count=value)
