"""The units and scripts as files, checked by systemd's tools and shellcheck."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.processes import ROOT
from photo_wire.errors import WireError
from photo_wire.name import check_camera
from pi_uploader.settings import secret_settings
from tests.systemd.device import CAPTURE, DETECT, MQTT, SCHEDULED, SERVE, TIMER, UNITS, UPLOAD

SYSTEMD = ROOT / "systemd"
PROGRAM = "/opt/pi-uploader/bin/pi-uploader"
MAX_EXPOSURE = 25  # tenths: 2.5 or better
SCRIPTS = [*sorted(SYSTEMD.glob("*.sh")), *sorted((ROOT / "tests/support").rglob("*.sh"))]

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"),
    reason="there is no systemd-analyze: run tests/support/systemd_machine/install.sh",
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A copy of the units with a program that exists: otherwise systemd reports only that."""
    for name in UNITS:
        text = (SYSTEMD / name).read_text()
        (tmp_path / name).write_text(text.replace(PROGRAM, "/bin/true"))
    return tmp_path


def analyze(*args: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *args], capture_output=True, text=True, timeout=90, check=False
    )


def test_these_are_all_units() -> None:
    kinds = (".service", ".socket", ".timer")
    assert {one.name for one in SYSTEMD.iterdir() if one.suffix in kinds} == set(UNITS)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault_in_a_unit(unit: str, units: Path) -> None:
    """It exits with 0 in spite of unknown keys, so the output is compared."""
    checked = analyze("verify", units / unit)
    assert (checked.stdout + checked.stderr, checked.returncode) == ("", 0)


@needs_systemd
def test_systemd_reports_an_unknown_key(units: Path) -> None:
    (units / TIMER).write_text((units / TIMER).read_text().replace("Persistent", "Perisstent"))
    assert "Perisstent" in analyze("verify", units / TIMER).stderr


@needs_systemd
@pytest.mark.parametrize("unit", [CAPTURE, UPLOAD, SCHEDULED])
def test_a_service_scores_2_5_or_better(unit: str, units: Path) -> None:
    score = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", units / unit)
    assert score.returncode == 0, score.stdout
    print(score.stdout.splitlines()[-1])


@needs_systemd
@pytest.mark.parametrize("unit", [SERVE, MQTT, DETECT])
def test_what_reads_what_others_made_scores_2_or_better(unit: str, units: Path) -> None:
    score = analyze("security", "--offline=true", "--threshold=20", units / unit)
    assert score.returncode == 0, score.stdout


@needs_systemd
def test_the_timers_next_times(units: Path) -> None:
    """9:00, 12:00 and 18:00, then 9:00 on the next day, in the system's time zone."""
    (when,) = values(TIMER, "OnCalendar")
    shown = analyze("calendar", "--iterations=4", "--base-time=2026-11-20 08:30:00 UTC", when)
    days = [line.split(": ", 1)[1] for line in shown.stdout.splitlines() if "Next elapse" in line]
    days += [line.split(": ", 1)[1] for line in shown.stdout.splitlines() if "Iter. #" in line]
    assert [day[:23] for day in days] == [
        "Fri 2026-11-20 09:00:00",
        "Fri 2026-11-20 12:00:00",
        "Fri 2026-11-20 18:00:00",
        "Sat 2026-11-21 09:00:00",
    ]


def test_only_wrong_settings_of_upload_page_or_mqtt_stop_a_service_for_good() -> None:
    assert values(UPLOAD, "RestartPreventExitStatus") == ["78"]
    assert values(SERVE, "RestartPreventExitStatus") == ["78"]
    assert values(MQTT, "RestartPreventExitStatus") == ["78"]
    assert values(UPLOAD, "Restart") == values(CAPTURE, "Restart") == ["always"]
    assert values(SERVE, "Restart") == ["on-failure"]  # it ends by itself when nobody looks
    assert values(CAPTURE, "RestartPreventExitStatus") == []
    assert values(SCHEDULED, "RestartPreventExitStatus") == []


def test_both_services_with_a_camera_have_the_same_sandbox() -> None:
    """The comments are in one of the two files."""
    assert sandbox(SCHEDULED) == sandbox(CAPTURE)


def sandbox(unit: str) -> list[str]:
    text = (SYSTEMD / unit).read_text().partition("\nDevicePolicy=")[2].partition("\n[Install]")[0]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", [CAPTURE, UPLOAD, SCHEDULED])
def test_a_leak_ends_the_service_and_not_the_system(unit: str) -> None:
    """Capture survives the end of an ffmpeg; upload is restarted as a whole."""
    (limit,), (policy,) = values(unit, "MemoryMax"), values(unit, "OOMPolicy")
    assert (limit, policy) == (("192M", "kill") if unit == UPLOAD else ("75%", "continue"))


