"""The orders in which photos are listed, and the partitions and row keys of the table `photos`.

Table Storage lists a partition by ascending key. So each photo has a row for every order: a key in
which time counts down puts the newest first, one in which it counts up the oldest.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from photo_wire.moment import from_milliseconds, milliseconds
from photo_wire.name import PhotoName

_LAST_MILLISECOND = 999_999_999_999_999
_AFTER_ALL_IDS = "~"  # no id contains it, and it sorts after all characters of ids

# Partitions of the table `photos` (day_keys.py has one more). No camera's name has a tilde.
PHOTOS = "photos"  # all rows of photos, and what is known of ids and of cameras
RESERVED_NAMES = "claims"  # the names that photos without a time were given here
NEW_CAMERAS = "cameras"  # when something of a camera first came
LOSS_MONTHS = "losses~months"
LOSSES_TAKEN_BACK = "losses~taken-back"
LOSS_CHECKPOINT = ("losses~up-to", "all")  # with the key
FIGURES = "figures"

# The keys between which the counts of all cameras lie in the partition PHOTOS.
ALL_COUNTS = ("n~", "n~~")

# The keys between which the rows of retention of all cameras lie in the partition PHOTOS.
ALL_RETENTION = ("k~", "k~~")

# The key of an alert in the list of all (models.alert_key); its end may be missing or "~~".
ALERT_KEY = re.compile(
    r"[0-9]{15}~[0-9]{15}(~~|~[a-z0-9-]+T[0-9]{9}Z-[0-9a-f]{8}~[a-z0-9_-]{1,32}(~unknown)?)?"
)
# A photo's position in the trash (trash_position).
TRASH_POSITION = re.compile(r"[0-9]{15}~[a-z0-9-]+T[0-9]{9}Z-[0-9a-f]{8}")
# Ends the keys of an unknown sender's alert, so that it does not take the place of the device's.
UNKNOWN_SUFFIX = "~unknown"


@dataclass(frozen=True, slots=True)
class View:
    """Photos of one camera or of all, taken at `since` or later and before `until`, newest first
    or oldest first. `stubs`: the triggers without motion (Photo.is_stub), which are in no other
    view."""

    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False
    stubs: bool = False

    def key(self, name: PhotoName) -> str:
        """Return the photo's key in this view."""
        return f"{self._prefix}{self._digits(name.captured_at)}~{name}"

    def keys(self, after: PhotoName | None) -> tuple[str, str]:
        """Return the keys between which the view lies, both excluded; after the photo `after`,
        which need not exist."""
        first, end = self._prefix, self._prefix + ":"  # the character that follows 9
        if self.since:
            bound = self._prefix + self._digits(self.since)
            if self.oldest_first:
                first = bound
            else:
                end = f"{bound}~{_AFTER_ALL_IDS}"
        if self.until:
            bound = self._prefix + self._digits(self.until)
            if self.oldest_first:
                end = bound
            else:
                first = f"{bound}~{_AFTER_ALL_IDS}"
        return max(first, self.key(after)) if after else first, end

    @property
    def _prefix(self) -> str:
        """How the keys of the view begin: a letter for each order, and the camera's name."""
        if self.camera is None:
            newest, oldest = ("a", "b") if self.stubs else ("t", "o")
            return f"{oldest if self.oldest_first else newest}~"
        newest, oldest = ("f", "g") if self.stubs else ("c", "p")
        return f"{oldest if self.oldest_first else newest}~{self.camera}~"

    def _digits(self, moment: datetime) -> str:
        return count_up(moment) if self.oldest_first else count_down(moment)


def all_keys(name: PhotoName, is_stub: bool = False) -> list[str]:
    """Return the photo's key in each order; the first is that of all photos, or all stubs, newest
    first."""
    return [
        View(camera, oldest_first=oldest_first, stubs=is_stub).key(name)
        for camera in (None, name.camera)
        for oldest_first in (False, True)
    ]


def arrival_key(name: PhotoName, indexed_at: datetime) -> str:
    """Return the photo's key among its camera's arrivals, in the order of their listing."""
    return arrivals_of(name.camera) + arrival_position(name, indexed_at)


def arrival_position(name: PhotoName, indexed_at: datetime) -> str:
    """Return the photo's position among its camera's arrivals: the key without the camera."""
    return f"{count_up(indexed_at)}~{name}"


