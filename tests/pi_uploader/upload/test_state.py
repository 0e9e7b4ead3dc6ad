"""The deliveries of the last hour, as `status` shows them, whatever happened to the process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.receipt import Receipt
from pi_uploader.clock import BootTime
from pi_uploader.upload.state import UploadState, delivered_last_hour, read_state, state_file
from tests.support.fake_clock import FakeClock
from tests.support.spool_photos import name

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = 3600


class Machine:
    """A device whose clocks the test sets; `state` is that of its upload process."""

    def __init__(self, folder: Path) -> None:
        self.file = state_file(folder)
        self.boot, self.seconds, self.wall_clock = "11111111", 100.0, NOON
        self.start()

    def start(self) -> None:
        self.state = UploadState(self.file, FakeClock(boot_time=lambda: self.now))

    @property
    def now(self) -> BootTime:
        return BootTime(self.boot, int(self.seconds * 1000))

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_clock += timedelta(seconds=seconds)

    def deliver(self, size: int = 10) -> None:
        self.state.record_delivery(
            Receipt(name(1), "0" * 64, size, self.wall_clock), self.seconds, self.wall_clock
        )

    def shown(self) -> tuple[int, int]:
        """Return the photos and bytes of the last hour, as `status` would show them now."""
        return delivered_last_hour(read_state(self.file), self.now, self.wall_clock)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_deliveries_within_a_second_are_counted_too(machine: Machine) -> None:
    """They are written a little later, or at the end of the process."""
    for _ in range(3):
        machine.deliver()
    assert machine.shown() == (1, 10)
    machine.wait(1)
    machine.state.write_if_due(machine.seconds)
    assert machine.shown() == (3, 30)
    machine.deliver()
    machine.state.write(machine.seconds)
    assert machine.shown() == (4, 40)


def test_a_restart_keeps_the_counts_and_the_last_receipt(machine: Machine) -> None:
    machine.deliver()
    machine.start()
    machine.wait(2)
    machine.state.record_problem("could not be reached", machine.wall_clock, machine.seconds)
    assert machine.shown() == (1, 10)
    assert read_state(machine.file)["last_receipt"]["id"] == str(name(1))


def test_a_delivery_counts_for_an_hour(machine: Machine) -> None:
    """Whether or not the file was written since."""
    machine.deliver()
    machine.wait(HOUR / 2)
    machine.deliver()
    assert machine.shown() == (2, 20)
    machine.wait(HOUR / 2 + 60)
    assert machine.shown() == (1, 10)
    machine.wait(HOUR)
    assert machine.shown() == (0, 0)


@pytest.mark.parametrize("years", [-50, 50])
def test_setting_the_clock_changes_nothing(machine: Machine, years: int) -> None:
    machine.deliver()
    machine.wall_clock += timedelta(days=365 * years)
    machine.wait(2)
    machine.deliver()
    assert machine.shown() == (2, 20)


def test_after_a_boot_the_wall_clock_decides(machine: Machine) -> None:
    machine.deliver()
    machine.boot, machine.seconds = "22222222", 5.0
    machine.wall_clock += timedelta(minutes=5)
    assert machine.shown() == (1, 10)
    machine.wall_clock += timedelta(hours=1)
    assert machine.shown() == (0, 0)


@pytest.mark.parametrize("written", ["", "[]", '{"minutes": 5}', '{"minutes": [{"boot": 1}]}'])
def test_a_file_that_cannot_be_read_counts_as_empty(machine: Machine, written: str) -> None:
    machine.file.write_text(written)
    assert machine.shown() == (0, 0)
    machine.start()
    machine.deliver()
    assert machine.shown() == (1, 10)
