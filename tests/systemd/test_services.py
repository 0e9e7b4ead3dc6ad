"""The installed services under a real systemd: start, hang, kill, stop, sandbox."""

import json
import shutil
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pi_uploader.clock import BOOT_ID, SYSTEM_CLOCK, _kernel_clock_state
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.models import PERSON, write_litert, write_onnx, yolo
from tests.support.pictures import jpeg
from tests.support.program import SlowPicture
from tests.support.systemd_machine.machine import SHARED
from tests.support.waiting import wait_for
from tests.systemd.device import CAPTURE, DETECT, SCHEDULED, SPOOL, TIMER, UNITS, UPLOAD, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

QUICK = ("[Service]", "RestartSec=100ms")


@pytest.fixture
def device(installed: Device) -> Iterator[Device]:
    """The device, with nothing running and no photo."""
    installed.reset()
    installed.configure()
    yield installed
    for unit in UNITS:
        print(installed.journal(unit))
    installed.stop(*UNITS)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def test_systemd_finds_no_fault_in_the_installed_units(device: Device) -> None:
    checked = device.machine.run(
        "systemd-analyze", "verify", *(f"/etc/systemd/system/{unit}" for unit in UNITS)
    )
    assert checked.stdout == ""
    shown = {unit: device.machine.property(unit, "MemoryMax") for unit in (CAPTURE, UPLOAD)}
    assert shown[UPLOAD] == str(192 * 1024**2)
    assert int(shown[CAPTURE]) > int(shown[UPLOAD])  # a share of the machine's
    assert device.machine.property(UPLOAD, "OOMPolicy") == "kill"
    assert device.machine.property(CAPTURE, "OOMPolicy") == "continue"


def test_photos_are_taken_and_delivered_with_the_key(device: Device, server: FaultServer) -> None:
    """`systemctl start` returns when each service has reported that it is ready."""
    device.configure(BASE_URL=server.base_url)
    device.start(CAPTURE, UPLOAD)
    assert [device.state(unit) for unit in (CAPTURE, UPLOAD)] == ["active", "active"]
    assert "Type=notify" in device.machine.run("systemctl", "show", CAPTURE).stdout
    wait_for(lambda: len(server.store.photos) >= 2, what="two photos in the store")
    device.stop(CAPTURE)
    wait_for(lambda: not device.waiting(), what="an empty spool")
    assert server.store.photos.keys() == device.taken()
    assert {one.headers.get("x-functions-key") for one in server.requests} == {device.key}
    assert device.key not in device.machine.journal()


def test_the_watchdog_restarts_a_service_that_hangs(device: Device) -> None:
    """Earlier photos stay, more follow, and the log shows where it hung."""
    device.change(CAPTURE, *QUICK, "WatchdogSec=2")
    device.start(CAPTURE)
    device.wait_for_photos(1)
    device.signal(CAPTURE, "SIGSTOP")
    wait_for(lambda: device.restarts(CAPTURE) >= 1, what="a restart")
    device.wait_for_photos(1)
    device.wait_for_journal(CAPTURE, ["Watchdog timeout", "Fatal Python error: Aborted"])
    assert device.taken() <= device.waiting()


def test_the_watchdog_does_not_restart_a_healthy_service(device: Device) -> None:
    """Keep-alives come more often than systemd requires, while photos are taken."""
    device.change(CAPTURE, *QUICK, "WatchdogSec=4")
    device.start(CAPTURE)
    device.wait_for_photos(10)  # in as many seconds
    assert device.restarts(CAPTURE) == 0


