"""Record a spool as a version writes it: python -m tests.golden.record_spool [--code FOLDER].

The version's own program writes it, as processes that are started in FOLDER (a checkout; default:
this one): it captures, uploads to a backend of the tests, and leaves what a power cut leaves. The
spool goes to tests/golden/spool-VERSION/spool, and what the version's `status` and `spool list`
print about it goes beside it. tests/e2e/test_written_before.py reads it with today's code.

Run it on a machine whose clock is not synchronized, such as a container, so that a photo is
undated.
"""

import json
import shutil
import tempfile
from pathlib import Path

from photo_wire.alert import ALERTS_PATH, LOSS, AlertsReceipt, parse_alerts
from tests.golden.old_device import OldDevice
from tests.golden.recording import main
from tests.support.fault_server import Exchange, Handler, store_photo
from tests.support.faults import for_photo, status
from tests.support.store import JSON, Response

LATER_SHARD = "00000041"
"""A folder of photos as it is after 10,250 photos: the next photo goes there."""


def write_spool(device: OldDevice) -> None:
    """Have the device write one of everything that a spool can hold."""
    _lose_three(device, "gate")
    device.upload(store_photo, lambda: device.count("reported/*/*") == 3)

    for camera in ("entry", "garden"):
        device.capture(camera, "motion")
    device.upload(
        store_photo,
        lambda: device.count("kept/*/*/*") == 2,
        CAMERA_KEEP="120d",
        CAMERA_MONTHLY_MB="500",
    )

    _lose_three(device, "garden")  # from here on the backend takes no losses: they stay unreported
    rejected = _waiting_id(device, "entry")
    device.capture("entry", "motion")  # which is accepted
    device.upload(
        _without_losses(for_photo([rejected], status(422))),
        lambda: device.count("quarantine/rejected-422/*") == 1 and not device.count("waiting/*/*"),
    )
    device.capture("gate", "gpio")
    [damaged] = device.spool.glob("waiting/*/*")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
    device.upload(
        _without_losses(store_photo),
        lambda: device.count("quarantine/damaged/*"),
    )

    for trigger in ("schedule", "motion", "gpio", "demand"):
        device.capture("entry", trigger)
    (device.spool / "waiting" / LATER_SHARD).mkdir()
    for camera in ("entry", "garden", "gate", "garden"):
        device.capture(camera, "motion")
    state = device.spool / "upload.json"
    device.upload(  # without any room left, so that an alert waits, too
        status(503, "30"),
        lambda: json.loads(state.read_text())["problem"] and device.count("alerts.json"),
        CAMERA_RESERVE_MB="9999999",
    )
    _leave_partials(device)
    device.capture("garden", "motion", CAMERA_CLOCK="ntp")  # this recovers: the half is torn
    assert device.count("lost/torn/*") == 1
    assert device.count("undated/*/*") == 1, "this machine's clock is synchronized"
    _leave_partials(device)


def _lose_three(device: OldDevice, camera: str) -> None:
    """Two photos are evicted for a third one, which does not fit either."""
    for _ in range(2):
        device.capture(camera, "schedule")
    device.capture(camera, "motion", CAMERA_SPOOL_MB="0")


def _waiting_id(device: OldDevice, camera: str) -> str:
    device.capture(camera, "motion")
    [photo] = device.spool.glob("waiting/*/*")
    return photo.name.split("~")[1]


def _without_losses(handler: Handler) -> Handler:
    """Handler photos like this, and put all alerts on record except losses."""

    def handle(exchange: Exchange) -> None:
        if exchange.request.path != ALERTS_PATH:
            handler(exchange)
            return
        alerts = [one for one in parse_alerts(exchange.read()) if one.kind != LOSS]
        receipt = AlertsReceipt(frozenset(str(one.name) for one in alerts), frozenset())
        exchange.send(Response(200, receipt.to_json(), JSON))

    return handle


def _leave_partials(device: OldDevice) -> None:
    """Leave what a power cut leaves: one photo whole but not renamed yet, one half written."""
    whole, half = sorted(device.spool.glob(f"waiting/{LATER_SHARD}/*"))[:2]
    whole.rename(whole.with_name(whole.name + ".partial"))
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    half.rename(half.with_name(half.name + ".partial"))


def record(code: Path, folder: Path) -> None:
    """Record the version in `code` into a new folder."""
    with tempfile.TemporaryDirectory() as scratch:
        device = OldDevice(code, Path(scratch) / "spool", Path(scratch))
        write_spool(device)
        facts = json.loads(device.run("status", "--json"))
        photos = device.run("spool", "list", "--json")
        folder.mkdir(parents=True)
        shutil.copytree(device.spool, folder / "spool", ignore=shutil.ignore_patterns("*.lock"))
    stable = ("waiting", "waiting_bytes", "waiting_for_clock", "oldest", "quarantined", "losses")
    also = ("losses_unreported", "kept", "unreadable", "missing", "last_receipt", "problem")
    status_facts = {name: facts[name] for name in (*stable, *also)}
    (folder / "status.json").write_text(json.dumps(status_facts, indent=2) + "\n")
    (folder / "list.jsonl").write_text(photos)


if __name__ == "__main__":
    main("spool", record)
