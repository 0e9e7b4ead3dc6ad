"""Whether the device's clock is set. A Pi has no clock chip: it boots in the past."""

import ctypes
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pi_uploader.spool import BootTime

TIMESYNCD_MARKER = Path("/run/systemd/timesync/synchronized")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
EARLIEST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_MOMENT = datetime(9999, 12, 1, tzinfo=UTC)
CLOCK_AWAITED = "photos wait up to 15 minutes for the network to set it, and are sent then"
CLOCK_NEXT_STEP = (
    "timedatectl status shows whether it is; where the clock is right without that (a clock chip, "
    "a PC, a container), set CAMERA_CLOCK=trusted"
)
_ROOM_FOR_TIMEX = 512  # bytes; struct timex has about 208
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS has only the latter


def clock_predicate(is_trusted: bool) -> Callable[[], bool]:
    """Return what tells whether the clock is set: always, if the setting CAMERA_CLOCK says that it
    is trusted."""
    return (lambda: True) if is_trusted else clock_is_set


def clock_is_set() -> bool:
    """Whether the wall clock can be trusted: it has been synchronized since the boot.

    systemd-timesyncd leaves a marker when it first is. For other daemons the kernel is asked; its
    answer alone would not do, because it takes it back after nine hours without a network. Where
    neither can be known, a year before 2024 means no.
    """
    if TIMESYNCD_MARKER.exists():
        return True
    state = _kernel_clock_state()
    if state is None:
        return datetime.now(UTC).year >= 2024
    return state != TIME_ERROR


def now_utc() -> datetime:
    """What the wall clock shows, as far as a photo's name can hold it."""
    try:
        shown = datetime.now(UTC)
    except (OverflowError, ValueError, OSError):  # after the year 9999
        return LATEST_MOMENT
    return within_bounds(shown)


def within_bounds(shown: datetime) -> datetime:
    """A moment (aware) as the nearest that a name, every time zone and an hour's sum can hold. A
    clock chip that fails may show any."""
    return min(max(shown, EARLIEST_MOMENT), LATEST_MOMENT)


def _kernel_clock_state() -> int | None:
    """What adjtimex(2) returns when asked to change nothing; None where there is no such call. A
    confinement that forbids it leaves the clock in doubt, which is not set."""
    if sys.platform != "linux":
        return None
    timex = ctypes.create_string_buffer(_ROOM_FOR_TIMEX)  # all zero: `modes` too, so it only reads
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return TIME_ERROR if state < 0 else state


def instant() -> BootTime:
    """Now, as the time since this boot, which no one sets."""
    boot = BOOT_ID.read_text()[:8] if BOOT_ID.exists() else "00000000"
    return BootTime(boot, time.clock_gettime_ns(_SINCE_BOOT) // 1_000_000)
