"""On real file systems that fail for good: what fits is kept, what is lost is recorded and
reported, and one bad photo holds up no other."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.real_disk import rig

pytestmark = pytest.mark.slow
SESSION = "tests.support.real_disk.session"


@pytest.fixture(autouse=True)
def _rig() -> None:
    rig.require()


def test_a_loss_on_a_read_only_disk_is_recorded_and_reported_at_once(tmp_path: Path) -> None:
    """The process that lost the photo has ended before."""
    found = rig.run(SESSION, "read_only", tmp_path)
    code, doctor = found.pop("doctor")
    assert found == {
        "exit codes": [1, 0],
        "lost before the report": [1, 1],
        "alerts": [["loss", "disk-error"]],
        "stored": 1,
        "lost after the report": [1, 0],
        "on the disk afterwards": 1,
        "in memory afterwards": 0,
    }
    assert (code, "the disk is read-only (EROFS)" in doctor) == (1, True)


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_without_inodes_the_least_valuable_photos_are_evicted(kind: str, tmp_path: Path) -> None:
    """On ext4 the records of their losses stay on the disk without taking inodes themselves."""
    found: dict[str, Any] = rig.run(SESSION, f"no_inodes_{kind}", tmp_path)
    code, doctor = found.pop("doctor")
    evicted, on_disk = found.pop("evicted for three"), found.pop("records on the disk")
    assert found == {
        "free inodes": 0,
        "exit codes": [0, 0, 0],
        "motion photos": 3,
        "lost": ["schedule"],
        "balance": True,
    }
    assert evicted <= 6
    assert kind == "tmpfs" or on_disk == evicted
    assert (code, "the disk has no inodes left (ENOSPC)" in doctor) == (1, True)


def test_a_photo_with_a_bad_inode_holds_up_no_other(tmp_path: Path) -> None:
    """Opening, renaming and removing it answer EBADMSG for good, and so does one without a name."""
    found = rig.run(SESSION, "bad_inode", tmp_path)
    assert found.pop("requests") < 50  # the photos are sent once, and the alerts
    assert found == {
        "stored": 29,
        "losses": 1,
        "alert of the photo": "unreadable; cannot be quarantined: Bad message",
        "alert of the undated one": "cannot be named: Bad message",
        "waiting": 2,
        "verify finds": 2,
        "export copies": 29,
        "exit codes of list, verify, export": [0, 1, 1],
    }


def test_a_photo_that_can_be_read_but_not_removed_is_sent_once(tmp_path: Path) -> None:
    found = rig.run(SESSION, "immutable", tmp_path)
    assert found == {"stored": 4, "repeats": 0, "waiting": 0}
