"""kill -9 again and again, at any time: of capture, upload and backend as real processes."""

import random
import re
import signal
import subprocess
import time
from collections import Counter

import pytest

from tests.conftest import StartBackend
from tests.e2e.conftest import MakeDevice
from tests.e2e.device import Device
from tests.support.api import Api, Store
from tests.support.backend import Backend
from tests.support.waiting import wait_for

KILLS = 40
MAX_LIFE = 2.0  # seconds; a process needs about half a second to begin
EVERY = "0.1s"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_each_photo_is_stored_once_whatever_is_killed_at_any_time(
    start_backend: StartBackend, backend: Backend, make_device: MakeDevice
) -> None:
    """Every photo that the log calls taken is listed, once, with one blob; nothing is left behind
    and nothing is lost. Of the photos in the camera's hand when it was killed some are there, too:
    whole, and once."""
    seed = random.randrange(10**6)
    print(f"the kills of seed {seed}")
    chance = random.Random(seed)
    device = make_device("kill-loop")
    killable = start_backend(backend.connection_string)
    running = {part: start(device, part, killable) for part in ("capture", "upload")}
    for _ in range(KILLS):
        time.sleep(chance.uniform(0, MAX_LIFE))  # any instant: that is what is tried here
        part = chance.choice(["capture", "upload", "upload", "backend"])
        if part == "backend":
            killable.kill()
            killable.start()
        else:
            running[part].send_signal(signal.SIGKILL)
            running[part].wait(90)
            running[part] = start(device, part, killable)
    enough = max(len(taken(device)), KILLS)
    wait_for(lambda: len(taken(device)) > enough, what="a photo after the last kill, and many")
    running["capture"].send_signal(signal.SIGTERM)
    running["capture"].wait(90)
    wait_for(lambda: device.waiting() == 0, 300, what="an empty spool")

    listed = Counter(str(photo["id"]) for photo in Api(killable).all_listed(device.camera))
    assert set(taken(device)) <= set(listed)
    assert set(listed.values()) == {1}
    blobs = Store(backend.connection_string).blobs(device.camera)
    assert {blob.rpartition("/")[2].partition(".")[0] for blob in blobs} == set(listed)
    assert len(blobs) == len(listed)
    print(f"{len(taken(device))} taken, {len(listed)} stored, {KILLS} kills")


def start(device: Device, part: str, backend: Backend) -> "subprocess.Popen[bytes]":
    return device.start(part, backend, every=EVERY)


def taken(device: Device) -> list[str]:
    """Return the ids of the photos for which `put` has returned, from the log."""
    return re.findall(r"capture: photo taken (\S+)", device.log.read_text())
