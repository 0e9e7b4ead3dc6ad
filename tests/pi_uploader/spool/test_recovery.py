"""Recovery: the partial files of a killed process are stored if complete, else recorded as lost."""

import fcntl
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.losses import TORN
from pi_uploader.spool.recovery import PARTIAL
from tests.support.crash_states import Model
from tests.support.disks import Kind, RecordingDisk
from tests.support.spool_photos import put
from tests.support.spool_runs import RecordedRun, problems_after

Result = TypeVar("Result")


@pytest.fixture
def partial(tmp_path: Path) -> tuple[SpooledPhoto, Path]:
    """Return a photo whose process was killed before the rename, and its complete partial file."""
    photo = put(Spool(tmp_path), 1)
    path = tmp_path / "waiting" / photo.path
    return photo, path.rename(path.with_name(path.name + PARTIAL))


def test_a_complete_partial_file_is_stored(
    partial: tuple[SpooledPhoto, Path], tmp_path: Path
) -> None:
    photo, file = partial
    spool = Spool(tmp_path)
    spool.recover()
    assert list(spool.waiting_photos()) == [photo]
    assert not file.exists()
    assert put(spool, 2).sequence == photo.sequence + 1


def test_an_incomplete_partial_file_is_recorded_as_lost(
    partial: tuple[SpooledPhoto, Path], tmp_path: Path
) -> None:
    photo, file = partial
    file.write_bytes(file.read_bytes()[:-1])
    spool = Spool(tmp_path)
    spool.recover()
    assert list(spool.waiting_photos()) == []
    assert [(loss.photo, loss.reason) for loss in spool.losses.unreported()] == [(photo, TORN)]
    assert not file.exists()


def test_the_partial_file_of_a_stored_photo_is_removed(
    partial: tuple[SpooledPhoto, Path], tmp_path: Path
) -> None:
    """A later attempt had succeeded."""
    photo, file = partial
    (tmp_path / "waiting" / photo.path).write_bytes(file.read_bytes())
    file.write_bytes(b"half")
    spool = Spool(tmp_path)
    spool.recover()
    assert list(spool.waiting_photos()) == [photo]
    assert list(spool.losses.unreported()) == []
    assert not file.exists()


def test_the_partial_file_of_a_running_writer_is_left_alone(
    partial: tuple[SpooledPhoto, Path], tmp_path: Path
) -> None:
    """Another process holds the writers' lock."""
    _, file = partial
    with (tmp_path / "writers.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        Spool(tmp_path).recover()
    assert file.exists()


@pytest.mark.usefixtures("folders_of_three_photos")
def test_what_is_complete_is_not_parsed(tmp_path: Path, parsed_names: list[str]) -> None:
    """Recovery parses the names of partial files and, for the last number, one more."""
    photos = [put(Spool(tmp_path), number) for number in range(12)]
    path = tmp_path / "waiting" / photos[3].path
    partial = path.rename(f"{path}{PARTIAL}")
    spool = Spool(tmp_path)
    parsed_names.clear()
    spool.recover()
    assert parsed_names == [photos[3].file_name, photos[-1].file_name]
    assert not partial.exists()
    assert list(spool.waiting_photos()) == photos
    assert put(spool, 12).sequence == photos[-1].sequence + 1


class Killed(BaseException):
    """What kill -9 is to the spool: nothing more is done."""


class KilledDisk(RecordingDisk):
    """A disk whose process is killed before operation number `at`, once."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at: int | None = at

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        if kind is not Kind.CLOSE and len(self.record) == self.at:
            self.at = None
            raise Killed
        return super().perform(kind, operation, *arguments)


@pytest.mark.usefixtures("folders_of_three_photos")
def test_a_power_cut_after_a_kill_takes_nothing(tmp_path: Path) -> None:
    """Capture is killed at every operation, starts again and goes on; then the power is cut. What
    the killed process had not flushed is not sure, whatever a later one made of it."""
    wrong: dict[str, list[str]] = {}
    for at in count():
        disk = KilledDisk(at)
        run = RecordedRun(tmp_path / f"{at}", disk)
        with suppress(Killed):
            run.put(0)
            run.put(1)
        if disk.at is not None:
            break
        run.spool = Spool(run.folder, disk)
        run.put(2)
        for state in run.states(Model.HARSH):
            if found := problems_after(state, tmp_path / "after"):
                wrong[f"killed before operation {at}, cut {state.cut}"] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())
