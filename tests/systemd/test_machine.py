"""The test machine boots, and leaves nothing behind in whatever way it ends."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.processes import ROOT
from tests.support.systemd_machine.machine import CGROUP, Machine, missing
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _machine_can_boot() -> None:
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _nothing_stays_behind(_machine_can_boot: None, tmp_path: Path) -> Iterator[None]:
    """No mount and no process is left, and nothing on the disk except the shared folder."""
    yield
    wait_for(lambda: not processes_of(tmp_path), what="the end of the machine's processes")
    assert f"{tmp_path}" not in Path("/proc/mounts").read_text()
    assert not list((tmp_path / "machine").iterdir())


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the processes that started the machine, and those inside it."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        try:
            mounts = Path(f"/proc/{process.pid}/mounts").read_text()
        except OSError:  # it has ended meanwhile
            continue
        if f"{folder}" in command or f"{folder}" in mounts:
            found.append(process)
    return found


def test_a_machine_shuts_down(tmp_path: Path) -> None:
    with Machine(tmp_path) as machine:
        assert machine.run("cat", "/proc/1/comm").stdout == "systemd\n"
        machine.run("touch", "/etc/only-here")
        machine.power_off()
        wait_for(lambda: not processes_of(tmp_path), what="the end of the machine")
    assert not machine.cgroup.exists()
    assert not Path("/etc/only-here").exists()


def test_a_failing_test_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no-such-unit"), Machine(tmp_path) as machine:
        machine.run("systemctl", "start", "no-such-unit.service")
    assert not machine.cgroup.exists()


def test_the_end_of_the_process_that_booted_it_ends_the_machine(tmp_path: Path) -> None:
    """Even by SIGKILL. The next machine removes its empty cgroup."""
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.support.systemd_machine.machine import *\n"
        "with Machine(Path(sys.argv[1])) as machine: print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"up\n"
        assert processes_of(tmp_path)
        process.kill()
    wait_for(lambda: not processes_of(tmp_path), what="the end of the machine")
    other = tmp_path / "other"
    other.mkdir()
    with Machine(other) as machine:
        assert not list(machine.cgroup.parent.glob(f"{CGROUP}-{process.pid}-*"))
