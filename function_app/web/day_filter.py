"""What the address of a day asks for: the day, which photos of it, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from function_app.auth.caller import Caller
from function_app.browse.day import FIRST_DAY, LAST_DAY, Selection
from function_app.browse.listing import LABEL, ONLY, STUBS, TRIGGER
from function_app.http import json_schema
from function_app.http.authorization import check_camera_is_visible
from function_app.http.parameters import CAMERA, MOMENT, Kind, optional, required
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.localization.label_text import label_of_text
from function_app.localization.translation import Translation
from photo_wire.errors import WireError, quoted

MINUTE = timedelta(minutes=1)


def parse_day(text: str, name: str) -> date:
    """Return the day of a text such as 2026-11-27. Raises WireError for one that no page shows."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY or text != day.isoformat():
        raise WireError(name, f"must be a day such as 2026-11-27, not {quoted(text)}")
    return day


def _parse_clock(text: str, name: str) -> timedelta | datetime:
    """Return a time of day, since midnight, or a moment."""
    if len(text) != len("hh:mm"):
        return MOMENT.parse(text, name)
    try:
        clock = datetime.strptime(text, "%H:%M")
    except ValueError:
        raise WireError(name, f"must be a time such as 22:30, not {quoted(text)}") from None
    return timedelta(hours=clock.hour, minutes=clock.minute)


DAY = Kind(json_schema.DAY, "a day such as 2026-11-27", parse_day)
DATE = required("date", DAY, "A day in the viewer's zone.")
_FROM = optional(
    "from", Kind(json_schema.text(), "a time such as 22:30, or a moment", _parse_clock)
)


@dataclass(frozen=True, slots=True)
class Filter:
    """The camera, the trigger and the label of which a page shows photos; None for all. With
    `stubs` it shows stubs in place of photos."""

    camera: str | None = None
    trigger: str | None = None
    label: str | None = None
    stubs: bool = False

    @staticmethod
    def read(request: Request, caller: Caller) -> "Filter":
        """Return the filter of a query, of which a form sends empty parts too, and the label as a
        person typed it. Raises WireError, and HTTPProblemError (404) for a camera that the caller
        may not see."""
        given = {name: value for name, value in request.http.params.items() if value}
        if typed := given.get(LABEL.name):
            t = Translation(Preferences.read(request).language)
            given[LABEL.name] = label_of_text(t, typed)
        camera = CAMERA.read(given)
        if camera:
            check_camera_is_visible(camera, caller)
        return Filter(camera, TRIGGER.read(given), LABEL.read(given), STUBS.read(given) == ONLY)

    def path(self, day: date, **query: str | None) -> str:
        """Return the address of a day with this filter; what is None is left out."""
        stubs = ONLY if self.stubs else None
        shown = {"camera": self.camera, "trigger": self.trigger, "label": self.label}
        values = {**shown, "stubs": stubs, **query}
        text = urlencode({name: value for name, value in values.items() if value})
        return f"/days/{day}?{text}" if text else f"/days/{day}"

    def selection(self, caller: Caller) -> Selection:
        """Return the photos that it shows to a caller."""
        return Selection(caller.cameras, self.camera, self.trigger, self.label, self.stubs)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out photos of the cameras that it shows."""
        return bool(self.trigger or self.label or self.stubs)

    @property
    def of_photos(self) -> "Filter":
        """The same for photos."""
        return replace(self, stubs=False)

    @property
    def of_stubs(self) -> "Filter":
        """The same for stubs."""
        return replace(self, stubs=True)


def read_shown_until(
    params: Mapping[str, str], day: date, preferences: Preferences
) -> datetime | None:
    """Return the moment before which the photos of a page were taken, by `from`: a time of day,
    whose whole minute is shown, or a moment. A time of day that comes twice is the later one."""
    value = _FROM.read({name: text for name, text in params.items() if text})
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    if value is None:
        return None
    midnight = datetime.combine(day, datetime.min.time())
    local = (midnight + value).replace(tzinfo=preferences.zone, fold=1)
    return local.astimezone(UTC) + MINUTE
