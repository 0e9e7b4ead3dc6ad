"""`pi-uploader run`: two processes are kept running, and none is left behind."""

import json
import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from pi_uploader.settings import secret_settings
from pi_uploader.spool import Spool
from tests.support.program import Program, StartProgram, is_gone, photos_in
from tests.support.waiting import wait_for

RUN = """
import json, sys
from pi_uploader import cli, supervisor
cli._log_to_stderr()
sys.exit(supervisor.run(json.loads({commands!r}), {stop_seconds}, {hang_seconds}))
"""


@pytest.fixture
def supervise(start_program: StartProgram) -> "Supervise":
    return Supervise(start_program)


class Supervise:
    """`supervise(name=shell script, ...)` runs the supervisor over these commands, as a process."""

    def __init__(self, start_program: StartProgram) -> None:
        self._start_program = start_program

    def __call__(
        self, stop_seconds: float = 30, hang_seconds: float = 60, **scripts: str
    ) -> Program:
        commands = json.dumps({name: ["sh", "-c", script] for name, script in scripts.items()})
        program = RUN.format(
            commands=commands, stop_seconds=stop_seconds, hang_seconds=hang_seconds
        )
        return self._start_program("-c", program)


def pids(file: Path) -> list[int]:
    """Return the process ids that a script has written, one for each start."""
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_a_child_that_crashes_is_started_again(supervise: Supervise, tmp_path: Path) -> None:
    """The other child keeps running."""
    crashing, steady = tmp_path / "crashing", tmp_path / "steady"
    program = supervise(
        capture=f"echo $$ >> {steady}; exec sleep 1000",
        upload=f"echo $$ >> {crashing}; exit 3",
    )
    program.wait_for_output("upload ended with 3; it starts again in 2 s")
    wait_for(lambda: pids(steady), what="the start of the other")
    assert "upload ended with 3; it starts again in 1 s" in program.output
    assert len(pids(crashing)) >= 2
    assert len(pids(steady)) == 1
    assert program.stop() == 0


def test_each_child_gets_one_memory_pool(supervise: Supervise, tmp_path: Path) -> None:
    """As in systemd's units."""
    capture, upload = tmp_path / "capture", tmp_path / "upload"
    program = supervise(
        capture=f"echo pools=$MALLOC_ARENA_MAX > {capture}; exec sleep 1000",
        upload=f"echo pools=$MALLOC_ARENA_MAX > {upload}; exec sleep 1000",
    )
    wait_for(
        lambda: all(file.exists() and file.read_text() for file in (capture, upload)),
        what="both children",
    )
    assert capture.read_text() == "pools=1\n"
    assert upload.read_text() == "pools=1\n"
    assert program.stop() == 0


def test_what_looks_at_photos_gets_no_secret(start_program: StartProgram, tmp_path: Path) -> None:
    """A model is a file that others made. The other children get all."""
    files = {name: tmp_path / name for name in ("detect", "upload")}
    commands = {
        name: ["sh", "-c", f"env > {file}.new; mv {file}.new {file}; exec sleep 1000"]
        for name, file in files.items()
    }
    secrets = {name: f"{name}-is-s3cr3t" for name in secret_settings()}
    secrets |= {"CREDENTIALS_DIRECTORY": "/s3cr3t", "https_proxy": "http://me:s3cr3t@127.0.0.1:9"}
    program = start_program(
        "-c",
        RUN.format(commands=json.dumps(commands), stop_seconds=30, hang_seconds=60),
        CAMERA_DETECT="/model.onnx",
        **secrets,
    )
    wait_for(lambda: all(file.exists() for file in files.values()), what="both children")
    assert "s3cr3t" not in files["detect"].read_text()
    assert "CAMERA_DETECT=/model.onnx\n" in files["detect"].read_text()
    assert all(
        f"{name}={value}\n" in files["upload"].read_text() for name, value in secrets.items()
    )
    assert program.stop() == 0


def test_a_child_that_was_killed_is_started_again(supervise: Supervise, tmp_path: Path) -> None:
    """As the kernel kills a process when memory is short."""
    started = tmp_path / "started"
    program = supervise(capture=f"echo $$ >> {started}; exec sleep 1000")
    wait_for(lambda: pids(started))
    os.kill(pids(started)[0], signal.SIGKILL)
    wait_for(lambda: len(pids(started)) == 2, what="the restart")
    assert "capture was ended by signal 9" in program.output


def test_promise_16_a_child_without_a_keep_alive_is_killed_and_started_again(
    supervise: Supervise, tmp_path: Path
) -> None:
    """It is alive, but sends no keep-alive."""
    started = tmp_path / "started"
    program = supervise(hang_seconds=1, upload=f"echo $$ >> {started}; exec sleep 1000")
    wait_for(lambda: len(pids(started)) >= 2, what="the restart")
    assert "upload hangs: no keep-alive for 1 s; it is killed" in program.output


