"""Days, weeks and columns of statistics in words."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from function_app.localization.translation import Translation
from function_app.stats.periods import Period


class Figure(NamedTuple):
    """A picture with its name, and the table that has the same: its heads and its lines. `about`
    says what is counted."""

    name: str
    picture: Markup
    heads: Sequence[str]
    lines: Sequence[Sequence[str]]
    about: str


def short_day(day: date, t: Translation) -> str:
    """Return a day without its year."""
    short_month = t(f"times.short_month.{day.month}")
    return t("statistics.day", day=str(day.day), short_month=short_month)


def full_day(day: date, t: Translation) -> str:
    """Return a day."""
    short_month = t(f"times.short_month.{day.month}")
    return t("times.date", day=str(day.day), short_month=short_month, year=str(day.year))


def period_text(period: Period, t: Translation) -> str:
    """Return a day, or the first and the last one of a week."""
    if period.first == period.last:
        return full_day(period.first, t)
    first, last = short_day(period.first, t), full_day(period.last, t)
    return t("statistics.from_to", first=first, last=last)
