"""The device's clock: wall time, monotonic time, time since boot, and whether it is set.

A Pi has no clock chip: it boots with a wall time in the past, until the network sets it.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMESYNCD_MARKER = Path("/run/systemd/timesync/synchronized")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
EARLIEST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(9999, 12, 1, tzinfo=UTC)
FIRST_VALID_YEAR = 2024  # an earlier one comes from a clock that was never set
_TIMEX_SIZE = 512  # bytes; struct timex has about 208
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS has only the latter


@dataclass(frozen=True, slots=True)
class BootTime:
    """A time of one boot, independent of the wall clock.

    `boot` is the first eight hex digits of the boot's id, `milliseconds` the time since it
    (CLOCK_BOOTTIME).
    """

    boot: str
    milliseconds: int


class Clock:
    """The device's clock. Tests use tests/support/fake_clock.py instead."""

    def __init__(self, is_trusted: bool = False) -> None:
        """`is_trusted`: the wall time counts as set, whatever the system says (CAMERA_CLOCK)."""
        self._is_trusted = is_trusted
        self._boot: str | None = None

    def now(self) -> datetime:
        """Return the wall time in UTC, kept within what a photo's name and every time zone can
        represent: a failing clock chip may show any year."""
        return min(max(self._wall_time(), EARLIEST_TIME), LATEST_TIME)

    def monotonic(self) -> float:
        """Return seconds that never go back, whatever sets the wall time."""
        return time.monotonic()

    def since_boot(self) -> BootTime:
        """Return the time since this boot. Sleep counts, unlike in `monotonic`."""
        if self._boot is None:  # it never changes while this process runs
            self._boot = BOOT_ID.read_text()[:8] if BOOT_ID.exists() else "00000000"
        return BootTime(self._boot, time.clock_gettime_ns(_SINCE_BOOT) // 1_000_000)

    def is_set(self) -> bool:
        """Return whether the wall time can be trusted: it was synchronized since the boot.

        systemd-timesyncd leaves a marker when it first synchronizes. For other daemons the kernel
        is asked. Its answer alone would not do: it withdraws it after nine hours without a network.
        Where neither is available, a year before 2024 means no.
        """
        if self._is_trusted or TIMESYNCD_MARKER.exists():
            return True
        state = _kernel_clock_state()
        if state is None:
            return datetime.now(UTC).year >= FIRST_VALID_YEAR
        return state != TIME_ERROR

    def _wall_time(self) -> datetime:
        try:
            return datetime.now(UTC)
        except (OverflowError, ValueError, OSError):  # after the year 9999
            return LATEST_TIME


SYSTEM_CLOCK = Clock()


def _kernel_clock_state() -> int | None:
    """Return the state that adjtimex(2) reports; None where there is no such call.

    A sandbox that forbids the call counts as "not synchronized".
    """
    if sys.platform != "linux":
        return None
    import ctypes  # not at the start: most systems have the marker

    timex = ctypes.create_string_buffer(_TIMEX_SIZE)  # all zero: `modes` too, so it only reads
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return TIME_ERROR if state < 0 else state
