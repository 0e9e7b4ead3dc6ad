"""The keys in the partition of the table `photos` that says what each camera did on each day
(function_app/days/)."""

from datetime import date, timedelta

DAYS = "days"  # the partition

# The guard is in every transaction that changes a row there. After it come the cameras of which
# days are to be built.
GUARD = "0"
GUARD_AND_WORK = ("", "1")


def work_key(camera: str) -> str:
    """Return the key of the days of a camera that are to be built."""
    return f"{GUARD}~{camera}"


FIRST_DAY = "d~"  # before the keys of all days


def camera_of_work_key(key: str) -> str:
    """Return the camera whose days are to be built by this row."""
    return key.partition("~")[2]


def day_header_key(day: date) -> str:
    """Return the key of what holds for all cameras on a day (UTC). It comes before their rows."""
    return f"d~{day}"


def day_key(day: date, camera: str) -> str:
    """Return the key of what a camera did on a day (UTC)."""
    return f"d~{day}~{camera}"


def day_and_camera(key: str) -> tuple[date, str]:
    """Return the day and the camera of such a key; of a header the camera is empty."""
    _, day, *camera = key.split("~")
    return date.fromisoformat(day), camera[0] if camera else ""


def days_between(first: date, last: date) -> tuple[str, str]:
    """Return the keys, both excluded, between which lie the headers and rows of all days from the
    first to the last."""
    return f"d~{first - timedelta(days=1)}~~", f"d~{last}~~"


def quarters_key(month: str, camera: str) -> str:
    """Return the key of a camera's photos by quarter hour in a month such as 2026-11."""
    return f"m~{month}~{camera}"


def quarters_of(month: str) -> tuple[str, str]:
    """Return the keys, both excluded, between which those of all cameras lie."""
    return f"m~{month}~", f"m~{month}~~"


def months_key(camera: str, month: str) -> str:
    """Return the key of the same row among those of the camera's months."""
    return f"q~{camera}~{month}"


def month_in(key: str) -> str:
    """Return the month in a key of a camera's months."""
    return key.rpartition("~")[2]


def months_of(camera: str, first: str, last: str) -> tuple[str, str]:
    """Return the keys, both excluded, between which a camera's months from the first to the last
    lie, and at most two before."""
    return months_key(camera, first)[:-1], f"{months_key(camera, last)}~"


def all_quarters_key(month: str) -> str:
    """Return the key of the photos of all cameras by quarter hour in a month."""
    return f"s~{month}"


def month_of_key(key: str) -> str:
    """Return the month whose photos of all cameras have this key."""
    return key.partition("~")[2]


ALL_QUARTERS = ("s~", "s~~")


def all_quarters_of(first: str, last: str) -> tuple[str, str]:
    """Return the keys, both excluded, between which the months from the first to the last lie, and
    at most two before."""
    return all_quarters_key(first)[:-1], f"{all_quarters_key(last)}~"
