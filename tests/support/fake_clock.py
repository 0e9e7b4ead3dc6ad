"""A clock that a test sets."""

from collections.abc import Callable
from datetime import datetime

from pi_uploader.clock import BootTime, Clock


class FakeClock(Clock):
    """A device's clock of which the test sets any part: to a value, which may be assigned anew, or
    to a function that returns it. The other parts are the machine's own, but it counts as set."""

    def __init__(
        self,
        *,
        wall: datetime | Callable[[], datetime] | None = None,
        seconds: float | Callable[[], float] | None = None,
        boot_time: BootTime | Callable[[], BootTime] | None = None,
        is_set: bool | Callable[[], bool] = True,
    ) -> None:
        super().__init__()
        self.wall = wall
        self.seconds = seconds
        self.boot_time = boot_time
        self.synchronized = is_set

    def monotonic(self) -> float:
        if self.seconds is None:
            return super().monotonic()
        return self.seconds() if callable(self.seconds) else self.seconds

    def since_boot(self) -> BootTime:
        if self.boot_time is None:
            return super().since_boot()
        return self.boot_time() if callable(self.boot_time) else self.boot_time

    def is_set(self) -> bool:
        return self.synchronized() if callable(self.synchronized) else self.synchronized

    def _wall_time(self) -> datetime:
        if self.wall is None:
            return super()._wall_time()
        return self.wall() if callable(self.wall) else self.wall
