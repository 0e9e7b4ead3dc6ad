"""How many photos came, were lost and are stored, by camera and by day or week."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from function_app.auth.caller import Caller
from function_app.services import Services
from function_app.stats.periods import Period, last_periods, places
from function_app.storage.figures import columns_of_days
from function_app.storage.photo_counts import Count
from function_app.timer_watch import COUNT, last_runs


@dataclass(slots=True)
class Series:
    """A number for each period: photos that came, photos that were lost, and the bytes of those
    that are stored."""

    received: list[int]
    losses: list[int]
    size: list[int]

    @staticmethod
    def zeros(count: int) -> "Series":
        """Return a series of this many periods without anything."""
        return Series([0] * count, [0] * count, [0] * count)


@dataclass(frozen=True, slots=True)
class CameraPhotos:
    """The photos of a camera: those that are stored, of whatever day, and those of each period."""

    camera: str
    stored: Count
    series: Series


@dataclass(frozen=True, slots=True)
class PhotoStatistics:
    """The photos of some cameras, by name, and of all of these together. `as_of` is when they were
    counted, None if they never were."""

    as_of: datetime | None
    periods: list[Period]
    cameras: list[CameraPhotos] = field(default_factory=list)

    def of_camera(self, camera: str) -> "PhotoStatistics":
        """Return those of one of the cameras, or of none if it is not among them."""
        return replace(self, cameras=[one for one in self.cameras if one.camera == camera])

    @property
    def stored(self) -> Count:
        """The photos that are stored."""
        return sum((one.stored for one in self.cameras), Count())

    @property
    def series(self) -> Series:
        """The sum of the cameras' series."""
        total = Series.zeros(len(self.periods))
        for one in self.cameras:
            _add(total.received, one.series.received)
            _add(total.losses, one.series.losses)
            _add(total.size, one.series.size)
        return total


def read_photo_statistics(
    services: Services, caller: Caller, days: int, now: datetime
) -> PhotoStatistics:
    """Return the statistics of the last `days` (UTC) of the cameras that the caller may see. Two
    requests, one more for each further thousand cameras. Raises StorageUnavailableError."""
    today = now.date()
    periods = last_periods(today, days)
    first, place_of = periods[0].first, places(periods)
    by_text = {str(day): place for day, place in place_of.items()}
    statistics = PhotoStatistics(last_runs(services.accounts)[COUNT], periods)
    figures = services.figures.read(caller.cameras, columns_of_days(first, today, today))
    for name, one in sorted(figures.items()):
        series = Series.zeros(len(periods))
        for day, _, size, received, losses, _ in one.days(str(first), str(today)):
            place = by_text[day]
            series.received[place] += received
            series.losses[place] += losses
            series.size[place] += size
        statistics.cameras.append(CameraPhotos(name, one.total, series))
    return statistics


def _add(total: list[int], numbers: list[int]) -> None:
    for place, number in enumerate(numbers):
        total[place] += number
