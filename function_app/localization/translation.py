"""The texts of pages and notifications: `strings/en.json` and the same keys in each other language.

A key is `page.thing`. A text has placeholders such as {name}. One that depends on a number has two
keys, `page.thing.one` and `page.thing.other`, and is asked for as `page.thing` with a `count`. A
template's text may have a third one, `page.thing.zero`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from markupsafe import Markup

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")
_FOLDER = Path(__file__).parent / "strings"
_THOUSANDS = {"en": ",", "de": "."}
_UNITS = {1: "KB", 2: "MB", 3: "GB", 4: "TB"}  # by the power of 1,000


@dataclass(frozen=True, slots=True)
class Translation:
    """The texts in one language; templates call it `t`."""

    language: Language

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its placeholders filled. Raises KeyError for a key that is not there
        and for a value that is missing. With an element among the values it is HTML, in which the
        other values are escaped."""
        texts = load_strings(self.language)
        if "count" in values and key not in texts:
            is_zero = values["count"] == 0 and f"{key}.zero" in texts
            key = f"{key}.{'zero' if is_zero else 'one' if values['count'] == 1 else 'other'}"
        shown = {name: self._shown(value) for name, value in values.items()}
        has_markup = any(isinstance(value, Markup) for value in values.values())
        text = Markup(texts[key]) if has_markup else texts[key]  # noqa: S704 - our own text
        return text.format_map(shown)

    def _shown(self, value: object) -> object:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return f"{value:,}".replace(",", _THOUSANDS[self.language]) if is_number else value

    def decimal(self, value: float, digits: int) -> str:
        """Return a number with this many digits after the point, which in German is a comma."""
        thousands, whole = _THOUSANDS[self.language], f"{value:,.{digits}f}"
        return whole if thousands == "," else whole.translate({44: thousands, 46: ","})

    def size(self, size: int) -> str:
        """Return a number of bytes in the largest unit of which there is one."""
        power = next((power for power in (4, 3, 2) if size >= 1000**power), 1)
        return f"{self.decimal(size / 1000**power, 0 if power == 1 else 1)} {_UNITS[power]}"

    def day(self, moment: datetime, with_weekday: bool = False) -> str:
        """Return the day of a moment, in the zone that the moment has: `28 Nov 2026`, or with the
        weekday `Saturday, 28 November 2026`."""
        return self(
            "times.day" if with_weekday else "times.date",
            weekday=self(f"times.weekday.{moment.isoweekday()}"),
            day=str(moment.day),
            month=self(f"times.month.{moment.month}"),
            short_month=self(f"times.short_month.{moment.month}"),
            year=str(moment.year),
        )

    def subset(self, prefixes: Iterable[str]) -> dict[str, str]:
        """Return the texts whose keys begin with one of these words and a dot."""
        beginnings = tuple(f"{prefix}." for prefix in prefixes)
        texts = load_strings(self.language)
        return {key: text for key, text in texts.items() if key.startswith(beginnings)}


@cache
def load_strings(language: Language) -> Mapping[str, str]:
    """Return all texts in a language by their keys, read once."""
    strings: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
    return strings
