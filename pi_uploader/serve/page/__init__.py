"""The page for people. It works without JavaScript, and has none."""

from datetime import datetime, tzinfo
from http import HTTPStatus
from pathlib import Path
from typing import Any

import bottle

from photo_wire.errors import WireError, as_sentence
from photo_wire.media import Media
from photo_wire.moment import parse_time
from photo_wire.motion import WATCHING

_FOLDER = Path(__file__).parent
STYLE = (_FOLDER / "style.css").read_bytes()
_PAGE = bottle.SimpleTemplate((_FOLDER / "page.html").read_text())
_ERROR = bottle.SimpleTemplate((_FOLDER / "error.html").read_text())


def render_page(zone: tzinfo, **facts: Any) -> str:
    """Return the page, from the template's variables. Times are shown in `zone`."""

    def local(moment: datetime | str | None, pattern: str = "%d %b %H:%M:%S") -> str:
        if isinstance(moment, str):
            try:
                moment = parse_time(moment, "time")
            except WireError:
                return "unknown"
        return "never" if moment is None else f"{moment.astimezone(zone):{pattern}}"

    page: str = _PAGE.render(
        **facts,
        local=local,
        size=_size,
        percent=_percent,
        duration=_duration,
        sentence=as_sentence,
        jpeg=Media.JPEG,
        watching=WATCHING,
    )
    return page


def render_error(status: HTTPStatus, detail: str) -> str:
    """Return a page that says why a request failed."""
    page: str = _ERROR.render(title=status.phrase, detail=as_sentence(detail))
    return page


def _size(count: float | None) -> str:
    if count is None:
        return "unknown"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