def arrivals_of(camera: str) -> str:
    """Return how the keys of a camera's arrivals begin."""
    return f"r~{camera}~"


def arrived_at(position: str) -> datetime:
    """Return when the photo at this position among its camera's arrivals was indexed."""
    return from_milliseconds(int(position.partition("~")[0]))


def position_after(moment: datetime) -> str:
    """Return the position after everything that was indexed in this millisecond."""
    return f"{count_up(moment)}~~"


def trash_keys(name: PhotoName, deleted_at: datetime) -> list[str]:
    """Return the keys of a photo in the trash: among those of its camera, and among those of all.
    What was deleted last comes first."""
    position = trash_position(name, deleted_at)
    return [trash_of(camera) + position for camera in (name.camera, None)]


def trash_position(name: PhotoName, deleted_at: datetime) -> str:
    """Return a photo's position in the trash: its key there without the camera."""
    return f"{count_down(deleted_at)}~{name}"


def trash_position_before(moment: datetime) -> str:
    """Return the position after which photos are that were deleted before this millisecond."""
    return f"{count_down(moment)}~~"


def trash_of(camera: str | None) -> str:
    """Return how the keys of a camera's photos in the trash begin, or of all photos there."""
    return "d~" if camera is None else f"e~{camera}~"


def retention_key(camera: str) -> str:
    """Return the key of the row that says up to which position of a camera's arrivals retention has
    left protected photos alone only."""
    return f"k~{camera}~"


def camera_of_retention_key(key: str) -> str:
    """Return the camera whose row of retention has this key."""
    return key.split("~")[1]


def last_seen_key(camera: str) -> str:
    """Return the key of what was last seen of a camera."""
    return f"m~{camera}~seen"


def camera_of_last_seen_key(key: str) -> str:
    """Return the camera of which this row says what was last seen."""
    return key.split("~")[1]


# The keys between which lies what was last seen of all cameras.
ALL_LAST_SEEN = ("m~", "m~~")


def figures_key(camera: str) -> str:
    """Return the key of a camera's figures, in a partition of their own."""
    return f"{camera}~all"


def camera_of_figures_key(key: str) -> str:
    """Return the camera whose figures have this key."""
    return key.partition("~")[0]


def state_key(name: PhotoName) -> str:
    """Return the key of what is known of a photo's id. It stays when the photo is deleted."""
    return states_of(name.camera)[0] + str(name).removeprefix(f"{name.camera}-")


def states_of(camera: str) -> tuple[str, str]:
    """Return the keys between which lies what is known of a camera's photo ids."""
    return f"i~{camera}~", f"i~{camera}~~"


def ids_between(camera: str, start: datetime, end: datetime) -> tuple[str, str]:
    """Return the keys, both excluded, between which lies what is known of the ids of photos that
    this camera took from `start` until before `end`, in whole seconds."""
    prefix = states_of(camera)[0]
    return f"{prefix}{start:%Y%m%dT%H%M%S}", f"{prefix}{end:%Y%m%dT%H%M%S}"


def reserved_name_key(camera: str, sha256: str) -> str:
    """Return the key of the name that was given to a photo with these bytes."""
    return f"{camera}~{sha256}"


def counts_of(camera: str) -> tuple[str, str]:
    """Return the keys between which a camera's counts lie."""
    return f"n~{camera}~", f"n~{camera}~~"


def checkpoint_key(camera: str) -> str:
    """Return the key of the row that says up to where a camera's photos are counted. It comes
    before those of the camera's months, so that it is never read later than they are."""
    return f"n~{camera}~0"


def month_key(camera: str, day: date) -> str:
    """Return the key of the counts of this day's month."""
    return f"n~{camera}~{day.isoformat()[:7]}"


def camera_of_count_key(key: str) -> str:
    """Return the camera whose counts have this key."""
    return key.split("~")[1]


def loss_month_key(camera: str, day: date) -> str:
    """Return the key of a camera's losses in this day's month."""
    return f"{day.isoformat()[:7]}~{camera}"


def camera_of_loss_key(key: str) -> str:
    """Return the camera whose losses in a month have this key."""
    return key.partition("~")[2]


def count_up(moment: datetime) -> str:
    """Return fifteen digits that are higher the later the moment is."""
    return f"{milliseconds(moment):015d}"


def count_down(moment: datetime) -> str:
    """Return fifteen digits that are lower the later the moment is."""
    return f"{_LAST_MILLISECOND - milliseconds(moment):015d}"
