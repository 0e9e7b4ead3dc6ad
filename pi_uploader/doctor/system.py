"""The doctor's tests of clock, time zone, disk, network and backend."""

import os
import socket
from datetime import datetime

from pi_uploader.client import BackendClient, RejectedError, UnavailableError
from pi_uploader.client.connection import PROXY_VARIABLES, route_to
from pi_uploader.client.errors import connection_problem
from pi_uploader.clock import Clock
from pi_uploader.doctor.finding import Finding, Severity
from pi_uploader.identity import Identity, IdentityError, NoKeyError
from pi_uploader.messages import CLOCK_AWAITED, CLOCK_NEXT_STEP
from pi_uploader.settings import CaptureSettings, SettingsError, UploadSettings
from pi_uploader.settings.source import Environment
from pi_uploader.spool.disk import Disk, diagnose

CONNECT_TIMEOUT_SECONDS = 10.0
BYTES_FOR_A_DAY = 500_000_000
INODES_FOR_A_DAY = 2_000


def check_clock(settings: CaptureSettings, clock: Clock) -> Finding:
    """Return whether the clock is set or trusted."""
    shown = f"shows {clock.now():%Y-%m-%d %H:%M} UTC"
    if settings.clock_is_trusted:
        return Finding("clock", Severity.OK, f"{shown} and is trusted")
    if clock.is_set():
        return Finding("clock", Severity.OK, f"{shown} and has been set by the network")
    return Finding(
        "clock",
        Severity.WARNING,
        f"{shown} and has not been set since the boot; {CLOCK_AWAITED}",
        CLOCK_NEXT_STEP,
    )


def check_zone(settings: CaptureSettings) -> Finding:
    """Return which time zone the hours and times of day are in."""
    if not settings.zone_is_known:
        return Finding(
            "zone",
            Severity.WARNING,
            f"{settings.zone_sentence}; no hours or times of day are set, which would need it",
            "set CAMERA_ZONE to a zone such as Europe/Berlin",
        )
    now = datetime.now(settings.zone)
    return Finding("zone", Severity.OK, f"{settings.zone_sentence}; it is {now:%H:%M} there")


def check_disk(settings: CaptureSettings) -> Finding:
    """Write a file into the spool's folder and remove it; return how much space is left."""
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
        diagnosis = diagnose(folder, error, disk)
        return Finding("disk", Severity.BAD, diagnosis.sentence, diagnosis.next_step)
    text = f"{folder} can be written; {free / 1e6:,.0f} MB are free"
    if free < settings.reserve_bytes:
        return Finding("disk", Severity.BAD, text, "free some space: photos are evicted")
    if inodes is not None and inodes < INODES_FOR_A_DAY:
        next_step = "remove many small files: df -i; each photo takes one inode"
        return Finding(
            "disk",
            Severity.WARNING,
            f"{text}, and {inodes:,} {'inode' if inodes == 1 else 'inodes'}",
            next_step,
        )
    if free < settings.reserve_bytes + BYTES_FOR_A_DAY:
        return Finding("disk", Severity.WARNING, text, "an outage of a day may not fit")
    return Finding("disk", Severity.OK, text)


def check_network(base_url: str) -> Finding:
    """Connect to the backend, or to the proxy on the way to it."""
    try:
        route = route_to(base_url)
    except SettingsError as error:
        return Finding.of_error("network", error, next_step="")
    try:
        socket.create_connection((route.host, route.port), CONNECT_TIMEOUT_SECONDS).close()
    except OSError as error:
        next_step = "check the network, and that the backend is deployed and running"
        if route.is_proxy:
            next_step = f"check {PROXY_VARIABLES}; NO_PROXY names exceptions"
        elif isinstance(error, socket.gaierror):
            next_step = "check BASE_URL, and that the device has a network and a name server"
        text = f"no connection to {route}: {connection_problem(error)}"
        return Finding("network", Severity.BAD, text, next_step)
    return Finding("network", Severity.OK, f"{route}, can be reached")


def load_identity(settings: UploadSettings, environ: Environment) -> tuple[Identity, Finding]:
    """Return the identity of this device, without a key if none can be used, and the finding about
    it."""
    try:
        identity = Identity.load(settings.spool, environ, settings.device)
    except IdentityError as error:
        severity = Severity.OK if isinstance(error, NoKeyError) else Severity.WARNING
        finding = Finding("identity", severity, f"{settings.device}, without a key: {error}")
        return Identity(settings.device), finding
    text = f"{identity.device}, fingerprint {identity.fingerprint}"
    return identity, Finding("identity", Severity.OK, text)


def check_backend(settings: UploadSettings, base_url: str, identity: Identity) -> Finding:
    """Send the backend an empty report, to test the key."""
    try:
        BackendClient(base_url, settings.function_key, identity=identity).send_alerts([])
    except SettingsError as error:
        return Finding.of_error("backend", error, next_step="")
    except UnavailableError as error:
        return Finding("backend", Severity.BAD, f"the backend {error}")
    except RejectedError:
        pass  # an older backend rejects an empty report, after it has accepted the key
    if settings.function_key is None:
        return Finding(
            "backend",
            Severity.WARNING,
            "answers, and asks for no key",
            "anybody may send it photos: give it function keys, and this device one of them",
        )
    return Finding("backend", Severity.OK, "answers, and accepts the key")
