"""The outbox remembers which alerts were raised and sent, across restarts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.alert import CLOCK, DISK, Alert
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox, readable

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def alert(kind: str = DISK, reason: str = "the disk is read-only") -> Alert:
    return Alert(new_name("entry", NOON), kind, reason, {"photos": 3})


def test_an_alert_is_pending_until_it_is_marked_as_sent(tmp_path: Path) -> None:
    """A restart changes neither."""
    file, disk, clock = tmp_path / "alerts.json", alert(DISK), alert(CLOCK)
    outbox = AlertOutbox(file)
    outbox.add(disk)
    outbox.add(clock)
    assert AlertOutbox(file).pending() == [disk, clock]
    outbox.record_sent(disk)
    restarted = AlertOutbox(file)
    assert restarted.pending() == [clock]
    assert restarted.is_sent(DISK)
    assert not restarted.is_sent(CLOCK)
    assert restarted.last(DISK) == disk


def test_a_new_alert_replaces_the_last_one_of_its_kind(tmp_path: Path) -> None:
    """The receipt of the old one does not count for the new one."""
    outbox = AlertOutbox(tmp_path / "alerts.json")
    old, new = alert(), alert(reason="the disk is full")
    outbox.add(old)
    outbox.record_sent(old)
    outbox.add(new)
    outbox.record_sent(old)
    assert outbox.pending() == [new]


def test_a_forgotten_alert_may_be_raised_anew(tmp_path: Path) -> None:
    outbox = AlertOutbox(tmp_path / "alerts.json")
    outbox.add(alert())
    outbox.record_sent(alert())
    outbox.forget(DISK)
    assert outbox.last(DISK) is None
    assert not outbox.is_sent(DISK)
    assert AlertOutbox(tmp_path / "alerts.json").last(DISK) is None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"alerts": 1}', b'{"alerts": [{}]}', b"\xff"])
def test_a_file_that_cannot_be_read_counts_as_empty(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "alerts.json"
    file.write_bytes(content)
    outbox = AlertOutbox(file)
    assert outbox.pending() == []
    outbox.add(alert())
    assert AlertOutbox(file).last(DISK) == outbox.last(DISK)


def test_a_disk_that_refuses_the_file_does_no_harm(tmp_path: Path) -> None:
    outbox = AlertOutbox(tmp_path / "missing" / "alerts.json")
    outbox.add(alert())
    assert len(outbox.pending()) == 1


def test_a_moment_is_shown_in_utc() -> None:
    assert readable(NOON) == "2026-11-21 12:00 UTC"
