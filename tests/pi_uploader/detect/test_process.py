"""`pi-uploader detect` as a process, with real models, photos and signals."""

import json
import os
import signal
import sys
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import UNKNOWN
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from pi_uploader.spool.notification import is_detecting
from tests.support.models import CAR, PERSON, write_litert, write_onnx, yolo
from tests.support.program import Program, StartProgram
from tests.support.spool_photos import name
from tests.support.waiting import wait_for

RUN = """
import json, sys
from pi_uploader import cli, supervisor
cli._log_to_stderr()
sys.exit(supervisor.run(json.loads({commands!r})))
"""
HANGING = """
import sys, time
from pi_uploader import cli
from pi_uploader.detect import detector, model, process, report
detector.MAX_LOOK_SECONDS = report.MAX_LOOK_SECONDS = 0.2
model.Model.look = lambda *_: time.sleep(1e6)
process.FIRST_PAUSE_SECONDS = float(sys.argv[1])
sys.exit(cli.main(["detect"]))
"""
FOUND = {PERSON: 0.9, CAR: 0.7}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A camera with a motion sensor, and a model of ONNX that knows persons and cars."""
    file = write_onnx(tmp_path / "model.onnx", {"output0": yolo(FOUND)})
    return {"CAMERA_SOURCE": "simulated", "CAMERA_DETECT": str(file)}


def put_red(folder: Path, number: int, camera: str = "camera") -> SpooledPhoto:
    """Put a red photo of motion: all that the model knows is in it."""
    jpeg = BytesIO()
    Image.new("RGB", (100, 100), "red").save(jpeg, "JPEG", quality=95)
    info = PhotoInfo(name(number, camera), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
    return Spool(folder).put(jpeg.getvalue(), info)


def words_of(folder: Path, photo: SpooledPhoto) -> list[str]:
    """Wait until a photo was looked at, and return what it shows."""
    labels = wait_for(lambda: Spool(folder).labels.get(photo), what=f"labels of {photo.name}")
    assert labels
    return [one.word for one in labels]


def wait_until_it_looks(folder: Path) -> None:
    wait_for(lambda: is_detecting(folder), what="the process that looks at photos")


def test_a_photo_gets_labels(
    start_program: StartProgram, spool_folder: Path, environ: dict[str, str]
) -> None:
    program = start_program("detect", **environ)
    wait_until_it_looks(spool_folder)
    photo = put_red(spool_folder, 1)
    assert words_of(spool_folder, photo) == ["person", "vehicle"]
    process = psutil.Process(program.process.pid)
    assert process.nice() == min(19, psutil.Process().nice() + 10)
    assert process.rlimit(psutil.RLIMIT_DATA)[0] != psutil.RLIM_INFINITY
    program.wait_for_output(f"{photo.name} shows person=0.9")
    status = start_program("status", **environ)
    assert status.process.wait(90) == 0
    assert "labels        camera: yolo, 64x64: looked at 1 photo" in status.output
    assert program.stop() == 0
    status = start_program("status", "--json", **environ)
    assert status.process.wait(90) == 0
    assert '"camera": "photos get no labels: pi-uploader detect does not run"' in status.output


@pytest.mark.slow
def test_each_camera_has_its_model(
    start_program: StartProgram, spool_folder: Path, tmp_path: Path
) -> None:
    """One by LiteRT, one that cannot be loaded, and one without: the first works."""
    write_litert(tmp_path / "model.tflite", yolo({PERSON: 0.9}))
    (tmp_path / "damaged.onnx").write_bytes(b"damaged")
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [camera.gate]
        source = "simulated"
        motion = "low"
        detect = "{tmp_path}/model.tflite"
        [camera.yard]
        source = "simulated"
        motion = "low"
        detect = "{tmp_path}/damaged.onnx"
        [camera.shed]
        source = "simulated"
        motion = "low"
        """
    )
    program = start_program("detect", CAMERA_CONFIG=str(config))
    wait_until_it_looks(spool_folder)
    photo = put_red(spool_folder, 1, "gate")
    assert words_of(spool_folder, photo) == ["person"]
    other = put_red(spool_folder, 2, "yard")
    wait_for(lambda: Spool(spool_folder).labels.get(other) == (UNKNOWN,), what="its file")
    assert "yard: " in program.output
    assert "ONNX Runtime cannot load it" in program.output
    assert program.stop() == 0


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_lets_no_photo_wait(
    start_program: StartProgram, spool_folder: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """The state says why, also after the process has ended; no socket is there."""
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    program = start_program("detect", **environ)
    program.wait_for_output("ONNX Runtime cannot load it")
    status = start_program("status", **environ)
    assert status.process.wait(90) == 0
    assert "labels        camera: photos get no labels: " in status.output
    assert "ONNX Runtime cannot load it" in status.output
    assert not is_detecting(spool_folder)
    assert program.stop() == 0


def test_a_model_that_hangs_ends_the_process_and_pauses_the_next_ones(
    start_program: StartProgram, spool_folder: Path, environ: dict[str, str]
) -> None:
    """Where no watchdog does that. Status says since when, also while no process runs; the third
    process waits."""
    for number in (1, 2):
        program = start_program("-c", HANGING, "1000", **environ)
        wait_until_it_looks(spool_folder)
        photo = put_red(spool_folder, number)
        assert program.process.wait(90) == 1
        assert f"does not answer: it has looked at {photo.name} for 0.2 s" in program.output
    program = start_program("-c", HANGING, "1000", **environ)
    program.wait_for_output("a model did not answer; photos are looked at again in 1000 s")
    assert not is_detecting(spool_folder)
    status = start_program("status", **environ)
    assert status.process.wait(90) == 0
    expected = "its model does not answer; its process was started again 2 times, since 20"
    assert f"labels        camera: photos get no labels: {expected}" in status.output
    assert program.stop() == 0


def test_a_second_process_does_not_look_at_the_same_photos(
    start_program: StartProgram, spool_folder: Path, environ: dict[str, str]
) -> None:
    start_program("detect", **environ)
    wait_until_it_looks(spool_folder)
    second = start_program("detect", **environ)
    assert second.process.wait(90) == 1
    assert "another detect process runs on this spool: end one of them" in second.output


def test_without_a_model_it_is_misconfigured(start_program: StartProgram) -> None:
    program = start_program("detect", CAMERA_SOURCE="simulated")
    assert program.process.wait(90) == 78
    assert "CAMERA_DETECT: is off for each camera" in program.output


@pytest.fixture
def supervised(start_program: StartProgram, environ: dict[str, str]) -> Program:
    """The process, kept running as `pi-uploader run` does."""
    commands = json.dumps({"detect": [sys.executable, "-m", "pi_uploader", "detect"]})
    return start_program("-c", RUN.format(commands=commands), **environ)


def test_after_it_was_killed_it_looks_again(supervised: Program, spool_folder: Path) -> None:
    """As the kernel kills it when memory is short. What came before is left alone, so a photo that
    ends the process does so once."""
    wait_until_it_looks(spool_folder)
    [child] = supervised.children()
    os.kill(child.pid, signal.SIGSTOP)
    before = put_red(spool_folder, 1)
    os.kill(child.pid, signal.SIGKILL)
    supervised.wait_for_output("detect was ended by signal 9; it starts again in 1 s")
    wait_until_it_looks(spool_folder)
    photo = put_red(spool_folder, 2)
    assert words_of(spool_folder, photo) == ["person", "vehicle"]
    assert Spool(spool_folder).labels.get(before) is None
    assert {one.name for one in Spool(spool_folder).waiting_photos()} == {before.name, photo.name}
    assert supervised.stop() == 0
