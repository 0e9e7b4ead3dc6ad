"""In which orders photos can be walked, and the keys that make it so.

Table Storage walks a partition upwards by key. So each photo has a row for every order: a key that
counts time down puts the newest first, one that counts it up the oldest.
"""

from dataclasses import dataclass
from datetime import datetime

from photo_wire.moment import from_milliseconds, milliseconds
from photo_wire.name import PhotoName

_LAST_MILLISECOND = 999_999_999_999_999
_BEHIND_ALL_IDS = "~"  # which no id holds, and which sorts behind all that it may hold

PHOTOS = "photos"  # the partition of all rows that tell of photos


@dataclass(frozen=True, slots=True)
class View:
    """Photos of one camera or of all, taken at `since` or later and before `until`, newest first
    or oldest first."""

    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False

    def key(self, name: PhotoName) -> str:
        """The photo's key in this view."""
        return f"{self._prefix}{self._digits(name.captured_at)}~{name}"

    def keys(self, after: PhotoName | None) -> tuple[str, str]:
        """The keys between which the view lies, both left out; behind the photo `after`, which
        need not be there."""
        first, end = self._prefix, self._prefix + ":"  # the character that follows 9
        if self.since:
            bound = self._prefix + self._digits(self.since)
            if self.oldest_first:
                first = bound
            else:
                end = f"{bound}~{_BEHIND_ALL_IDS}"
        if self.until:
            bound = self._prefix + self._digits(self.until)
            if self.oldest_first:
                end = bound
            else:
                first = f"{bound}~{_BEHIND_ALL_IDS}"
        return max(first, self.key(after)) if after else first, end

    @property
    def _prefix(self) -> str:
        if self.camera is None:
            return "o~" if self.oldest_first else "t~"
        return f"{'p' if self.oldest_first else 'c'}~{self.camera}~"

    def _digits(self, moment: datetime) -> str:
        return count_up(moment) if self.oldest_first else count_down(moment)


def all_keys(name: PhotoName) -> list[str]:
    """The photo's key in each order; the first is that of all photos, newest first."""
    return [
        View(camera, oldest_first=oldest_first).key(name)
        for camera in (None, name.camera)
        for oldest_first in (False, True)
    ]


def arrival_key(name: PhotoName, listed_at: datetime) -> str:
    """The photo's key among those of its camera, in the order in which they were listed."""
    return arrivals_of(name.camera) + arrival_place(name, listed_at)


def arrival_place(name: PhotoName, listed_at: datetime) -> str:
    """The photo's place among its camera's arrivals: the key without the camera."""
    return f"{count_up(listed_at)}~{name}"


def arrivals_of(camera: str) -> str:
    """How the keys of a camera's arrivals begin."""
    return f"r~{camera}~"


def arrived_at(place: str) -> datetime:
    """When the photo at this place among its camera's arrivals was listed."""
    return from_milliseconds(int(place.partition("~")[0]))


def seen_key(camera: str) -> str:
    """The key of what is noted of a camera with each of its photos."""
    return f"m~{camera}~seen"


def state_key(name: PhotoName) -> str:
    """The key of what is known of a photo's id. It stays when the photo goes."""
    return states_of(name.camera) + str(name).removeprefix(f"{name.camera}-")


def states_of(camera: str) -> str:
    """How the keys of what is known of a camera's photo ids begin."""
    return f"i~{camera}~"


def tally_key(camera: str, month: str = "0") -> str:
    """The key of a month's counts; without one, of the record up to where a camera's photos are
    counted, which comes before those of its months, so that it is never read later than they."""
    return f"{tallies_of(camera)}{month}"


def tallies_of(camera: str) -> str:
    """How the keys of a camera's counts begin."""
    return f"n~{camera}~"


def count_up(moment: datetime) -> str:
    """Fifteen digits that are the higher the later the moment."""
    return f"{milliseconds(moment):015d}"


def count_down(moment: datetime) -> str:
    """Fifteen digits that are the lower the later the moment."""
    return f"{_LAST_MILLISECOND - milliseconds(moment):015d}"
