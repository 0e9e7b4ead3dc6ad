"""install.sh and uninstall.sh on a machine of their own: what they change, and what they keep.

Debian's packages are not installed here: Debian has no python3-picamera2, and there may be no
network.
"""

import os
import re
import secrets
import subprocess
from contextlib import suppress

import pytest

from tests.support.systemd_machine.machine import SHARED, Machine
from tests.systemd.device import CAPTURE, INSTALL, SPOOL, TIMER, UNINSTALL, UNITS, UPLOAD, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ETC = "/etc/pi-uploader"


@pytest.fixture
def device(installed: Device) -> Device:
    """The device, which each test leaves installed, with its settings."""
    installed.reset()
    installed.configure()
    return installed


def modes(machine: Machine, *paths: str) -> list[str]:
    return machine.run("stat", "-c", "%a %U:%G %n", *paths).stdout.splitlines()


def test_secrets_are_for_root_alone_and_settings_for_the_service(device: Device) -> None:
    files = ("", "/environment", "/azure_function_key", "/environment.example")
    assert modes(device.machine, *(f"{ETC}{file}" for file in files)) == [
        f"750 root:nightjar {ETC}",
        f"600 root:root {ETC}/environment",
        f"600 root:root {ETC}/azure_function_key",
        f"644 root:root {ETC}/environment.example",
    ]
    assert device.machine.read(f"{ETC}/azure_function_key") == device.key


def test_the_device_has_a_key_for_the_service_alone(device: Device) -> None:
    """Installing again keeps it. A credential of root's takes its place."""
    machine = device.machine
    output = device.install("--no-start")
    key = f"{SPOOL}/device-key"
    assert modes(machine, key) == [f"600 nightjar:nightjar {key}"]
    ((line, name, fingerprint),) = re.findall(
        r"^(device: ([a-z]+)\nfingerprint of its key: ([\w-]{16}))$", output, re.M
    )
    assert line == machine.run("pi-uploader", "identity").stdout.strip()
    assert line in device.install("--no-start")
    shown = machine.run("pi-uploader", "status").stdout
    assert f"device        {name}, fingerprint {fingerprint}" in shown
    machine.write(f"{ETC}/device_key", f"{'A' * 43}=\n", 0o600)
    assert machine.run("pi-uploader", "identity").stdout.strip() not in ("", line)
    machine.run("rm", f"{ETC}/device_key")


def test_the_user_has_no_shell_and_no_password(device: Device) -> None:
    name, _, _, _, _, home, shell = device.machine.run("getent", "passwd", "nightjar").stdout.split(
        ":"
    )
    assert (name, home, shell.strip()) == ("nightjar", "/var/lib/pi-uploader", "/usr/sbin/nologin")
    assert device.machine.run("getent", "shadow", "nightjar").stdout.split(":")[1] == "!"


def test_the_program_sees_debians_own_libraries(device: Device) -> None:
    """picamera2 comes from apt alone, for Debian's own Python."""
    shown = device.machine.read("/opt/pi-uploader/pyvenv.cfg")
    assert "include-system-site-packages = true" in shown
    assert "home = /usr/bin" in shown


def test_installing_again_replaces_only_the_program(device: Device) -> None:
    """The key, the settings, the choice of services and the photos stay; no secret is printed."""
    device.start(CAPTURE)
    device.wait_for_photos(1)
    device.stop(CAPTURE)
    device.machine.run("pi-uploader", "identity")  # the test before has removed the spool
    before = _list_files(device)
    (package,) = _find(device, "/opt/pi-uploader", "-name", "pi_uploader")
    device.machine.run("rm", "-r", package)
    key, device.key = device.key, ""  # not passed this time
    output = device.install("--no-start")
    device.key = key
    assert key not in output
    assert _list_files(device) == before
    assert "Nightjar" in device.machine.run("/opt/pi-uploader/bin/pi-uploader", "--help").stdout


