"""The backend's clock, by the dates of its responses. Commands expire by it, and not by the
device's own clock, which may be wrong by days."""

from contextlib import suppress
from datetime import datetime, timedelta

from pi_uploader.clock import EARLIEST_TIME, LATEST_TIME, Clock


class ServerClock:
    """The server's time: the last date that it told, and the time that has passed since. Before the
    first one it is the device's own. Threads share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recorded: tuple[datetime, float] | None = None  # and when, in monotonic seconds

    def record(self, date: datetime | None) -> None:
        """Record the date of a response that has just come; None if it had none. A date that
        no clock shows is ignored: calculating with it would fail."""
        if date is not None and EARLIEST_TIME <= date < LATEST_TIME:
            self._recorded = date, self._clock.monotonic()

    def now(self) -> datetime:
        """Return the server's time, to about a second."""
        if self._recorded is None:
            return self._clock.now()
        date, recorded_at = self._recorded
        with suppress(OverflowError):
            return date + timedelta(seconds=self._clock.monotonic() - recorded_at)
        return LATEST_TIME

    def seconds_until(self, moment: datetime) -> float:
        """Return the seconds until a moment of the server's clock; negative after it."""
        return (moment - self.now()).total_seconds()
