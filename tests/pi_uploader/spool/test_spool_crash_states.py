"""Whatever a power cut leaves of the spool's folder, each acknowledged photo is there once, intact.

The negative controls break the spool or its disk on purpose: the same check has to find it.
"""

import shutil
from pathlib import Path

import pytest

from pi_uploader.spool import Quota, Spool
from tests.support.crash_states import Model, crash_states
from tests.support.disks import RecordingDisk
from tests.support.oracle import problems
from tests.support.spool_photos import put
from tests.support.spool_runs import RecordedRun, problems_after

pytestmark = pytest.mark.usefixtures("folders_of_three_photos")
MODELS = pytest.mark.parametrize("model", Model)


@MODELS
def test_a_power_cut_leaves_every_acknowledged_photo_whole_and_once(
    model: Model, tmp_path: Path
) -> None:
    """For every cut in a run of puts, removes and quarantines, and every state it may leave."""
    run = RecordedRun(tmp_path / "spool", RecordingDisk())
    run.play()
    for state in run.states(model):
        assert not problems_after(state, tmp_path / "after"), state


@MODELS
def test_a_power_cut_while_photos_are_named_or_evicted_leaves_each_of_them_in_one_place(
    model: Model, tmp_path: Path
) -> None:
    """For every cut in a run with a small quota: stored or recorded as lost, never both."""
    run = RecordedRun(tmp_path / "spool", RecordingDisk(), Quota(max_bytes=4 * 96, reserve=0))
    run.play_with_losses()
    for state in run.states(model):
        assert not problems_after(state, tmp_path / "after", or_lost=True), state


def test_a_power_cut_after_the_first_photo_ever_takes_nothing(tmp_path: Path) -> None:
    """The spool's own folders are made durable too, before a photo in them is acknowledged."""
    folder, disk = tmp_path / "before", RecordingDisk()
    folder.mkdir()
    disk.mark("acknowledged", put(Spool(folder / "spool", disk), 0))
    for state in crash_states(folder, {}, disk.record, Model.HARSH):
        state.write_to(tmp_path / "after")
        assert not problems(tmp_path / "after" / "spool", state.marked("acknowledged")), state
        shutil.rmtree(tmp_path / "after")


# --- negative controls


class NeverFlushes(RecordingDisk):
    def flush(self, file: int) -> None:
        pass


class NeverFlushesFolders(RecordingDisk):
    def flush_folder(self, folder: Path) -> None:
        pass


class RenamesBeforeItFlushes(RecordingDisk):
    """Keeps each file open, and flushes and closes it when it has been renamed."""

    _late: int | None = None

    def flush(self, file: int) -> None:
        self._late = file

    def close(self, file: int) -> None:
        pass

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        if self._late is not None:
            super().flush(self._late)
            super().close(self._late)
            self._late = None


@MODELS
@pytest.mark.parametrize("disk", [NeverFlushes, NeverFlushesFolders, RenamesBeforeItFlushes])
def test_a_disk_operation_left_out_or_moved_is_found(
    disk: type[RecordingDisk], model: Model, tmp_path: Path
) -> None:
    """The check catches what it is there to catch."""
    run = RecordedRun(tmp_path / "spool", disk())
    run.play()
    assert any(problems_after(state, tmp_path / "after") for state in run.states(model))
