"""Record two versions that talk to each other:

    python -m tests.golden.record_pair --code FOLDER --commit COMMIT

FOLDER is a checkout of an older commit. Its device sends to the backend of this checkout, and the
device of this checkout sends to its backend, each with real processes over Azurite. The requests
and responses go to tests/golden/pair-COMMIT/old-device and tests/golden/pair-COMMIT/old-backend.
tests/golden/test_pair.py replays both with today's code.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from local.azurite import Azurite
from local.processes import ROOT
from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import PHOTO_ID, UPLOAD_PATH
from photo_wire.heartbeat import heartbeat_path
from tests.golden.exchanges import FOLDER, from_recorded
from tests.golden.old_backend import SECRETS
from tests.golden.old_device import OldDevice
from tests.support.clocked_backend import ClockedBackend
from tests.support.recorder import Recorded, Recorder

CAMERA = "pair"  # no other test has photos of it
DEVICE = "pair-device"
HEARTBEATS = {"CAMERA_DEVICE_NAME": DEVICE, "CAMERA_HEARTBEAT": "1m"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.golden.record_pair")
    parser.add_argument("--code", type=Path, required=True, help="a checkout of the older commit")
    parser.add_argument("--commit", required=True, help="its short name")
    args = parser.parse_args()
    folder = FOLDER / f"pair-{args.commit}"
    if folder.exists():
        sys.exit(f"{folder} is there already: what two versions have said is a fact")
    record(args.code, ROOT, folder / "old-device", {}, lambda _: True)
    record(ROOT, args.code, folder / "old-backend", HEARTBEATS, _has_asked)
    print(f"recorded in {folder}: commit it")


def record(
    device_code: Path,
    backend_code: Path,
    folder: Path,
    settings: Mapping[str, str],
    is_done: Callable[[list[Recorded]], object],
) -> None:
    """Have a device send photos and losses to a backend; write what they say to each other."""
    with ExitStack() as running:
        scratch = Path(running.enter_context(tempfile.TemporaryDirectory()))
        azurite = running.enter_context(Azurite())
        backend = ClockedBackend(
            azurite.connection_string,
            log=scratch / "log",
            **SECRETS,  # type: ignore[arg-type]  # these are fields that are texts
            code=backend_code,
            folder=scratch,
        )
        backend.set_clock(datetime.now(UTC))
        backend.start()
        running.callback(backend.stop)
        relay = running.enter_context(Recorder(backend.port))
        device = OldDevice(device_code, scratch / "spool", scratch)
        _fill(device)
        device.upload_to(
            relay.base_url,
            lambda: _has_sent_all(device) and is_done(relay.exchanges),
            AZURE_FUNCTION_KEY=backend.function_key,
            **settings,
        )
    folder.mkdir(parents=True)
    for number, one in enumerate(_of_each_kind(relay.exchanges)):
        story = f"{number + 1}-{_kind(one)}"
        about = {
            "version": folder.parent.name,
            "story": story,
            "what": folder.name,
            "storage": "here",
        }
        from_recorded(one, backend.function_key, None, about).write(folder)


def _fill(device: OldDevice) -> None:
    """Take three photos, of which the last is lost, and one more for each trigger."""
    device.capture(CAMERA, "schedule", CAMERA_SPOOL_MB="0")
    for trigger in ("motion", "gpio"):
        device.capture(CAMERA, trigger)


def _has_sent_all(device: OldDevice) -> bool:
    return device.count("reported/*/*") == 1 and device.count("waiting/*/*") == 0


def _has_asked(exchanges: list[Recorded]) -> bool:
    """Return whether the device knows that this backend has no heartbeats."""
    return any(one.path == heartbeat_path(DEVICE) for one in exchanges)


def _of_each_kind(exchanges: list[Recorded]) -> list[Recorded]:
    """Return each photo's last exchange, the report of losses and the last heartbeat, in order."""
    last = {(_kind(one), dict(one.headers).get(PHOTO_ID)): one for one in exchanges}
    return list(last.values())


def _kind(one: Recorded) -> str:
    if one.path == UPLOAD_PATH:
        return "photo"
    return "losses" if one.path == ALERTS_PATH else "heartbeat"


if __name__ == "__main__":
    main()
