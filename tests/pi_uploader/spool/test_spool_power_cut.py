"""On a real ext4, on a disk that loses what was not flushed: what the spool acknowledged is there.

The negative controls leave out a flush, or have the file system leave it out: then photos are gone.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.power_cut.rig import cut_power, missing, session
from tests.support.power_cut.session import Finding, Plan, tag
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow
NO_COMMIT = "commit=3600"  # of ext4's own accord every 5 s, which a slow writer would live to see


@pytest.fixture(autouse=True)
def _rig() -> None:
    """Where the rig cannot run, the test says why; in CI that is a failure."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _nothing_stays_behind(_rig: None, tmp_path: Path) -> Iterator[None]:
    """No mount, loop device or process is left, however the session ended."""
    yield
    wait_for(lambda: not loop_devices_of(tmp_path), what="the end of the loop devices")
    wait_for(lambda: not processes_in(tmp_path), what="the end of the session's processes")
    assert f"{tmp_path}" not in Path("/proc/mounts").read_text()


def loop_devices_of(folder: Path) -> list[Path]:
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):  # another one's, gone meanwhile
            found += [file] if tag(folder) in file.read_text() else []
    return found


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes whose command line names something in this folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(f"{folder}" in word for word in process.info["cmdline"] or ())
    ]


def bad(findings: list[Finding], *models: str) -> list[Finding]:
    """Those of these models after which something was wrong."""
    return [one for one in findings if one.model in models and one.problems]


def of(findings: list[Finding], *models: str) -> list[Finding]:
    return [one for one in findings if one.model in models]


def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """At each of many moments, whether the disk has a cache or not."""
    findings = cut_power(tmp_path, Plan(photos=40, cuts=25, between=35))
    assert len(findings) >= 150
    assert not bad(findings, "ordered", "dropall", "random")


def test_without_the_flush_of_the_folder_photos_are_lost(tmp_path: Path) -> None:
    findings = cut_power(tmp_path, Plan(disk="no folder flush", mount_options=NO_COMMIT))
    assert len(bad(findings, "dropall")) > len(of(findings, "dropall")) / 2


def test_without_any_flush_everything_is_lost(tmp_path: Path) -> None:
    findings = cut_power(tmp_path, Plan(disk="no flush", mount_options=NO_COMMIT))
    assert findings == bad(findings, "ordered", "dropall", "random")


def test_flushes_that_never_reach_the_disk_lose_photos_if_it_has_a_cache(tmp_path: Path) -> None:
    """The real spool on ext4 without barriers: this shows that the rig sees lost flushes."""
    findings = cut_power(tmp_path, Plan(mount_options=f"barrier=0,{NO_COMMIT}"))
    assert not bad(findings, "ordered")
    assert bad(findings, "dropall") == of(findings, "dropall")
    assert len(bad(findings, "random")) > len(of(findings, "random")) / 2


def test_a_session_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    with session(tmp_path, Plan(photos=10_000)) as process:
        wait_for(
            lambda: any(
                "tests.support.power_cut.writer" in one.info["cmdline"]
                for one in processes_in(tmp_path)
            ),
            what="the writer",
        )
        assert loop_devices_of(tmp_path)
        process.kill()
