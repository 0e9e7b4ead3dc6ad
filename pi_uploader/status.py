"""What `pi-uploader status` shows. It only reads, and asks the capture process for its part."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.headers import ClockStatus
from photo_wire.moment import format_time, parse_time
from pi_uploader.agent.pause import PAUSE_FILE, UploadPause
from pi_uploader.alerts.photo_log import count_missing
from pi_uploader.capture.arming import DisarmedCameras
from pi_uploader.clock import LATEST_TIME, SYSTEM_CLOCK, BootTime, Clock
from pi_uploader.control import ControlError, ask
from pi_uploader.detect.report import current_report
from pi_uploader.identity import Identity, IdentityError
from pi_uploader.messages import CLOCK_AWAITED, CLOCK_NEXT_STEP, counted
from pi_uploader.settings import DeviceSettings, SettingsError, detectors, load_settings
from pi_uploader.settings.source import Environment
from pi_uploader.spool import SpooledPhoto
from pi_uploader.spool.admin import count_spool
from pi_uploader.upload.state import delivered_last_hour, read_state, state_file

UPLOAD_STATE_DEFAULTS: dict[str, Any] = {
    "last_receipt": None,
    "back_off_until": None,
    "problem": None,
    "reports_deferred": 0,
    "reports_problem": None,
}
STATE_SECONDS = 3.0  # for the capture process to tell its state


def device_status(folder: Path, environ: Environment) -> tuple[str, dict[str, Any]]:
    """Return the name of the device and the fingerprint of its key, as text and as facts. `folder`
    is that of the spool."""
    device = key = problem = None
    try:
        device = load_settings(DeviceSettings, environ).device
        key = Identity.load(folder, environ, device).fingerprint
    except (SettingsError, IdentityError) as error:
        problem = str(error)
    shown = f"fingerprint {key}" if key else f"without a key: {problem}"
    facts = {"device": device, "key": key, "key_problem": problem}
    return f"device        {device or 'unknown'}, {shown}", facts


def motion_status(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Return whether each camera that looks for motion sees its picture, as lines and as facts;
    nothing if no capture process runs. `folder` is that of the spool."""
    try:
        cameras = ask(folder, {"do": "state"}, STATE_SECONDS).members.get("cameras", {})
    except ControlError:
        cameras = {}
    states = {name: str(one["motion"]) for name, one in cameras.items() if one.get("motion")}
    lines = [
        f"motion        {name} {state}{_since(parse_time(since) if since else None)}"
        for name, state in states.items()
        for since in [cameras[name].get("motion_since")]
    ]
    return lines, {"motion": states}


def detection_status(folder: Path, environ: Environment) -> tuple[list[str], dict[str, Any]]:
    """Return what became of the photos that a model was to look at, as lines and as facts; nothing
    where no camera has one. `folder` is that of the spool."""
    names = [name for name, is_in_camera in detectors(environ).items() if not is_in_camera]
    reports = {name: current_report(folder, name) for name in names}
    states = {name: f"{one}{_since(one.failing_since)}" for name, one in reports.items()}
    return [f"labels        {name}: {state}" for name, state in states.items()], {"labels": states}


