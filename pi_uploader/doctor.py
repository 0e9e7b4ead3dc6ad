"""`pi-uploader doctor`: each thing a photo needs on its way is tried, one by one.

Nothing is stored in the spool or in the cloud: the photo that the camera takes is thrown away, and
the key is tried with an empty report.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime

from photo_wire.headers import Trigger
from pi_uploader.cameras import CameraError, CaptureContext, open_camera
from pi_uploader.client import BackendClient, RejectedError, UnavailableError
from pi_uploader.client.connection import PROXY_VARIABLES, route_to
from pi_uploader.client.errors import connection_problem
from pi_uploader.clock import CLOCK_AWAITED, CLOCK_NEXT_STEP, SYSTEM_CLOCK, Clock
from pi_uploader.finding import Finding, Verdict
from pi_uploader.libraries import camera_library, pin_library
from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    OnceSettings,
    SettingsError,
    UploadSettings,
    load_settings,
)
from pi_uploader.settings.source import Environment
from pi_uploader.spool.disk import Disk, diagnose
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.pins import PinBusyError

MAX_PIN_WAIT = 30.0  # seconds
CONNECT_TIMEOUT = 10.0  # seconds
ROOM_FOR_A_DAY = 500_000_000  # bytes
INODES_FOR_A_DAY = 2_000


def examine(
    environ: Environment,
    wait_for_pins: bool = False,
    say: Callable[[str], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> list[Finding]:
    """Look at everything; `say` is given each line as it is found. With `wait_for_pins` a person
    triggers each pin, for which half a minute is waited."""
    findings: list[Finding] = []
    for one in _examine(environ, wait_for_pins, say or (lambda line: None), clock):
        findings.append(one)
        if say:
            say(str(one))
    return findings


def _examine(
    environ: Environment,
    wait_for_pins: bool,
    say: Callable[[str], None],
    clock: Clock,
) -> Iterator[Finding]:
    capture = upload = None
    try:
        capture = load_settings(OnceSettings, environ)
    except SettingsError as error:
        yield from _wrong_settings(error)
        yield from camera_library(None)
    try:
        upload = load_settings(UploadSettings, environ)
    except SettingsError as error:
        yield from _wrong_settings(error)
    if capture:
        yield from camera_library(capture)
        yield from pin_library(capture)
        for camera in capture.cameras:
            yield _camera(camera)
            yield from _pins(camera, wait_for_pins, say)
            if not camera.has_trigger:
                yield _no_trigger(camera)
        yield _clock(capture, clock)
        yield _zone(capture)
        yield _disk(capture)
    if upload and upload.base_url:
        network = _network(upload.base_url)
        yield network
        if not network.is_bad:
            yield _backend(upload, upload.base_url)


def _wrong_settings(error: SettingsError) -> Iterator[Finding]:
    for problem in error.problems:
        yield Finding("settings", Verdict.BAD, problem, "correct it; pi-uploader config check")


def _camera(settings: CameraSettings) -> Finding:
    what = f"camera {settings.name}"
    try:
        with closing(open_camera(settings)) as camera:
            shot = camera.take(CaptureContext(settings.name, Trigger.DEMAND, None))
    except SettingsError as error:
        return Finding(what, Verdict.BAD, "; ".join(error.problems), "correct the setting")
    except CameraError as error:
        return Finding(
            what,
            Verdict.BAD,
            str(error),
            "where the service has the camera, stop it first: sudo systemctl stop "
            "pi-uploader-capture",
        )
    except Exception as error:  # noqa: BLE001  whatever a driver raises is the finding
        return Finding(
            what,
            Verdict.BAD,
            f"{type(error).__name__}: {error}",
            "check its cable and address; where the service has the camera, stop it first: sudo "
            "systemctl stop pi-uploader-capture",
        )
    kind = shot.media.name
    return Finding(what, Verdict.GOOD, f"took a {kind} of {len(shot.content):,} bytes")


def _pins(
    settings: CameraSettings, wait_for_pins: bool, say: Callable[[str], None]
) -> Iterator[Finding]:
    for pin, how in ((settings.pir_pin, "move in front of the sensor"), (settings.pin, "pull LOW")):
        if pin is None:
            continue
        queue = TriggerQueue()
        with ExitStack() as open_parts:
            try:
                if pin == settings.pir_pin:
                    open_parts.enter_context(motion_trigger(pin, queue))
                else:
                    open_parts.enter_context(contact_trigger(pin, queue, settings.debounce))
            except SettingsError as error:
                yield Finding(f"pin {pin}", Verdict.BAD, "; ".join(error.problems))
                continue
            except PinBusyError as error:
                yield Finding(
                    f"pin {pin}",
                    Verdict.BAD,
                    str(error),
                    "where the service has it: sudo systemctl stop pi-uploader-capture",
                )
                continue
            except Exception as error:  # noqa: BLE001  the pin drivers have errors of their own
                yield Finding(
                    f"pin {pin}",
                    Verdict.BAD,
                    f"{type(error).__name__}: {error}",
                    "stop the service that has it: sudo systemctl stop pi-uploader-capture",
                )
                continue
            if not wait_for_pins:
                yield Finding(
                    f"pin {pin}", Verdict.GOOD, "can be read", f"to see it trigger: --pins, {how}"
                )
                continue
            say(f"{'...':8} pin {pin}: trigger it now ({how}), {MAX_PIN_WAIT:g} s")
            yield _triggered(pin, queue.get(MAX_PIN_WAIT) is not None)


def _triggered(pin: int, was: bool) -> Finding:
    if was:
        return Finding(f"pin {pin}", Verdict.GOOD, "was triggered")
    return Finding(
        f"pin {pin}",
        Verdict.BAD,
        f"nothing came within {MAX_PIN_WAIT:g} s",
        "check the wiring and the BCM number of the pin (not its place on the header)",
    )


def _no_trigger(settings: CameraSettings) -> Finding:
    return Finding(
        "trigger",
        Verdict.DOUBTFUL,
        f"{settings.name} has none; only capture --once takes photos with it, as "
        "pi-uploader-scheduled.timer does",
        "for the capture service set PIR_PIN, CAMERA_PIN, CAMERA_EVERY or CAMERA_TIMES",
    )


def _zone(settings: CaptureSettings) -> Finding:
    if not settings.zone_is_known:
        return Finding(
            "zone",
            Verdict.DOUBTFUL,
            f"{settings.zone_sentence}; no hours or times of day are set, which would need it",
            "set CAMERA_ZONE to a zone such as Europe/Berlin",
        )
    now = datetime.now(settings.zone)
    return Finding("zone", Verdict.GOOD, f"{settings.zone_sentence}; it is {now:%H:%M} there")


def _clock(settings: CaptureSettings, clock: Clock) -> Finding:
    shown = f"shows {clock.now():%Y-%m-%d %H:%M} UTC"
    if settings.clock_is_trusted:
        return Finding("clock", Verdict.GOOD, f"{shown} and is trusted")
    if clock.is_set():
        return Finding("clock", Verdict.GOOD, f"{shown} and has been set by the network")
    return Finding(
        "clock",
        Verdict.DOUBTFUL,
        f"{shown} and has not been set since the boot; {CLOCK_AWAITED}",
        CLOCK_NEXT_STEP,
    )


def _disk(settings: CaptureSettings) -> Finding:
    folder, disk = settings.spool, Disk()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f"doctor-{os.getpid()}"
        try:
            file = disk.create(probe)
            try:
                disk.write(file, b"is it writable?")
                disk.flush(file)
            finally:
                disk.close(file)
        finally:
            probe.unlink(missing_ok=True)
        free, inodes = disk.free(folder), disk.free_inodes(folder)
    except OSError as error:
        why = diagnose(folder, error, disk)
        return Finding("disk", Verdict.BAD, why.sentence, why.next_step)
    sentence = f"{folder} can be written; {free / 1e6:,.0f} MB are free"
    if free < settings.reserve_bytes:
        return Finding("disk", Verdict.BAD, sentence, "free some space: photos are given up")
    if inodes is not None and inodes < INODES_FOR_A_DAY:
        step = "remove many small files: df -i; each photo takes one"
        return Finding("disk", Verdict.DOUBTFUL, f"{sentence}, and {inodes:,} inodes", step)
    if free < settings.reserve_bytes + ROOM_FOR_A_DAY:
        return Finding("disk", Verdict.DOUBTFUL, sentence, "an outage of a day may not fit")
    return Finding("disk", Verdict.GOOD, sentence)


def _network(base_url: str) -> Finding:
    """Whether the backend, or the proxy that knows the way, can be connected to."""
    try:
        route = route_to(base_url)
    except SettingsError as error:
        return Finding("network", Verdict.BAD, "; ".join(error.problems))
    try:
        socket.create_connection((route.host, route.port), CONNECT_TIMEOUT).close()
    except OSError as error:
        next_step = "check the network, and that the backend is deployed and running"
        if route.is_proxy:
            next_step = f"check {PROXY_VARIABLES}; NO_PROXY names exceptions"
        elif isinstance(error, socket.gaierror):
            next_step = "check BASE_URL, and that the device has a network and a name server"
        return Finding(
            "network",
            Verdict.BAD,
            f"no connection to {route}: {connection_problem(error)}",
            next_step,
        )
    return Finding("network", Verdict.GOOD, f"{route}, can be reached")


def _backend(settings: UploadSettings, base_url: str) -> Finding:
    try:
        BackendClient(base_url, settings.function_key).send_alerts([])
    except SettingsError as error:
        return Finding("backend", Verdict.BAD, "; ".join(error.problems))
    except UnavailableError as error:
        return Finding("backend", Verdict.BAD, f"the backend {error}")
    except RejectedError:
        pass  # an older backend takes no empty report, but has taken the key
    if settings.function_key is None:
        return Finding(
            "backend",
            Verdict.DOUBTFUL,
            "answers, and asks for no key",
            "anybody may send it photos: give it function keys, and this device one of them",
        )
    return Finding("backend", Verdict.GOOD, "answers, and takes the key")