def test_the_page_gives_way_to_capture_and_upload() -> None:
    """Nice= is relative to 0, CPUWeight= to 100. It writes where kept photos are, and nowhere."""
    assert int(*values(SERVE, "Nice")) > 0
    assert int(*values(SERVE, "CPUWeight")) < 100
    assert int(*values(SERVE, "OOMScoreAdjust")) > int(*values(UPLOAD, "OOMScoreAdjust"))
    assert values(SERVE, "MemoryMax") == ["96M"]
    assert values(SERVE, "ReadWritePaths") == ["-/var/lib/pi-uploader/spool/kept"]
    assert values(SERVE, "StateDirectory") == []


def test_the_publisher_gives_way_to_capture_and_upload_and_writes_nothing() -> None:
    for key in ("Nice", "CPUWeight", "OOMScoreAdjust"):
        assert values(MQTT, key) == values(SERVE, key)
    assert values(MQTT, "MemoryMax") == ["64M"]
    assert values(MQTT, "ReadWritePaths") == values(MQTT, "StateDirectory") == []


def test_what_looks_at_photos_gives_way_to_all_others() -> None:
    for key in ("Nice", "CPUWeight", "OOMScoreAdjust"):
        assert int(*values(DETECT, key)) in (int(*values(SERVE, key)), 700)
    assert (values(DETECT, "MemoryMax"), values(DETECT, "OOMPolicy")) == (["60%"], ["kill"])
    assert values(DETECT, "RestartPreventExitStatus") == ["78"]
    assert values(DETECT, "PrivateNetwork") == ["yes"]


def test_what_looks_at_photos_gets_no_secret() -> None:
    [unset] = values(DETECT, "UnsetEnvironment")
    assert sorted(secret_settings()) == unset.split()


def values(unit: str, key: str) -> list[str]:
    """Return the values of this key in a unit's file."""
    lines = (SYSTEMD / unit).read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_no_fault(script: Path) -> None:
    if not shutil.which("shellcheck"):
        reason = "there is no shellcheck: run tests/support/systemd_machine/install.sh"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    checked = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert checked.stdout == ""


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_a_script_has_a_help(script: str) -> None:
    shown = run_script(script, "--help")
    assert shown.returncode == 0
    for option in ("--dry-run", "--help"):
        assert option in shown.stdout


def test_a_dry_run_installs_nothing_and_prints_what_it_would() -> None:
    """It asks nothing, needs no root, and does not print the key."""
    key = "the-key-of-a-dry-run"
    folders = [Path("/opt/pi-uploader"), Path("/etc/pi-uploader")]
    before = [folder.exists() for folder in folders]
    shown = run_script(
        "install.sh", "--dry-run", AZURE_FUNCTION_KEY=key, BASE_URL="https://example.org"
    )
    assert shown.returncode == 0, shown.stderr
    assert key not in shown.stdout + shown.stderr
    for text in ("python3-picamera2", "useradd", "/opt/pi-uploader", "mode 600", *UNITS[1:]):
        assert text in shown.stdout
    assert [folder.exists() for folder in folders] == before


@pytest.mark.parametrize(
    ("args", "settings", "problem"),
    [
        (["--wheel"], {}, "--wheel needs a value"),
        (["--wheel", "/no/such.whl"], {}, "there is no wheel /no/such.whl"),
        (["--packages", "some"], {}, "expected apt or none"),
        (["--key-file", "/no/such"], {}, "/no/such cannot be read"),
        (["--key", "abc"], {}, "no option --key"),
        ([], {"BASE_URL": "ftp://example.org"}, "is not https://HOST"),
        ([], {"BASE_URL": "https://example.org; rm"}, "characters that no backend's URL has"),
        ([], {"AZURE_FUNCTION_KEY": "a b"}, "the key holds a space"),
    ],
)
def test_a_mistake_ends_the_installation_before_it_begins(
    args: list[str], settings: dict[str, str], problem: str
) -> None:
    shown = run_script("install.sh", "--dry-run", *args, **settings)
    assert shown.returncode == 1
    assert problem in shown.stderr
    assert shown.stdout == ""


@pytest.mark.parametrize(
    "name",
    [
        "entry",
        "0",
        "a" * 32,
        "yard-2",
        "a-",
        "a" * 33,
        "-a",
        "Entry",
        "ünd",
        "a_b",
        "a b",
        "a\n",
        "a.b",
    ],
)
def test_install_accepts_the_camera_names_that_the_program_accepts(name: str) -> None:
    """Another name is reported before anything is installed."""
    shown = run_script("install.sh", "--dry-run", CAMERA_NAME=name)
    problem = None
    try:
        check_camera(name)
    except WireError as error:
        problem = error.problem
    assert shown.returncode == (1 if problem else 0), shown.stderr
    if problem:
        assert problem.partition("; ")[2] in shown.stderr
        assert shown.stdout == ""


def run_script(script: str, *args: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", SYSTEMD / script, *args],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
