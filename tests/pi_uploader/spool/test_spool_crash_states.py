"""Whatever a power cut leaves of the spool's folder, each acknowledged photo is there once, intact.

The negative controls break the spool or its disk on purpose: the same check has to find it.
"""

import shutil
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import Box, Motion
from photo_wire.name import PhotoName
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto
from tests.support.crash_states import CrashState, Model, crash_states
from tests.support.disks import RecordingDisk
from tests.support.oracle import problems
from tests.support.spool_photos import content, name, put
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


@pytest.mark.slow
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


STUB = b"a stub"


class HeldRun(RecordedRun):
    """A run of photos that are held first."""

    def hold(self, number: int) -> SpooledPhoto:
        info = PhotoInfo(name(number), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
        photo = self.spool.hold(content(number), info)
        self.disk.mark("held", photo)
        return photo

    def play_with_stubs(self) -> None:
        """Holds four photos over two folders: one is confirmed, one of unknown worth, one becomes a
        stub that is uploaded, and one stays held."""
        confirmed, unknown, stub, _ = (self.hold(number) for number in range(4))
        self.put(4)
        self.spool.release(confirmed, Motion(Box(0, 0, 1, 1)))
        self.spool.release(unknown, None)
        self.disk.mark("stub", stub)
        replaced = self.spool.replace_by_stub(stub, STUB)
        self.disk.mark("sent", stub)
        self.spool.remove(replaced)


@MODELS
def test_a_power_cut_leaves_each_photo_that_was_held_whole_or_as_its_stub(
    model: Model, tmp_path: Path
) -> None:
    """Never both, nor the whole one once its stub may have been sent: the backend has that id."""
    run = HeldRun(tmp_path / "spool", RecordingDisk())
    run.play_with_stubs()
    for state in run.states(model):
        assert not wrong_held(state, tmp_path / "after"), state


def wrong_held(state: CrashState, folder: Path) -> list[str]:
    """What is wrong with the photos that were held, once a spool is started on this state."""
    state.write_to(folder)
    spool = Spool(folder)
    spool.recover()
    found: dict[PhotoName, list[bytes]] = {}
    for photo in spool.waiting_photos():
        with spool.open(photo) as file:
            found.setdefault(photo.name, []).append(file.read())
    wrong, lost = [], {loss.photo.name for loss in spool.losses.unreported()}
    for photo in state.marked("held"):
        whole = content(int(photo.name.tag, 16))
        allowed: list[list[bytes]] = [[whole]]
        if photo in state.marked("stub"):
            allowed = [[whole], [STUB]]
        if photo in state.marked("sent"):
            allowed = [[STUB], []]
        if found.get(photo.name, []) not in allowed:
            wrong.append(f"of {photo.name} there is {found.get(photo.name)}")
        if photo.name in lost:
            wrong.append(f"{photo.name} counts as lost")
    shutil.rmtree(folder)
    return wrong


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
