"""Nightjar's capture process, with a camera that returns the requested photo.

    python -m tests.drill.capture_process CARD CAPACITY SPEED [RUNTIME]

Reads lines such as `17 motion 4096` (number, trigger, bytes). Responds with `17 kept` or `17 lost`
when the spool's put() has returned or raised.
"""

import logging
import sys
from pathlib import Path

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture import TriggerHandler
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.spool import Quota, Spool
from pi_uploader.triggers import TriggerEvent
from tests.drill.clock import FastClock
from tests.drill.plan import RESERVE_BYTES
from tests.drill.process import READY
from tests.drill.small_disk import disk_for
from tests.support.fake_clock import FakeClock
from tests.support.spool_photos import content


class NumberedCamera:
    """Returns the photo of the number and size that were set last."""

    number = 0
    size = 0

    def take(self, context: CaptureContext) -> Shot:
        return Shot(content(self.number, self.size), Media.JPEG)

    def close(self) -> None:
        """There is no hardware."""


def main(card: Path, capacity: int, speed: float, runtime: Path | None) -> None:
    clock = FastClock(speed)
    disk, quota = disk_for(card, capacity), Quota(reserve=RESERVE_BYTES)
    spool = Spool(card / "spool", disk=disk, quota=quota, runtime=runtime)
    camera = NumberedCamera()
    [settings] = load_settings(
        CaptureSettings,
        {
            "CAMERA_NAME": "drill",
            "CAMERA_SPOOL": str(spool.folder),
            "CAMERA_SOURCE": "simulated",  # it has to be set; the camera is handed over below
            "CAMERA_CLOCK": "trusted",
            "CAMERA_COOLDOWN": "0s",
        },
    ).cameras
    handler = TriggerHandler(settings, camera, spool, clock=FakeClock(seconds=clock.now))
    spool.recover()
    print(READY, flush=True)
    for line in sys.stdin:
        number, trigger, size = line.split()
        camera.number, camera.size = int(number), int(size)
        kept_before = handler.stats.stored
        handler.handle(TriggerEvent(Trigger(trigger), clock.now()))
        print(number, "kept" if handler.stats.stored > kept_before else "lost", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s capture: %(message)s")
    places = [Path(one) for one in sys.argv[4:]]
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), places[0] if places else None)
