"""Nightjar's upload process, on a fast clock.

    python -m tests.drill.upload_process CARD CAPACITY BASE_URL SPEED [RUNTIME]

Delivers what is in the spool until its standard input ends.
"""

import logging
import sys
import threading
from pathlib import Path

from pi_uploader.client.backend import MAX_PUT_SECONDS, BackendClient
from pi_uploader.spool import Quota, Spool
from pi_uploader.upload.process import upload_all
from pi_uploader.upload.state import state_file
from pi_uploader.upload.uploader import Uploader, UploadOptions
from pi_uploader.upload.wake_ups import POLL_SECONDS, NotificationThread
from tests.drill.clock import FastClock, FastEvent
from tests.drill.plan import RESERVE_BYTES
from tests.drill.process import READY
from tests.drill.small_disk import disk_for
from tests.support.fake_clock import FakeClock

UPLOADS = 2  # as by default
KEY = "a function key of the drill"


def main(card: Path, capacity: int, base_url: str, speed: float, runtime: Path | None) -> None:
    clock = FastClock(speed)
    disk, quota = disk_for(card, capacity), Quota(reserve=RESERVE_BYTES)
    spool = Spool(card / "spool", disk=disk, quota=quota, runtime=runtime)
    max_put_seconds = MAX_PUT_SECONDS / speed
    client = BackendClient(base_url, KEY, connections=UPLOADS, max_put_seconds=max_put_seconds)
    options = UploadOptions(state_file=state_file(spool.folder))
    uploader = Uploader(spool, client, options, clock=FakeClock(seconds=clock.now))
    stop = FastEvent(clock)
    threads = [
        threading.Thread(
            target=upload_all,
            args=(uploader, stop),
            kwargs={"sleep": lambda seconds: uploader.wake_ups.sleep(seconds / speed)},
        )
        for _ in range(UPLOADS + 1)
    ]
    for thread in threads:
        thread.start()
    notifications = NotificationThread(
        spool.folder, uploader.notify, uploader.poll, poll_seconds=POLL_SECONDS / speed
    )
    print(READY, flush=True)
    sys.stdin.read()
    stop.set()
    notifications.close()
    uploader.wake_ups.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s upload: %(message)s")
    card, capacity, base_url, speed, *places = sys.argv[1:]
    runtime = Path(places[0]) if places else None
    main(Path(card), int(capacity), base_url, float(speed), runtime)
