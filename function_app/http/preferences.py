"""What a browser remembers of how its user wants the pages: cookies that the pages' scripts may
read and write. Each is checked; one that is wrong counts as absent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from function_app.http.request import Request
from function_app.localization.translation import LANGUAGES, Language

Theme = Literal["light", "dark"]
Density = Literal["comfortable", "compact"]
THEMES: tuple[Theme, ...] = ("light", "dark")
DENSITIES: tuple[Density, ...] = ("comfortable", "compact")
T = TypeVar("T", bound=str)
ZONE, LANGUAGE, THEME, DENSITY = "zone", "language", "theme", "density"
MAX_AGE = 365 * 24 * 3600  # seconds
_LANGUAGE_RANGE = re.compile(r"\s*([a-z]{1,8})(?:-[a-z0-9-]*)?\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?")


@dataclass(frozen=True, slots=True)
class Preferences:
    """How pages are shown. `zone_name` is None if the browser has not said its time zone yet:
    times are then in UTC. `theme` is None for that of the system."""

    language: Language = "en"
    zone_name: str | None = None
    zone: tzinfo = UTC
    theme: Theme | None = None
    density: Density = "comfortable"

    @staticmethod
    def read(request: Request) -> "Preferences":
        """Return the preferences of the browser that sent a request."""
        cookies = _cookies(request.headers)
        zone_name = cookies.get(ZONE)
        zone = parse_zone(zone_name) if zone_name else None
        return Preferences(
            language=_one_of(LANGUAGES, cookies.get(LANGUAGE))
            or _accepted(request.headers.get("Accept-Language") or ""),
            zone_name=zone_name if zone else None,
            zone=zone or UTC,
            theme=_one_of(THEMES, cookies.get(THEME)),
            density=_one_of(DENSITIES, cookies.get(DENSITY)) or "comfortable",
        )


def read_preference(request: Request, name: str) -> str:
    """Return the unchecked value of a cookie that a browser may write; "" if there is none."""
    return _cookies(request.headers).get(name, "")


def parse_zone(name: str) -> tzinfo | None:
    """Return the time zone of an IANA name such as Europe/Berlin; None for anything else."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        return None


def preference_cookie(name: str, value: str) -> str:
    """Return the Set-Cookie header that stores a preference; "" deletes it. The value must be a
    checked one."""
    return f"{name}={value}; Max-Age={MAX_AGE if value else 0}; Path=/; SameSite=Lax"


def _one_of(choices: tuple[T, ...], value: str | None) -> T | None:
    return next((one for one in choices if one == value), None)


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in (headers.get("Cookie") or "").split(";"))
    return {name: value for name, _, value in pairs}


def _accepted(header: str) -> Language:
    """Return the language that Accept-Language (RFC 9110, 12.5.4) prefers, English if none."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.lower().split(","):
        found = _LANGUAGE_RANGE.fullmatch(part)
        language = _one_of(LANGUAGES, found[1]) if found else None
        if found is None or language is None:
            continue
        try:
            quality = float(found[2] or 1)
        except ValueError:
            continue
        if quality > best[0]:
            best = quality, language
    return best[1]
