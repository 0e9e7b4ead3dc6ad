"""What the pages of statistics are about: a camera or all, and how many days back."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from function_app.http import json_schema
from function_app.http.parameters import CAMERA, Kind, defaulting
from function_app.stats.periods import MAX_SINGLE_DAYS
from photo_wire.errors import WireError, quoted

SPANS = (7, 30, 90, 365)  # days
PAGES = {
    "photos": "/statistics",
    "hours": "/statistics/hours",
    "devices": "/statistics/devices",
}


def _parse_span(text: str, name: str) -> int:
    if text not in map(str, SPANS):
        raise WireError(name, f"must be one of {', '.join(map(str, SPANS))}, not {quoted(text)}")
    return int(text)


_DAYS = defaulting("days", Kind(json_schema.text(), "a number of days", _parse_span), 30)


@dataclass(frozen=True, slots=True)
class Choice:
    """A page of `PAGES`, a camera or None for all, and a number of days."""

    page: str
    camera: str | None = None
    days: int = 30

    @staticmethod
    def read(page: str, params: Mapping[str, str]) -> "Choice":
        """Return the choice in a query, of which a form sends empty parts too. The camera may be
        one that there is not, or that nobody but others may see. Raises WireError."""
        given = {name: value for name, value in params.items() if value}
        return Choice(page, CAMERA.read(given), _DAYS.read(given))

    @property
    def is_weekly(self) -> bool:
        """Whether figures are by weeks, not by days."""
        return self.days > MAX_SINGLE_DAYS

    @property
    def pages(self) -> Mapping[str, str]:
        """The pages' paths by their names."""
        return PAGES

    def path(self, **changed: object) -> str:
        """Return the address of a page with this choice, of which some is changed; what is None is
        left out."""
        chosen = {"camera": self.camera, "days": self.days, **changed}
        page = str(chosen.pop("page", self.page))
        query = urlencode({name: value for name, value in chosen.items() if value})
        return f"{PAGES[page]}?{query}"
