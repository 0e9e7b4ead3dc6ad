"""Photos with wrong or unknown times are reported, once a day at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from photo_wire.alert import CLOCK, Alert
from photo_wire.headers import ClockStatus
from photo_wire.moment import format_time
from pi_uploader.alerts.clock_skew_monitor import LASTING_SECONDS
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.clock import SYSTEM_CLOCK, BootTime
from tests.support.fault_server import Exchange, FaultServer
from tests.support.spool_photos import name, put
from tests.support.uploading import Device

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EARLIER_BOOT = BootTime("00000000", 1)


class Site:
    """A device and a server, each with its own clock; time passes for both."""

    def __init__(self, folder: Path, server: FaultServer) -> None:
        self.server_date: str | None = None
        self.lag = timedelta(0)
        self._folder = folder
        self._server = server
        self._number = 0
        server.handler = self._keep
        self.start()

    def start(self) -> None:
        """Start or restart the upload."""
        passed = getattr(self, "device", None)
        self.device = Device(self._folder, self._server)
        self.device.clock.wall = lambda: self._now - self.lag
        self.device.now = passed.now if passed else 0.0

    @property
    def _now(self) -> datetime:
        return NOON + timedelta(seconds=self.device.now)

    def _keep(self, exchange: Exchange) -> None:
        reply = exchange.store.handle(exchange.request, exchange.read())
        date = self.server_date
        if date is None:
            date = format_datetime(self._now, usegmt=True)
        exchange.send(replace(reply, headers={**reply.headers, "Date": date}))

    def deliver(self, taken: BootTime | None = None) -> None:
        """Take and deliver a photo, and let the time pass in which alerts are sent."""
        put(self.device.spool, self._number, taken=taken)
        self._number += 1
        self.device.try_once()  # which names it, too
        self.device.try_all(max_tries=10)
        for _ in range(2):
            self.wait(REPORT_SECONDS)
            self.device.uploader.step()

    def wait(self, seconds: float) -> None:
        self.device.now += seconds

    def alerts(self) -> list[Alert]:
        return [one for one in self._server.store.alerts.values() if one.kind == CLOCK]


@pytest.mark.parametrize(
    ("lag", "text"),
    [
        (timedelta(hours=3, minutes=2), "3 h 2 min behind the server's"),
        (timedelta(days=1, hours=3, minutes=2), "1 d 3 h behind the server's"),
        (timedelta(days=-400), "400 d ahead of the server's"),
    ],
)
def test_a_clock_that_stays_wrong_is_reported(lag: timedelta, text: str, tmp_path: Path) -> None:
    """Under a name with the server's time, since the device's is wrong."""
    with FaultServer() as server:
        site = Site(tmp_path, server)
        site.lag = lag
        site.deliver()
        site.deliver()  # the difference has not lasted yet
        assert site.alerts() == []
        site.wait(LASTING_SECONDS)
        site.deliver()
        [alert] = site.alerts()
    assert text in alert.reason
    assert alert.details == {"seconds_behind": lag.total_seconds()}
    assert alert.name.camera == "entry"
    assert abs(alert.name.captured_at - NOON) < timedelta(seconds=2 * LASTING_SECONDS)


def test_a_clock_that_is_set_a_while_after_the_boot_is_not_reported(tmp_path: Path) -> None:
    """Older photos are uploaded before the network has set the clock."""
    with FaultServer() as server:
        site = Site(tmp_path, server)
        for _ in range(3):
            site.lag = timedelta(hours=9)
            site.deliver()
            site.lag = timedelta(minutes=4)  # nor are a few minutes
            site.wait(LASTING_SECONDS)
            site.deliver()
        assert site.alerts() == []


def test_it_is_reported_once_a_day_however_often_the_upload_is_restarted(tmp_path: Path) -> None:
    with FaultServer() as server:
        site = Site(tmp_path, server)
        site.lag = timedelta(hours=1)
        for _ in range(3):
            site.deliver()
            site.wait(LASTING_SECONDS)
            site.deliver()
            site.start()
        assert len(site.alerts()) == 1
        site.deliver()
        site.wait(24 * 3600)
        site.deliver()
        assert len(site.alerts()) == 2


def test_an_alert_from_the_future_does_not_prevent_the_next_one(tmp_path: Path) -> None:
    """Without the server's time, its time is that of a clock that is ten years ahead."""
    with FaultServer() as server:
        site = Site(tmp_path, server)
        site.server_date, site.lag = "", timedelta(days=-3650)
        site.deliver(EARLIER_BOOT)
        site.lag = timedelta(0)
        site.deliver(EARLIER_BOOT)
        assert len(site.alerts()) == 2


def test_photos_of_a_boot_without_a_set_clock_are_reported_together(tmp_path: Path) -> None:
    with FaultServer() as server:
        site = Site(tmp_path, server)
        put(site.device.spool, 9)
        for number in range(10, 14):
            put(site.device.spool, number, taken=EARLIER_BOOT)
        site.deliver()
        site.start()
        site.deliver(EARLIER_BOOT)
        [alert] = site.alerts()
    first, last = (format_time(name(number).captured_at) for number in (10, 13))
    assert alert.details == {"photos": 4, "first": first, "last": last}
    shown = [f"{name(number).captured_at:%Y-%m-%d %H:%M} UTC" for number in (10, 13)]
    assert f"4 so far; their times, {' to '.join(shown)}, are uncertain" in alert.reason


def test_photos_with_corrected_times_are_not_reported(tmp_path: Path) -> None:
    with FaultServer() as server:
        site = Site(tmp_path, server)
        site.deliver(SYSTEM_CLOCK.since_boot())
        assert ClockStatus.CORRECTED in {one.headers.get("X-Clock") for one in server.requests}
        assert site.alerts() == []


@pytest.mark.parametrize("date", ["", "noon", "Thu, 01 Jan 1901 00:00:00 GMT"])
def test_a_server_without_a_valid_date_does_no_harm(date: str, tmp_path: Path) -> None:
    """What the device knows by itself is reported."""
    with FaultServer() as server:
        site = Site(tmp_path, server)
        site.server_date = date
        site.deliver()
        site.wait(LASTING_SECONDS)
        site.deliver()
        assert site.alerts() == []
        site.deliver(EARLIER_BOOT)
        [alert] = site.alerts()
    assert alert.details["photos"] == 1
    assert site.device.spool.newest() is None