def spool_status(
    folder: Path,
    clock: Clock = SYSTEM_CLOCK,
    runtime: Path | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return the state of the spool in this folder, as text for a person and as facts for JSON.

    `runtime` is the folder with the records of losses that the disk did not take. Raises OSError
    if the spool's folder cannot be read.
    """
    facts = _facts(folder, clock, runtime)
    if not folder.is_dir():
        return f"Nothing spooled yet: there is no folder {folder}.", facts
    return "\n".join(_lines(facts, clock.is_set())), facts


def _facts(folder: Path, clock: Clock, runtime: Path | None) -> dict[str, Any]:
    """Return the state of the spool in this folder, as facts for JSON."""
    counts = count_spool(folder, runtime)
    oldest = counts.backlog.oldest
    now, boot_time = clock.now(), clock.since_boot()
    age = _age(oldest, now, boot_time) if oldest else None
    state = read_state(state_file(folder))
    photos_delivered, bytes_delivered = delivered_last_hour(state, boot_time, now)
    return {
        "spool": str(folder),
        "waiting": counts.waiting,
        "waiting_bytes": counts.backlog.bytes,
        "waiting_for_clock": counts.backlog.undated,
        "oldest": str(oldest.name) if oldest else None,
        "oldest_age_seconds": None if age is None else round(age.total_seconds()),
        "quarantined": counts.quarantined,
        "losses": counts.losses,
        "losses_unreported": counts.unreported,
        "kept": counts.kept,
        "unreadable": list(counts.unreadable),
        "missing": count_missing(folder),
        **{name: state.get(name, default) for name, default in UPLOAD_STATE_DEFAULTS.items()},
        "delivered_last_hour": photos_delivered,
        "bytes_last_hour": bytes_delivered,
        "paused": _until(UploadPause(folder / PAUSE_FILE, clock).until),
        "disarmed": {
            camera: _until(one.until or LATEST_TIME)
            for camera, one in DisarmedCameras(folder, clock).all().items()
        },
    }


def _lines(facts: dict[str, Any], is_clock_set: bool) -> list[str]:
    size = facts["waiting_bytes"] / 1e6
    receipt = facts["last_receipt"]
    return [
        f"spool         {facts['spool']}",
        f"waiting       {counted(facts['waiting'], 'photo')}, {size:.1f} MB",
        f"oldest        {_describe_oldest(facts)}",
        *_describe_undated(facts["waiting_for_clock"], is_clock_set),
        f"delivered     {counted(facts['delivered_last_hour'], 'photo')} in the last hour, "
        f"{facts['bytes_last_hour'] / 1e6:.1f} MB",
        f"last receipt  {receipt['id'] + ' at ' + receipt['at'] if receipt else 'none'}",
        f"quarantined   {counted(facts['quarantined'], 'photo')}",
        f"lost          {counted(facts['losses'], 'photo')}, "
        f"{facts['losses_unreported']} not reported yet",
        *(
            [
                f"not reported  {counted(facts['reports_deferred'], 'alert')}, tried again later: "
                f"{facts['reports_problem']}"
            ]
            if facts["reports_deferred"]
            else []
        ),
        *(f"unreadable    {one}; what is in it is not counted" for one in facts["unreadable"]),
        *(
            [f"missing       {counted(facts['missing'], 'photo')} that the cloud had stored"]
            if facts["missing"]
            else []
        ),
        *([f"kept here     {counted(facts['kept'], 'photo')}"] if facts["kept"] else []),
        *([f"paused        no photo is uploaded {facts['paused']}"] if facts["paused"] else []),
        *(
            f"disarmed      {camera} {until}: triggers take no photo"
            for camera, until in facts["disarmed"].items()
        ),
        *(
            [f"trouble       the backend {facts['problem']}; next try {facts['back_off_until']}"]
            if facts["problem"]
            else []
        ),
    ]


def _since(begin: datetime | None) -> str:
    return f", since {format_time(begin)}" if begin else ""


def _until(end: datetime | None) -> str | None:
    """Return how long a pause or a disarming lasts, in words; None if there is none."""
    if end is None:
        return None
    return "without an end" if end == LATEST_TIME else f"until {format_time(end)}"


def _describe_undated(count: int, is_clock_set: bool) -> list[str]:
    if not count:
        return []
    before = (
        f"clock         {counted(count, 'photo')} of these: the clock was not set when they were"
    )
    if is_clock_set:
        return [f"{before} taken; they get their right time when they are uploaded"]
    return [f"{before} taken; {CLOCK_AWAITED}", f"              -> {CLOCK_NEXT_STEP}"]


def _age(oldest: SpooledPhoto, now: datetime, boot_time: BootTime) -> timedelta | None:
    """Return how long the oldest photo has waited; None if unknown: the clock was not set."""
    if oldest.boot_time:
        milliseconds = boot_time.milliseconds - oldest.boot_time.milliseconds
        same_boot = oldest.boot_time.boot == boot_time.boot
        return timedelta(milliseconds=milliseconds) if same_boot else None
    age = now - oldest.name.captured_at
    return None if oldest.clock is ClockStatus.UNSYNCED or age < timedelta(0) else age


def _describe_oldest(facts: dict[str, Any]) -> str:
    if facts["oldest"] is None:
        return "none"
    if facts["oldest_age_seconds"] is None:
        return f"{facts['oldest']}, age unknown: the clock was not set"
    return f"{facts['oldest']}, {counted(round(facts['oldest_age_seconds'] / 60), 'minute')} old"
