"""The command line: its help, its output and its exit codes."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import photo_wire
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.settings import all_settings
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.upload.state import state_file


def pi_uploader(*args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end, with only `env` set."""
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", *args],
        env={"COLUMNS": "100", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_teaches_every_setting_command_and_exit_code() -> None:
    """Each setting has its name, meaning, what is expected, and its default."""
    done = pi_uploader("--help")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    for one in all_settings():
        assert f" {one.name} {one.meaning} Expected: {one.expected}. Default: " in text
        if isinstance(one.default.value, str):
            assert f"{one.expected}. Default: {one.default.value}." in text
    assert "for the services of a Pi they are in /etc/pi-uploader/environment" in text
    for word in ("run", "capture", "upload", "status", "0", "1", "2", "78"):
        assert f"\n    {word} " in done.stdout or f"\n  {word} " in done.stdout


def test_version() -> None:
    """It is the version of the package."""
    assert pi_uploader("--version").stdout == f"pi-uploader {photo_wire.__version__}\n"


@pytest.mark.parametrize("args", [(), ("fly",), ("status", "--colour")])
def test_a_wrong_command_line_exits_with_2(args: tuple[str, ...]) -> None:
    """It prints the usage."""
    done = pi_uploader(*args)
    assert done.returncode == 2
    assert "usage: pi-uploader" in done.stderr


def test_status_before_the_first_photo_changes_nothing(tmp_path: Path) -> None:
    """A missing spool is no error, and is not created."""
    folder = tmp_path / "spool"
    done = pi_uploader("status", CAMERA_SPOOL=str(folder))
    assert (done.returncode, done.stdout) == (
        0,
        f"Nothing spooled yet: there is no folder {folder}.\n"
        "device        camera, without a key: there is no key yet; the upload makes it when it "
        "starts\n",
    )
    as_json = json.loads(pi_uploader("status", "--json", CAMERA_SPOOL=str(folder)).stdout)
    assert (as_json["waiting"], as_json["oldest"], as_json["losses"]) == (0, None, 0)
    assert not folder.exists()


def test_status_shows_what_waits(tmp_path: Path) -> None:
    """As text and as JSON."""
    spool = Spool(tmp_path / "spool")
    names = [new_name("gate", datetime(2026, 11, 20, 12, minute, tzinfo=UTC)) for minute in (1, 2)]
    for name in names:
        spool.put(b"x" * 600_000, PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED))
    done = pi_uploader("status", CAMERA_SPOOL=str(tmp_path / "spool"))
    assert done.returncode == 0
    assert "waiting       2 photos, 1.2 MB\n" in done.stdout
    assert f"oldest        {names[0]}, " in done.stdout
    done = pi_uploader("status", "--json", CAMERA_SPOOL=str(tmp_path / "spool"))
    facts = json.loads(done.stdout)
    assert facts.pop("oldest_age_seconds") > 0
    assert facts == {
        "spool": str(tmp_path / "spool"),
        "waiting": 2,
        "waiting_bytes": 1_200_000,
        "waiting_for_clock": 0,
        "oldest": str(names[0]),
        "quarantined": 0,
        "losses": 0,
        "losses_unreported": 0,
        "kept": 0,
        "unreadable": [],
        "missing": 0,
        "last_receipt": None,
        "back_off_until": None,
        "problem": None,
        "reports_deferred": 0,
        "reports_problem": None,
        "delivered_last_hour": 0,
        "bytes_last_hour": 0,
        "paused": None,
        "disarmed": {},
        "motion": {},
        "labels": {},
        "device": "camera",
        "key": None,
        "key_problem": "there is no key yet; the upload makes it when it starts",
    }


def test_status_exits_with_0_whatever_it_shows(tmp_path: Path) -> None:
    """Scripts of earlier versions read its JSON; whether something is wrong is what doctor says."""
    spool, name = Spool(tmp_path), new_name("gate", datetime(2026, 11, 20, 12, 1, tzinfo=UTC))
    info = PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
    spool.quarantine(spool.put(b"x" * 600, info), "rejected-422")
    state_file(tmp_path).write_text(json.dumps({"problem": "is unreachable"}))
    done = pi_uploader("status", CAMERA_SPOOL=str(tmp_path))
    assert (done.returncode, "trouble       the backend is unreachable" in done.stdout) == (0, True)


def test_identity_makes_the_key_that_status_and_doctor_show(
    tmp_path: Path, secrets_used: set[str]
) -> None:
    """The key itself is never shown."""
    environ = {"CAMERA_SPOOL": str(tmp_path / "spool"), "CAMERA_DEVICE_NAME": "gate"}
    first, again = (pi_uploader("identity", **environ) for _ in range(2))
    name, fingerprint = (line.partition(": ")[2] for line in first.stdout.splitlines())
    assert (name, len(fingerprint), first.stdout) == ("gate", 16, again.stdout)
    assert first.stdout == f"device: gate\nfingerprint of its key: {fingerprint}\n"
    shown = pi_uploader("status", **environ).stdout
    assert f"device        gate, fingerprint {fingerprint}\n" in shown
    facts = json.loads(pi_uploader("status", "--json", **environ).stdout)
    assert (facts["device"], facts["key"], facts["key_problem"]) == ("gate", fingerprint, None)
    environ |= {"BASE_URL": "http://127.0.0.1:9", "CAMERA_SOURCE": "simulated"}
    assert f"gate, fingerprint {fingerprint}\n" in pi_uploader("doctor", **environ).stdout
    secrets_used.add((tmp_path / "spool" / "device-key").read_text().strip())


