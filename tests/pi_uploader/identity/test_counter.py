"""The counter of a device's requests never goes back."""

import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.processes import ROOT
from photo_wire.signature import MAX_COUNTER
from pi_uploader.identity.counter import BLOCK, COUNTER_FILE, Counter
from pi_uploader.spool.disk import Disk
from tests.support.crash_states import Model, crash_states, read_tree
from tests.support.disks import Kind, Operation, RecordingDisk


def test_the_counter_grows_and_is_written_once_for_each_block(tmp_path: Path) -> None:
    disk = RecordingDisk()
    counter = Counter(tmp_path, disk)
    assert [counter.take() for _ in range(2 * BLOCK)] == list(range(1, 2 * BLOCK + 1))
    assert [one.kind for one in disk.record if isinstance(one, Operation)].count(Kind.RENAME) == 2
    assert Counter(tmp_path, disk).take() == 2 * BLOCK + 1


def test_threads_never_get_the_same_number(tmp_path: Path) -> None:
    counter = Counter(tmp_path, Disk())
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: counter.take(), range(5 * BLOCK)))
    assert len(set(taken)) == len(taken)


def test_processes_take_numbers_from_different_blocks(tmp_path: Path) -> None:
    service, doctor = Counter(tmp_path, Disk()), Counter(tmp_path, Disk())
    taken = [one.take() for _ in range(3 * BLOCK) for one in (service, doctor)]
    assert len(set(taken)) == len(taken)


@pytest.mark.parametrize("model", Model)
def test_a_power_cut_never_takes_the_counter_back(model: Model, tmp_path: Path) -> None:
    folder, disk = tmp_path / "before", RecordingDisk()
    folder.mkdir()
    for _ in range(3):  # starts
        counter = Counter(folder, disk)
        for _ in range(2):
            used = max(counter.take() for _ in range(BLOCK))
            disk.mark("used", used)
        counter.jump_above(used + 7 * BLOCK)
    states = 0
    for state in crash_states(folder, {}, disk.record, model):
        state.write_to(tmp_path / "after")
        used = max(state.marked("used"), default=0)
        assert Counter(tmp_path / "after", Disk()).take() > used, state
        shutil.rmtree(tmp_path / "after")
        states += 1
    assert states > 20
    assert read_tree(folder).keys() == {Path(COUNTER_FILE)}


@pytest.mark.slow
def test_a_kill_at_any_point_never_takes_the_counter_back(tmp_path: Path) -> None:
    """A process takes numbers, ten of them to a block, and is killed after it has printed some."""
    code = (
        "import sys, pathlib; from pi_uploader.identity import counter as module\n"
        "from pi_uploader.spool.disk import Disk\nmodule.BLOCK = 10\n"
        "counter = module.Counter(pathlib.Path(sys.argv[1]), Disk())\n"
        "while True: print(counter.take(), flush=True)"
    )
    last = 0
    for lines in range(1, 25, 2):
        command = [sys.executable, "-c", code, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            taken = [int(process.stdout.readline()) for _ in range(lines)]
            process.send_signal(signal.SIGKILL)
            taken += [int(line) for line in process.stdout if line.endswith("\n")]
        assert taken == sorted({*taken})
        assert taken[0] > last
        last = taken[-1]


@pytest.mark.parametrize("content", [None, b"", b"-5", b"7 8", b"\0" * 5, b"9" * 40, b"9" * 16])
def test_a_missing_or_damaged_counter_goes_on_above_what_the_backend_says(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / COUNTER_FILE).write_bytes(content)
    counter = Counter(tmp_path, Disk())
    assert counter.take() == 1
    assert counter.jump_above(123_456)
    assert counter.take() == 123_457
    assert Counter(tmp_path, Disk()).take() > 123_457


def test_a_jump_only_goes_up_and_not_so_far_that_no_numbers_are_left(tmp_path: Path) -> None:
    counter = Counter(tmp_path, Disk())
    assert counter.jump_above(50)
    assert counter.take() == 51
    assert counter.jump_above(50)
    assert counter.jump_above(-1)
    assert not counter.jump_above(MAX_COUNTER - BLOCK + 1)
    assert counter.take() == 52
