"""Nightjar's upload process, on a fast clock.

    python -m tests.drill.upload_process CARD CAPACITY BASE_URL SPEED

Delivers what is in the spool until its standard input ends.
"""

import logging
import sys
import threading
from pathlib import Path

from pi_uploader.spool import Room, Spool
from pi_uploader.upload.delivery import LONGEST_PUT, Delivery
from pi_uploader.upload.loop import Uploader, work
from pi_uploader.upload.state import state_file
from tests.drill.clock import FastClock, FastEvent
from tests.drill.plan import RESERVE
from tests.drill.process import READY
from tests.drill.small_disk import SmallDisk

UPLOADS = 2  # as by default
KEY = "a function key of the drill"


def main(card: Path, capacity: int, base_url: str, speed: float) -> None:
    clock = FastClock(speed)
    spool = Spool(card / "spool", disk=SmallDisk(card, capacity), room=Room(reserve=RESERVE))
    longest_put = LONGEST_PUT / speed
    delivery = Delivery(base_url, KEY, connections=UPLOADS, longest_put=longest_put)
    uploader = Uploader(spool, delivery, state_file=state_file(spool.folder), clock=clock.now)
    stop = FastEvent(clock)
    threads = [threading.Thread(target=work, args=(uploader, stop)) for _ in range(UPLOADS)]
    for thread in threads:
        thread.start()
    print(READY, flush=True)
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s upload: %(message)s")
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