def test_identity_says_what_is_wrong_with_a_key(tmp_path: Path) -> None:
    (tmp_path / "device-key").write_text("damaged")
    done = pi_uploader("identity", CAMERA_SPOOL=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "the key is damaged" in done.stderr
    assert (
        "without a key: the key is damaged"
        in pi_uploader("status", CAMERA_SPOOL=str(tmp_path)).stdout
    )


def test_status_ignores_wrong_settings_of_capture_and_upload(tmp_path: Path) -> None:
    """It works while they are being corrected."""
    done = pi_uploader(
        "status", CAMERA_SPOOL=str(tmp_path), BASE_URL="nowhere", PIR_PIN="99", CAMERA_SOURCE="x"
    )
    assert done.returncode == 0
    done = pi_uploader("status", CAMERA_SPOOL=str(tmp_path), CAMERA_DEVICE_NAME="Not a name")
    assert done.returncode == 0
    assert "device        unknown, without a key: CAMERA_DEVICE_NAME: must be" in done.stdout


def test_capturing_loads_nothing_that_it_does_not_use() -> None:
    """A Pi Zero has 512 MB: gpiozero is loaded with a pin, Pillow with a scene, HTTP never."""
    loaded = loaded_by("import pi_uploader.cli, pi_uploader.capture, pi_uploader.cameras.replay")
    assert not loaded & {"gpiozero", "requests", "PIL", "azure", "function_app", "ctypes", "numpy"}
    assert not loaded & {"pi_uploader.identity", "photo_wire.signature"}
    assert not loaded & {"pi_uploader.capture.motion_watch", "pi_uploader.motion.detector"}


def test_a_camera_without_motion_in_its_picture_loads_no_numpy(tmp_path: Path) -> None:
    """It takes 25 MB; the whole process captures with the simulated camera here."""
    code = "from tests.support.capturing import asking, idle_settings; import pathlib; "
    code += f"settings = idle_settings(pathlib.Path({str(tmp_path)!r}))\n"
    code += "with asking(settings) as ask: ask('photo', camera='camera', tag='0000002a')\npass"
    assert not loaded_by(code) & {"numpy", "pi_uploader.capture.motion_watch"}


def test_no_process_but_detect_loads_what_runs_models() -> None:
    """Their libraries take 80 MB; whether a process looks at photos is known without them."""
    code = "import pi_uploader.cli, pi_uploader.capture.process, pi_uploader.upload.process, "
    code += "pi_uploader.serve.process, pi_uploader.status, pi_uploader.supervisor, "
    code += "pi_uploader.doctor"
    loaded = loaded_by(code)
    assert not loaded & {"onnxruntime", "ai_edge_litert", "numpy"}
    assert {one for one in loaded if one.startswith("pi_uploader.detect.")} <= {
        "pi_uploader.detect.errors",
        "pi_uploader.detect.report",
    }


def test_no_process_loads_cryptography() -> None:
    """It takes 6 to 8 MB (docs/decisions/0068)."""
    code = "import pathlib, tempfile, pi_uploader.cli, pi_uploader.upload.process as process; "
    code += "process.Identity.open(pathlib.Path(tempfile.mkdtemp()), {}, 'gate')"
    loaded = loaded_by(code)
    assert "pi_uploader.ed25519" in loaded
    assert not loaded & {"cryptography", "cffi", "_cffi_backend"}


def test_status_loads_no_http() -> None:
    loaded = loaded_by("import pi_uploader.cli, pi_uploader.status")
    assert not loaded & {"gpiozero", "requests", "PIL", "azure", "function_app"}


def test_uploading_loads_no_camera_and_no_pins() -> None:
    """The two processes share only the spool."""
    loaded = loaded_by("import pi_uploader.cli, pi_uploader.upload.process")
    assert not loaded & {"gpiozero", "PIL", "azure", "function_app", "charset_normalizer"}


def loaded_by(code: str) -> set[str]:
    """Return the modules that this code loads in a new interpreter."""
    show = "; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code + show], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


WITH_A_SPOOL = (("capture",), ("capture", "--once"), ("upload",), ("status",), ("spool", "list"))
NO_FOLDERS = {
    "a file": ("file", "is a file: choose another folder, or move the file away"),
    "in a file": ("file/spool", "lies in a file: choose another folder"),
    "too long": ("x" * 300, "has too long a name: choose a shorter one"),
}


@pytest.mark.parametrize(
    ("args", "folder", "problem"),
    [
        pytest.param(
            args,
            *NO_FOLDERS[kind],
            id=f"{kind}-{' '.join(args)}",
            # each command and each kind is in one of the fast ones
            marks=() if at % len(NO_FOLDERS) == number else pytest.mark.slow,
        )
        for at, args in enumerate(WITH_A_SPOOL)
        for number, kind in enumerate(NO_FOLDERS)
    ],
)
def test_a_spool_that_cannot_be_a_folder_is_a_wrong_setting(
    tmp_path: Path, args: tuple[str, ...], folder: str, problem: str
) -> None:
    """One line says so, whatever the command."""
    (tmp_path / "file").write_text("not a folder")
    camera = {"CAMERA_SOURCE": "simulated", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}
    backend = {"BASE_URL": "http://127.0.0.1:9", "AZURE_FUNCTION_KEY": "key"}
    done = pi_uploader(*args, CAMERA_SPOOL=str(tmp_path / folder), **camera, **backend)
    assert done.returncode == 78
    lines = [line for line in done.stderr.splitlines() if " ERROR " in line]
    assert len(lines) == 1
    assert "CAMERA_SPOOL: must be the absolute path of a folder" in lines[0]
    assert lines[0].endswith(problem)
    assert "Traceback" not in done.stderr


def test_capture_refuses_a_trigger_without_once() -> None:
    """It would be ignored."""
    done = pi_uploader("capture", "--trigger", "motion")
    assert done.returncode == 2
    assert "--trigger is for --once alone: add --once, or leave --trigger out" in done.stderr