def test_the_upload_service_can_ask_the_capture_service(device: Device) -> None:
    """Over the socket in the spool's folder, out of the sandbox of its unit, as a person can by
    hand. A disarmed camera stays so when the service is restarted."""
    device.start(CAPTURE)
    device.wait_for_photos(1)
    device.machine.run("pi-uploader", "disarm")
    ask = "ExecStart=/opt/pi-uploader/bin/pi-uploader photo"
    device.change(
        UPLOAD, "[Service]", "Type=exec", "Restart=no", "WatchdogSec=0", "ExecStart=", ask
    )
    device.start(UPLOAD)
    wait_for(lambda: " demand " in device.journal(CAPTURE), what="a photo on demand")
    device.machine.run("systemctl", "restart", CAPTURE)
    before = device.waiting()
    # It is ready before it listens.
    photo = partial(device.machine.run, "pi-uploader", "photo", check=False)
    wait_for(lambda: photo().returncode == 0, what="the photo")
    assert len(device.waiting() - before) == 1  # the demanded one, and none on schedule
    mode = device.machine.run("stat", "--format=%a %U", f"{SPOOL}/capture.sock").stdout
    assert mode == "600 nightjar\n"


@pytest.mark.parametrize("unit", [CAPTURE, UPLOAD])
def test_a_service_that_crashes_is_restarted(
    unit: str, device: Device, server: FaultServer
) -> None:
    """Any number of times; no photo is lost, and none is stored twice."""
    device.configure(BASE_URL=server.base_url)
    for one in (CAPTURE, UPLOAD):
        device.change(one, *QUICK)
    device.start(CAPTURE, UPLOAD)
    while (crashes := device.restarts(unit)) < 6:  # systemd's default would be to give up at five
        device.wait_for_photos(1)
        device.signal(unit, "SIGKILL")
        wait_for(partial(has_restarted, device, unit, crashes), what=f"restart {crashes + 1}")
    device.wait_for_photos(1)
    device.stop(CAPTURE)
    wait_for(lambda: not device.waiting(), what="an empty spool")
    assert server.store.photos.keys() >= device.taken()
    assert server.store.conflicts == 0


def has_restarted(device: Device, unit: str, earlier: int) -> bool:
    return device.restarts(unit) > earlier


def store_without_a_response(exchange: Exchange) -> None:
    exchange.store.handle(exchange.request, exchange.read())
    exchange.stopped.wait()