def test_a_new_url_name_and_key_replace_the_old_ones(
    device: Device, secrets_used: set[str]
) -> None:
    """The other settings stay, and so do these if they are not passed."""
    device.key = secrets.token_urlsafe(32)
    secrets_used.add(device.key)
    for url, name in (
        ("https://one.example.org", "one"),
        ("https://two.example.org", "entry"),
        ("", ""),
    ):
        assert device.key not in device.install("--no-start", url=url, name=name)
    settings = device.machine.read(f"{ETC}/environment").splitlines()
    assert [line for line in settings if "BASE_URL" in line] == ["BASE_URL=https://two.example.org"]
    assert [line for line in settings if "CAMERA_NAME" in line] == ["CAMERA_NAME=entry"]
    assert "CAMERA_SOURCE=simulated" in settings
    assert device.machine.read(f"{ETC}/azure_function_key") == device.key


def test_a_key_may_come_from_a_file(device: Device, secrets_used: set[str]) -> None:
    """A line end is not part of the key."""
    device.key = secrets.token_urlsafe(32)
    secrets_used.add(device.key)
    device.machine.write("/root/key", f"{device.key}\n", 0o600)
    assert device.key not in device.install("--no-start", "--key-file", "/root/key")
    assert device.machine.read(f"{ETC}/azure_function_key") == device.key


def test_a_person_is_asked_for_settings_and_the_key_is_not_shown(
    device: Device, secrets_used: set[str]
) -> None:
    """Only for settings that are missing."""
    device.machine.run("rm", f"{ETC}/azure_function_key")
    device.key = secrets.token_urlsafe(32)
    secrets_used.add(device.key)
    master, slave = os.openpty()
    command = device.machine.inside("sh", INSTALL, "--packages", "none", "--no-start")
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        shown = _read_until(master, "URL")
        os.write(master, b"https://asked.example.org\n")
        shown += _read_until(master, "camera's name")
        os.write(master, b"asked-name\n")
        shown += _read_until(master, "function key")
        os.write(master, f"{device.key}\n".encode())
        shown += _read_until(master, "== done")
        with suppress(OSError):  # the last reader of a terminal gets EIO
            while more := os.read(master, 1024):
                shown += more.decode()
    assert process.returncode == 0
    assert "https://asked.example.org" in shown  # what is typed is shown, except the key
    assert device.key not in shown
    assert device.machine.read(f"{ETC}/azure_function_key") == device.key
    settings = device.machine.read(f"{ETC}/environment").splitlines()
    assert {"BASE_URL=https://asked.example.org", "CAMERA_NAME=asked-name"} <= set(settings)


def _read_until(terminal: int, text: str) -> str:
    shown = ""
    while text not in shown:
        shown += os.read(terminal, 1024).decode()
    return shown


def test_a_wheel_is_installed_as_well_as_a_checkout(device: Device) -> None:
    run = device.machine.run
    pip = ("/opt/pi-uploader/bin/python", "-m", "pip")
    run("cp", "-R", SHARED / "source", "/root/source")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", "/root/wheels", "/root/source", timeout=300)
    (wheel,) = _find(device, "/root/wheels", "-name", "*.whl")
    run(*pip, "uninstall", "--yes", "nightjar")
    device.install("--no-start", "--wheel", wheel)
    assert "Nightjar" in run("/opt/pi-uploader/bin/pi-uploader", "--help").stdout


def test_a_package_with_another_hash_is_not_installed(device: Device) -> None:
    """As from an index that was tampered with. The installed program stays."""
    lock = device.machine.shared / "source" / "systemd" / "requirements.txt"
    before = lock.read_text()
    pip = ("/opt/pi-uploader/bin/python", "-m", "pip")
    device.machine.run(*pip, "uninstall", "--yes", "certifi")
    lock.write_text(re.sub(r"(?m)^(certifi==.*sha256:).*", rf"\g<1>{'0' * 64}", before))
    try:
        with pytest.raises(AssertionError, match="DO NOT MATCH THE HASHES"):
            device.install("--no-start")
    finally:
        lock.write_text(before)
    device.install("--no-start")


def test_an_option_chooses_the_triggers_or_the_timer(device: Device) -> None:
    """Without an option the earlier choice stays."""
    for options, enabled in [
        ((), [CAPTURE, UPLOAD]),
        (("--scheduled",), [TIMER, UPLOAD]),
        ((), [TIMER, UPLOAD]),
        (("--continuous",), [CAPTURE, UPLOAD]),
    ]:
        device.install("--no-start", *options)
        enabled_by_unit = {unit: _is_enabled(device, unit) for unit in (CAPTURE, TIMER, UPLOAD)}
        assert sorted(unit for unit, is_so in enabled_by_unit.items() if is_so) == sorted(enabled)