@pytest.mark.slow  # below, photos are taken while uploading is misconfigured
def test_a_misconfigured_child_is_not_started_again_and_the_other_goes_on(
    supervise: Supervise, tmp_path: Path
) -> None:
    """78 means that a restart would not help."""
    misconfigured, crashing = tmp_path / "misconfigured", tmp_path / "crashing"
    program = supervise(
        capture=f"echo $$ >> {misconfigured}; exit 78",
        upload=f"echo $$ >> {crashing}; exit 1",
    )
    wait_for(lambda: len(pids(crashing)) >= 3, what="two restarts of the other")
    assert len(pids(misconfigured)) == 1
    assert "capture does not run: its settings are wrong" in program.output
    assert program.stop() == 78


def test_two_misconfigured_children_end_the_supervisor_with_78(supervise: Supervise) -> None:
    """Nothing is left to keep running."""
    assert supervise(capture="exit 78", upload="exit 78").process.wait(90) == 78


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_both_children(
    supervise: Supervise, tmp_path: Path, number: signal.Signals
) -> None:
    """Each gets a SIGTERM and is waited for; none is left."""
    started, ended = tmp_path / "started", tmp_path / "ended"
    script = (
        f"trap 'echo $$ >> {ended}; exit 0' TERM; echo $$ >> {started}; "
        "while :; do sleep 0.05; done"
    )
    program = supervise(capture=script, upload=script)
    wait_for(lambda: len(pids(started)) == 2, what="both children")
    assert program.stop(number) == 0
    assert sorted(pids(ended)) == sorted(pids(started))
    assert not any(psutil.pid_exists(pid) for pid in pids(started))


def test_a_child_that_does_not_end_is_killed(supervise: Supervise, tmp_path: Path) -> None:
    """The supervisor does not wait forever for an upload that hangs."""
    started = tmp_path / "started"
    program = supervise(
        stop_seconds=0.2, upload=f"trap '' TERM; echo $$ >> {started}; while :; do sleep 0.05; done"
    )
    wait_for(lambda: pids(started))
    assert program.stop() == 0
    assert "upload did not end within 0.2 s and is killed" in program.output
    assert not psutil.pid_exists(pids(started)[0])


def test_a_stop_does_not_wait_for_a_restart(supervise: Supervise, tmp_path: Path) -> None:
    """Nothing is started any more after a stop signal."""
    crashing = tmp_path / "crashing"
    program = supervise(capture=f"echo $$ >> {crashing}; exit 1")
    program.wait_for_output("it starts again in 2 s")
    assert program.stop() == 0
    assert len(pids(crashing)) == program.output.count("it starts again in")


def test_the_children_end_when_the_supervisor_is_killed(start_program: StartProgram) -> None:
    """kill -9 leaves no process behind: the kernel sends the children a SIGTERM (Linux)."""
    program = start_program(
        "run",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        BASE_URL="http://127.0.0.1:9",
    )
    program.wait_for_output("photo taken")
    wait_for(lambda: len(program.children()) == 2, what="both children")
    children = program.children()
    program.stop(signal.SIGKILL)
    try:
        wait_for(lambda: all(is_gone(child) for child in children), what="the end of the children")
    finally:
        for child in children:
            if not is_gone(child):
                child.kill()


def test_photos_are_taken_while_uploading_is_misconfigured(
    start_program: StartProgram, spool_folder: Path
) -> None:
    """A wrong upload setting loses no photo: they wait in the spool."""
    program = start_program(
        "run",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="0.2s",
        BASE_URL="nowhere",
        AZURE_FUNCTION_KEY=" s3cr3t ",
    )
    program.wait_for_output("upload does not run: its settings are wrong")
    before = photos_in(spool_folder)
    wait_for(lambda: photos_in(spool_folder) > before + 2, what="more photos")
    children = program.children()
    assert program.stop() == 78
    assert all(is_gone(child) for child in children)
    assert "AZURE_FUNCTION_KEY: must be" in program.output
    assert "the value has white space around it" in program.output
    assert "s3cr3t" not in program.output


def test_without_settings_it_exits_with_78_and_names_them(
    start_program: StartProgram,
) -> None:
    """What a person sees at the first try."""
    program = start_program("run")
    assert program.process.wait(90) == 78
    assert "CAMERA_SOURCE: is not set" in program.output
    assert "BASE_URL: is not set" in program.output


def test_photos_stay_on_the_device_where_uploading_is_off(
    start_program: StartProgram, spool_folder: Path
) -> None:
    """The local-only mode: no backend is needed, and none is asked."""
    program = start_program(
        "run",
        CAMERA_SOURCE="simulated",
        PIR_PIN="none",
        CAMERA_EVERY="0.2s",
        CAMERA_NAME="shed",
        CAMERA_UPLOAD="off",
    )
    kept = spool_folder / "kept" / "shed"
    wait_for(lambda: len(list(kept.rglob("*.jpg"))) >= 3, what="three kept photos")
    assert program.stop() == 0
    taken = re.findall(r"capture: photo taken (\S+)", program.output)
    found = {file.stem for file in kept.rglob("*.jpg")}
    waiting = {str(photo.name) for photo in Spool(spool_folder).waiting_photos()}
    assert found | waiting == set(taken)
    assert "CAMERA_UPLOAD is off" in program.output
