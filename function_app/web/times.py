"""Moments on the pages: `<time>` elements in the viewer's zone, which `times.js` then writes as the
browser's own locale does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup

from function_app.http.preferences import Preferences
from function_app.localization.translation import Translation
from photo_wire.moment import format_time, parse_time

# A time of day without and with seconds, a day, a day with its weekday, a day with the time, the
# same with seconds and the zone; how long ago. `times.js` has the same list.
Style = Literal["short", "seconds", "date", "day", "long", "full", "ago"]
_TO = Markup(" \N{EN DASH} ")
# Units of time with their seconds, and from how many seconds on an age is said in them.
_UNITS = (
    ("days", 86_400, 172_800),
    ("hours", 3600, 7200),
    ("minutes", 60, 90),
    ("seconds", 1, 2),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Writes moments for one viewer; templates call it `time`. `now` is the moment of the page."""

    preferences: Preferences
    t: Translation
    now: datetime

    def __call__(self, moment: datetime | str, style: Style = "long") -> Markup:
        """Return the element for an aware moment, or for one as the API has it."""
        at = parse_time(moment) if isinstance(moment, str) else moment
        machine, text = format_time(at), self.text(at, style)
        return Markup('<time datetime="{}" data-style="{}">{}</time>').format(machine, style, text)

    def text(self, moment: datetime | str, style: Style = "long") -> str:
        """Return the same as text."""
        at = parse_time(moment) if isinstance(moment, str) else moment
        if style == "ago":
            return self.ago(at)
        try:
            local = at.astimezone(self.preferences.zone)
        except OverflowError:  # the last day of the year 9999
            local = at
        of_day = f"{local:%H:%M:%S}" if style in ("seconds", "full") else f"{local:%H:%M}"
        if style in ("short", "seconds"):
            return of_day
        day = self.t.day(local, with_weekday=style == "day")
        if style in ("date", "day"):
            return day
        return f"{day}, {of_day} {local:%Z}" if style == "full" else f"{day}, {of_day}"

    def span(self, first: datetime, last: datetime) -> Markup:
        """Return the elements for the span between two moments: with seconds, and with its day
        once, if it is of one day."""
        day = self(first, "date")
        if self.text(last, "date") != self.text(first, "date"):
            return _TO.join([self(first), self(last)])
        begin, end = self(first, "seconds"), self(last, "seconds")
        is_moment = self.text(first, "seconds") == self.text(last, "seconds")
        return Markup(", ").join([day, begin if is_moment else _TO.join([begin, end])])

    def ago(self, moment: datetime) -> str:
        """Say how long ago a moment was: from 90 s on in minutes, and then in the largest unit of
        which there are two or more."""
        seconds = (self.now - moment).total_seconds()
        for unit, length, least in _UNITS:
            if seconds >= least:
                return self.t(f"times.ago.{unit}", count=int(seconds // length))
        return self.t("times.just_now")
