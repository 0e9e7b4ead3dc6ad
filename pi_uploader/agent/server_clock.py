"""The backend's clock, by the dates of its responses. Commands expire by it, and not by the
device's own clock, which may be wrong by days."""

from datetime import datetime, timedelta

from pi_uploader.clock import Clock


class ServerClock:
    """The server's time: the last date that it told, and the time that has passed since. Before the
    first one it is the device's own. Not thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._date: datetime | None = None
        self._recorded_at = 0.0

    def record(self, date: datetime | None) -> None:
        """Record the date of a response that has just come; None if it had none."""
        if date is not None:
            self._date, self._recorded_at = date, self._clock.monotonic()

    def now(self) -> datetime:
        """Return the server's time, to about a second."""
        if self._date is None:
            return self._clock.now()
        return self._date + timedelta(seconds=self._clock.monotonic() - self._recorded_at)

    def seconds_until(self, moment: datetime) -> float:
        """Return the seconds until a moment of the server's clock; negative after it."""
        return (moment - self.now()).total_seconds()