def read_half_and_stall(exchange: Exchange) -> None:
    exchange.read(exchange.request.content_length // 2)
    exchange.stopped.wait()


@pytest.mark.parametrize("stall", [read_half_and_stall, store_without_a_response])
def test_a_stop_during_an_upload_loses_nothing(
    stall: Handler, device: Device, server: FaultServer
) -> None:
    """The photo waits for its receipt, and is not stored twice."""
    device.start(CAPTURE)
    device.wait_for_photos(3)
    device.stop(CAPTURE)
    taken = device.taken()
    server.handler = stall
    device.configure(BASE_URL=server.base_url)
    device.start(UPLOAD)
    wait_for(lambda: server.requests, what="an upload under way")
    device.stop(UPLOAD)
    assert device.machine.property(UPLOAD, "Result") == "success"
    assert device.waiting() == taken

    server.handler = store_photo
    device.start(UPLOAD)
    wait_for(lambda: not device.waiting(), what="an empty spool")
    assert server.store.photos.keys() == taken
    assert server.store.conflicts == 0


def test_a_stop_keeps_the_photo_being_taken(device: Device) -> None:
    folder = device.machine.shared / "slow"
    folder.mkdir()
    picture = SlowPicture(folder / "slow.jpg")
    device.configure(CAMERA_REPLAY=f"{SHARED}/slow")
    device.start(CAPTURE)
    picture.wait_for_reader()
    device.machine.run("systemctl", "stop", "--no-block", CAPTURE)
    wait_for(lambda: device.state(CAPTURE) == "deactivating", what="the stop")
    picture.give(jpeg(seed=9))
    wait_for(lambda: device.state(CAPTURE) == "inactive", what="the end")
    assert device.machine.property(CAPTURE, "Result") == "success"
    assert device.taken() == device.waiting()
    assert len(device.taken()) == 1


def test_a_bad_setting_of_the_upload_does_not_stop_capture(device: Device) -> None:
    """The upload exits for good and logs why; photos are still taken."""
    device.configure(BASE_URL="no URL at all")
    for unit in (CAPTURE, UPLOAD):
        device.change(unit, *QUICK)
    device.start(CAPTURE)
    device.machine.run("systemctl", "start", UPLOAD, check=False)
    wait_for(lambda: device.state(UPLOAD) == "failed", what="the end of the upload")
    assert device.machine.property(UPLOAD, "ExecMainStatus") == "78"
    device.wait_for_journal(UPLOAD, "BASE_URL")
    device.wait_for_photos(3)
    assert (device.state(UPLOAD), device.restarts(UPLOAD)) == ("failed", 0)
    assert (device.state(CAPTURE), device.restarts(CAPTURE)) == ("active", 0)


def test_capture_with_a_bad_setting_is_restarted_until_it_is_corrected(device: Device) -> None:
    """The program itself waits before it exits, longer each time."""
    device.configure(CAMERA_EVERY="sometimes")
    device.change(CAPTURE, *QUICK)
    device.machine.run("systemctl", "start", CAPTURE, check=False)
    wait_for(lambda: device.restarts(CAPTURE) > 2, what="three restarts")
    assert device.state(CAPTURE) != "failed"
    device.configure()
    device.wait_for_photos(1)


def test_a_time_missed_while_the_device_was_off_takes_a_photo(device: Device) -> None:
    """The timer starts the real `capture --once`, whose photo waits for the upload. Here it is due
    half a day from now, so that no other photo comes meanwhile."""
    due = f"{datetime.now(UTC) + timedelta(hours=12):%H:%M}"
    device.change(TIMER, "[Timer]", "OnCalendar=", f"OnCalendar=*-*-* {due}:00 UTC")
    stamp = f"/var/lib/systemd/timers/stamp-{TIMER}"
    device.machine.run("mkdir", "-p", "/var/lib/systemd/timers")
    device.machine.run("touch", "-d", "2 days ago", stamp)
    device.start(TIMER)
    wait_for(lambda: device.taken(), what="a photo on schedule")
    wait_for(lambda: device.state(SCHEDULED) == "inactive", what="the end of the service")
    assert device.machine.property(SCHEDULED, "Result") == "success"
    assert device.waiting() == device.taken()
    assert len(device.taken()) == 1
    assert device.machine.property(TIMER, "NextElapseUSecRealtime")


def test_the_timer_fires_at_its_times(device: Device) -> None:
    """The times are overridden: every second."""
    device.change(TIMER, "[Timer]", "OnCalendar=", "OnCalendar=*:*:*")
    device.start(TIMER)
    wait_for(lambda: len(device.taken()) >= 2, what="two photos on schedule")


def test_the_timer_waits_for_a_set_clock_and_capture_does_not(device: Device) -> None:
    """systemd's service that waits for the clock runs in no container; another replaces it."""
    run = device.machine.run
    device.change(
        "systemd-time-wait-sync.service",
        *("[Unit]", "ConditionVirtualization=", "ConditionCapability="),
        *("[Service]", "ExecStart=", "ExecStart=sh -c 'until [ -e /run/set ]; do sleep .1; done'"),
    )
    run("systemctl", "start", "--no-block", "systemd-time-wait-sync.service", TIMER)
    device.start(CAPTURE)
    device.wait_for_photos(1)
    assert device.state("time-sync.target") == device.state(TIMER) == "inactive"
    run("touch", "/run/set")
    wait_for(lambda: device.state(TIMER) == "active", what="the timer")
    assert device.machine.property(TIMER, "Wants") == "time-sync.target"


@pytest.mark.parametrize("unit", [CAPTURE, SCHEDULED, UPLOAD])
def test_the_sandbox_allows_what_the_service_needs_and_no_more(unit: str, device: Device) -> None:
    """A probe (probe.py) runs in its place, in the same sandbox."""
    found = run_probe(device, unit)
    denied = found.pop("writing elsewhere")
    assert isinstance(denied, dict)
    assert "done" not in denied.values(), denied
    groups = found.pop("groups")
    assert found["state of the clock"] is not None
    assert found == {
        "writing state": "done",
        "writing the working directory": "done",
        "reading the key": "Permission denied",
        "key as a credential": "done" if unit == UPLOAD else "No such file or directory",
        "opening a device": "Operation not permitted",
        "setting the clock": "Operation not permitted",
        "state of the clock": _kernel_clock_state(),
        "boot": BOOT_ID.read_text(),
        "reading about the processor": "done",
    }
    if unit != UPLOAD:
        lines = device.machine.run("getent", "group", "video", "gpio").stdout.splitlines()
        assert {int(line.split(":")[2]) for line in lines} <= set(groups)


def run_probe(device: Device, unit: str) -> dict[str, Any]:
    run = device.machine.run
    run("install", "-d", "-m777", "/srv/open")
    run("sh", "-c", "[ -e /srv/device ] || mknod -m 666 /srv/device c 10 229")  # FUSE's
    run("sh", "-c", "exec 3</srv/device")  # here, outside, it can be opened
    shutil.copy(Path(__file__).with_name("probe.py"), device.machine.shared)
    probe = f"/opt/pi-uploader/bin/python {SHARED}/probe.py /srv/open /srv/device"
    changed = ("Type=exec", "Restart=no", "WatchdogSec=0", "ExecStart=", f"ExecStart={probe}")
    device.change(unit, "[Service]", *changed)
    device.start(unit)
    wait_for(lambda: "\n{" in f"\n{device.journal(unit)}", what="the probe's findings")
    (line,) = (one for one in device.journal(unit).splitlines() if one.startswith("{"))
    found: dict[str, Any] = json.loads(line)
    return found


def test_photos_taken_before_the_clock_is_set_wait_for_it(
    device: Device, server: FaultServer
) -> None:
    """The sandbox must not make an unset clock look set."""
    if SYSTEM_CLOCK.is_set():
        pytest.skip("this machine's clock is set, and a service has no clock of its own")
    device.configure(BASE_URL=server.base_url, CAMERA_CLOCK="ntp")
    device.start(CAPTURE, UPLOAD)
    device.wait_for_photos(2)
    undated = device.machine.run("find", f"{SPOOL}/undated", "-type", "f").stdout
    assert len(undated.splitlines()) >= 2


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_the_sandbox_of_what_looks_at_photos_allows_the_runtimes(
    suffix: str, device: Device
) -> None:
    """They are those of the tests: the Pi's own are for another processor."""
    packages = sysconfig.get_path("purelib")
    python = ("/opt/pi-uploader/bin/python", "-c", "import onnxruntime, ai_edge_litert.interpreter")
    with_packages = {"PYTHONPATH": packages}
    if device.machine.run(*python, env=with_packages, check=False).returncode:
        pytest.skip("Debian's Python is not that of the tests, so it cannot load their packages")
    model, outputs = device.machine.shared / f"model.{suffix}", yolo({PERSON: 0.9})
    write_litert(model, outputs) if suffix == "tflite" else write_onnx(model, {"out": outputs})
    red = device.machine.shared / f"red-{suffix}"
    red.mkdir()
    Image.new("RGB", (100, 100), "red").save(red / "1.jpg")
    settings = {"CAMERA_DETECT": f"{SHARED}/{model.name}", "CAMERA_REPLAY": f"{SHARED}/{red.name}"}
    device.configure(PIR_PIN="17", CAMERA_EVERY="off", **settings)
    device.change(DETECT, "[Service]", f"Environment=PYTHONPATH={packages}")
    device.start(DETECT)
    device.machine.run("pi-uploader", "capture", "--once", "--trigger", "motion")
    (name,) = device.waiting()
    device.wait_for_journal(DETECT, f"{name} shows person=0.9")
    labels = device.machine.read(f"{SPOOL}/labels/{name}")
    assert labels.startswith("person=0.9")