def test_the_services_run_after_the_installation(device: Device) -> None:
    """Also if they were running before. Wrong settings are reported."""
    output = device.install()
    assert device.state(CAPTURE) == "active"
    assert f"journalctl -u {UPLOAD}" in output  # without a BASE_URL it cannot run
    assert "ERROR pi-uploader: BASE_URL: is not set" in output
    device.install(url="http://127.0.0.1:9")
    assert [device.state(unit) for unit in (CAPTURE, UPLOAD)] == ["active", "active"]
    device.configure(CAMERA_SOURCE="picamera2", CAMERA_REPLAY="", BASE_URL="http://127.0.0.1:9")
    output = device.install()
    assert f"{CAPTURE} does not run yet" in output
    assert "'picamera2' needs the Pi's camera library" in output
    assert UPLOAD not in output


def test_the_journal_has_a_maximum_size(device: Device) -> None:
    shown = device.machine.run("systemd-analyze", "cat-config", "systemd/journald.conf").stdout
    assert "\nSystemMaxUse=100M\n" in shown
    assert "\nRuntimeMaxUse=20M\n" in shown
    assert "max 100.0M" in device.machine.journal("systemd-journald.service")


def test_an_option_enables_the_hardware_watchdog(device: Device) -> None:
    """systemd would use it; no machine here has one."""
    shown = device.machine.run("systemctl", "show", "--property=RuntimeWatchdogUSec").stdout
    assert shown.strip() in ("RuntimeWatchdogUSec=0", "RuntimeWatchdogUSec=infinity")
    device.install("--no-start", "--hardware-watchdog")
    config = device.machine.run("systemd-analyze", "cat-config", "systemd/system.conf").stdout
    assert "\nRuntimeWatchdogSec=15\n" in config


def test_the_command_uses_the_spool_of_the_services(device: Device) -> None:
    """It runs as the same user with the same settings."""
    device.start(CAPTURE)
    device.wait_for_photos(2)
    device.stop(CAPTURE)
    run = device.machine.run
    assert len(run("pi-uploader", "spool", "list").stdout.splitlines()) == len(device.waiting())
    assert run("pi-uploader", "status", "--nonsense", check=False).returncode == 2
    as_another = run("setpriv", "--reuid=nobody", "pi-uploader", "status", check=False)
    assert as_another.returncode == 1
    assert "sudo pi-uploader status" in as_another.stdout


def test_uninstalling_keeps_the_photos_and_prints_where_they_are(device: Device) -> None:
    """With an option it removes the settings, too. A new installation uses the photos."""
    run = device.machine.run
    device.install(url="http://127.0.0.1:9")
    device.wait_for_photos(2)
    assert "would run" in run("sh", UNINSTALL, "--dry-run").stdout
    assert device.state(CAPTURE) == "active"

    output = run("sh", UNINSTALL).stdout
    photos = device.waiting()
    assert f"{len(photos)} photos stay in {SPOOL}" in output
    assert f"stay in {ETC}" in output
    assert _find(device, "/etc", "/opt", "/usr/local", "-name", "*pi-uploader*") == [ETC]
    assert {device.state(unit) for unit in UNITS} == {"inactive"}

    assert f"stay in {ETC}" not in run("sh", UNINSTALL, "--settings").stdout
    assert run("ls", ETC, check=False).returncode != 0

    device.install("--no-start")
    device.configure()
    device.start(CAPTURE)
    device.wait_for_photos(1)
    assert photos < device.waiting()


def _list_files(device: Device) -> list[str]:
    """Return the files that install.sh writes, with modes and hashes, except the program."""
    places = (ETC, "/etc/systemd", "/usr/local/bin/pi-uploader", "/etc/passwd", "/etc/group", SPOOL)
    sums = ("-printf", "%m %u:%g ", "-exec", "sha256sum", "{}", ";")
    files = _find(device, *places, "-type", "f", *sums)
    return sorted([*files, *_find(device, *places, "-type", "l")])


def _find(device: Device, *args: str) -> list[str]:
    return device.machine.run("find", *args).stdout.splitlines()


def _is_enabled(device: Device, unit: str) -> bool:
    return device.machine.run("systemctl", "is-enabled", unit, check=False).returncode == 0
