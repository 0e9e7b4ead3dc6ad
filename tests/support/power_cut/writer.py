"""Works with a spool, and says line by line what a power cut must not take any more.

    python -m tests.support.power_cut.writer FOLDER LOG DISK PHOTOS

Each line is a word, the name of a photo's file and how long the disk's LOG was then: `acknowledged`
when put() had returned, `removing` before remove() was called. DISK names one of the disks below.
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto
from pi_uploader.spool.disk import Disk

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class NeverFlushesFolders(Disk):
    def flush_folder(self, folder: Path) -> None:
        pass


class NeverFlushes(NeverFlushesFolders):
    def flush(self, file: int) -> None:
        pass


DISKS = {"real": Disk, "no folder flush": NeverFlushesFolders, "no flush": NeverFlushes}


def write(folder: Path, log: Path, disk: Disk, photos: int) -> None:
    """Put so many photos; each fifth is quarantined, each third of the others removed."""
    spool = Spool(folder, disk, Quota(reserve=0))
    chance = random.Random(photos)
    for number in range(photos):
        name = new_name("entry", START + timedelta(seconds=number))
        content = chance.randbytes(chance.randint(1, 40_000))
        photo = spool.put(content, PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED))
        _print_event("acknowledged", photo, log)
        if number % 5 == 4:
            spool.quarantine(photo, "rejected-422")
        elif number % 3 == 2:
            _print_event("removing", photo, log)
            spool.remove(photo)


def _print_event(kind: str, photo: SpooledPhoto, log: Path) -> None:
    print(kind, photo.file_name, log.stat().st_size, flush=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), DISKS[sys.argv[3]](), int(sys.argv[4]))
