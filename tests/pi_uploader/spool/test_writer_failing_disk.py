"""Whichever operation of the disk fails: a photo is stored, or its loss is recorded, never both."""

import errno
import hashlib
from contextlib import suppress
from pathlib import Path

import pytest

from pi_uploader.spool import Spool, SpooledPhoto, SpoolError
from tests.support.disks import NEEDS_SPACE, FailingDisk, Kind
from tests.support.oracle import problems, whereabouts
from tests.support.spool_photos import content, put


@pytest.fixture(autouse=True)
def _folders_of_two_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short run makes and removes folders."""
    monkeypatch.setattr("pi_uploader.spool.photo.SHARD_SIZE", 2)


class Run:
    """Puts, removes and quarantines on a disk that fails; every call either works or says why."""

    def __init__(self, folder: Path, disk: FailingDisk) -> None:
        self.folder = folder
        self.disk = disk
        self.captured: list[str] = []  # the SHA-256 of each
        self.acknowledged: list[SpooledPhoto] = []
        self.removed: list[SpooledPhoto] = []
        self.spool = Spool(folder, disk)

    def play(self) -> None:
        for number in range(4):
            self._put(number)
        with suppress(OSError):
            if photo := self.spool.newest():
                self.spool.quarantine(photo, "rejected-422")
        for _ in range(2):
            with suppress(OSError):
                if photo := self.spool.oldest():
                    self.removed.append(photo)
                    self.spool.remove(photo)
        self._put(4)

    def _put(self, number: int) -> None:
        self.captured.append(hashlib.sha256(content(number)).hexdigest())
        with suppress(SpoolError):
            self.acknowledged.append(put(self.spool, number))

    def heal(self) -> None:
        """The disk works again, and the next photo comes."""
        self.disk.at = None
        self._put(5)

    def wrong(self) -> list[str]:
        """What is wrong: photos that are not where they belong, or that a new spool finds."""
        wrong = []
        found = whereabouts(self.folder)
        acknowledged = {photo.sha256 for photo in self.acknowledged}
        for sha256 in set(self.captured) - {photo.sha256 for photo in self.removed}:
            expected = ["waiting", "quarantine"] if sha256 in acknowledged else ["lost"]
            places = found.get(sha256, [])
            if len(places) != 1 or places[0] not in expected:
                wrong.append(f"{sha256[:8]}... is in {places}, expected in {expected}")
        return wrong + problems(self.folder, self.acknowledged, self.removed)


def operations_of_a_run(folder: Path, kinds: frozenset[Kind]) -> int:
    disk = FailingDisk(kinds=kinds)
    run = Run(folder, disk)
    run.play()
    assert not run.wrong()
    return disk.operations


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize(
    ("error", "kinds"),
    [(errno.ENOSPC, NEEDS_SPACE), (errno.EIO, frozenset(Kind))],
    ids=["ENOSPC", "EIO"],
)
def test_every_operation_may_fail(
    error: int, kinds: frozenset[Kind], lasting: bool, tmp_path: Path
) -> None:
    """For every operation of a run: it fails, alone or with all after it, and the balance holds."""
    wrong: dict[str, list[str]] = {}
    for at in range(operations_of_a_run(tmp_path / "whole", kinds)):
        disk = FailingDisk(at, error, kinds=kinds, lasting=lasting, half=True)
        try:
            run = Run(tmp_path / f"{at}", disk)
        except OSError:
            continue  # no spool, so no photo was put; systemd starts the process again
        try:
            run.play()
            run.heal()
            found = run.wrong()
        except OSError as refused:
            found = [f"raises {refused!r}"]
        if found:
            wrong[f"operation {at}, {disk.failed[0]}"] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())
