"""The page at `/statistics/devices`: how each device is, and its figures by the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from markupsafe import Markup

from function_app.auth.caller import Caller
from function_app.devices.api import DEVICE
from function_app.devices.history import HourFigures
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.localization.translation import Translation
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.stats.devices import read_device_statistics
from function_app.web.devices import is_paused
from function_app.web.layout import render_page
from function_app.web.statistics.charts import line_chart
from function_app.web.statistics.choice import Choice
from photo_wire.moment import parse_time

_SPANS = (7, 30)  # days: figures are kept for 31
_GAP = timedelta(hours=2).total_seconds()  # after which a line breaks
_DAY = 86_400  # seconds
_GB = 10**9  # bytes


class Unit(NamedTuple):
    """How a figure is shown: divided by `scale`, with so many digits and this sign."""

    sign: str = ""
    scale: float = 1
    digits: int = 0

    def text(self, value: float, t: Translation) -> str:
        """Return a value in this unit."""
        return f"{t.decimal(value / self.scale, self.digits)} {self.sign}".rstrip()


UNITS = {
    "temperature": Unit("°C", digits=1),
    "disk_free": Unit("GB", _GB, 1),
    "signal": Unit("dBm"),
    "waiting": Unit(),
}


class Column(NamedTuple):
    """A figure by the hour: its name in the table, in words, its line, its range in words. There
    is no line of fewer than two hours."""

    name: str
    title: str
    unit: Unit
    picture: Markup | None
    lowest: str
    highest: str


def get_statistics_devices(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; `?device=` and `?days=` choose of which one it has the hours."""
    params = request.http.params
    choice = Choice.read("devices", params)
    if choice.days not in _SPANS:
        choice = replace(choice, days=_SPANS[-1])
    device = DEVICE.read(params) if params.get("device") else None
    now = datetime.now(UTC)
    found = read_device_statistics(services, caller, device, choice.days, now)
    if found is None:
        raise HTTPProblemError(404, f"There is no device {device}, or it never sent a heartbeat.")
    t = Translation(Preferences.read(request).language)
    # The clock of another instance may be ahead: its report is not to lie beyond the axis.
    end = ceil(max([now, *(one.at for one in found.hours)]).timestamp())
    return render_page(
        "statistics_devices.html",
        request,
        caller,
        {
            "choice": choice,
            "spans": _SPANS,
            "devices": [_describe(one, t, now) for one in found.devices],
            "chosen": found.chosen,
            "hours": found.hours,
            "columns": _columns(found.hours, t),
            "axis": (end - choice.days * _DAY, end),
            "text": lambda column, hour: _text(column.name, hour.figures, t),
        },
    )


def _describe(device: Mapping[str, Any], t: Translation, now: datetime) -> dict[str, Any]:
    """Return a device as the API has it, with what the table shows of it: figures that the caller
    may not see, or that it does not know, are empty."""
    spool, network = device["spool"] or {}, device["network"] or {}
    figures = {**device, "signal": network.get("signal"), "waiting": spool.get("waiting")}
    oldest = spool.get("oldest")
    return {
        **device,
        "is_paused": is_paused(device, now),
        "received_at": parse_time(device["received_at"]),
        "oldest": parse_time(oldest) if oldest and figures["waiting"] else None,
        "figures": {name: _text(name, figures, t) for name in UNITS},
    }


def _columns(hours: Sequence[HourFigures], t: Translation) -> list[Column]:
    """Return the figures of which at least one hour knows something."""
    columns = []
    for name, unit in UNITS.items():
        points = [(one.at.timestamp(), one.figures[name]) for one in hours if name in one.figures]
        if points:
            values = [value for _, value in points]
            lowest, highest = unit.text(min(values), t), unit.text(max(values), t)
            title = t(f"statistics.device.{name}")
            described = t("statistics.between", figure=title, lowest=lowest, highest=highest)
            picture = line_chart(points, described, _GAP) if len(points) > 1 else None
            columns.append(Column(name, title, unit, picture, lowest, highest))
    return columns


def _text(name: str, figures: Mapping[str, Any], t: Translation) -> str:
    value = figures.get(name)
    return "" if value is None else UNITS[name].text(value, t)
