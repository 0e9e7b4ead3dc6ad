"""Durations, moments, shares and large numbers as a reader writes them: in pages and notifications,
and in the sentences of the API and of devices, which have them in one form for all readers."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo

from function_app.localization.translation import Translation

# The units of durations with their seconds, by the name that sentences have for them.
_UNITS = {"d": ("days", 86_400), "h": ("hours", 3600), "min": ("minutes", 60), "s": ("seconds", 1)}
_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d{1,6})?)?(?:Z| UTC)")
_DURATION = re.compile(r"(?<![\w.,-])(\d+(?:\.\d+)?) (d|h|min|s)\b(?!/)(\.?)")
_SHARE = re.compile(r"(?<![\w.,-])(\d+)%")
_LARGE = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d)")


def duration(t: Translation, seconds: float) -> str:
    """Say how long something took: its two largest units, the rest cut off, as in `2 h 41 min`."""
    rest = int(seconds)
    parts: list[tuple[str, int]] = []
    for name, length in _UNITS.values():
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append((name, count))
    shown = [t(f"duration.{name}", count=count) for name, count in parts[:2] if count]
    return " ".join(shown) or t("duration.seconds", count=0)


def localize(text: str, t: Translation, zone: tzinfo) -> str:
    """Return the sentence of a device or of the API with its moments in the reader's time zone, and
    its durations, shares and large numbers in their language."""
    for pattern, write in _quantities(t, zone).items():
        text = pattern.sub(write, text)
    return text


def _quantities(
    t: Translation, zone: tzinfo
) -> Mapping[re.Pattern[str], Callable[[re.Match[str]], str]]:
    def moment(found: re.Match[str]) -> str:
        try:
            at = datetime.fromisoformat(f"{found[1]} {found[2]}").replace(tzinfo=UTC)
            local = at.astimezone(zone)
        except (ValueError, OverflowError):  # there is no such day, or the zone has none
            return found[0]
        # The page of a browser that has not said its zone yet is in UTC, and says so.
        return f"{t.day(local)}, {local:%H:%M}{' UTC' if zone is UTC else ''}"

    def length(found: re.Match[str]) -> str:
        name, _ = _UNITS[found[2]]
        number, end = found[1], found[3]
        count = int(number) if number.isdigit() else t.decimal(float(number), 1)
        text = t(f"duration.{name}", count=count)
        return text if text.endswith(end) else text + end

    return {
        _MOMENT: moment,
        _DURATION: length,
        _SHARE: lambda found: t("photo.percent", number=found[1]),
        _LARGE: lambda found: t.decimal(int(found[0].replace(",", "")), 0),
    }
