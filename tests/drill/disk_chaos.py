"""An hour in which the disk turns read-only, fills up, runs out of inodes, and comes back.

    python -m tests.drill.disk_chaos SEED FOLDER

Uses a real file system (tests/support/real_disk) and a fast clock. Photos are taken and sent all
the while, processes are killed, and now and then there is no network. Prints the account of all
photos; the last line is JSON, for the test.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pi_uploader.spool.admin import count_spool
from tests.drill.accounting import Balance, CardContents, Ledger
from tests.drill.clock import FastClock
from tests.drill.devices import command_for, hashes
from tests.drill.network_faults import no_faults, with_rejections
from tests.drill.plan import HOUR_SECONDS, Part, Photo, Plan
from tests.drill.process import Process, ProcessError
from tests.support.fault_server import FaultServer
from tests.support.oracle import LOSSES, entries
from tests.support.real_disk.mounts import Tmpfs
from tests.support.waiting import wait_for

SPEED = 360.0  # times real time: an hour takes ten seconds
PHOTOS = 360
KILLS = 12
SIZE = 1_000_000  # bytes of the disk
INODES = 400
MAX_RESPONSE_SECONDS = 60.0  # seconds
MAX_SETTLE_SECONDS = 90.0  # seconds


class DiskChaos:
    """The hour of one seed, on the disk in `folder`."""

    def __init__(self, seed: int, folder: Path, server: FaultServer) -> None:
        self._plan = Plan(PHOTOS, KILLS, seed)
        self._chance = random.Random(f"{seed} chaos")
        self._folder = folder
        self._server = server
        server.handler = with_rejections(no_faults, self._plan.rejected)
        self._disk = Tmpfs(folder / "disk", SIZE, INODES)
        self._clock = FastClock(SPEED)
        self._ledger = Ledger()
        self._has_network = True
        self.fault_counts: dict[str, int] = {}
        card, run, log = folder / "disk", folder / "run", folder / "chaos.log"
        args = (SPEED, run)
        self._parts = {
            Part.CAPTURE: Process("capture_process", (card, 0, *args), log),
            Part.UPLOAD: Process("upload_process", (card, 0, server.base_url, *args), log),
        }

    @property
    def spool(self) -> Path:
        return self._folder / "disk" / "spool"

    def run(self) -> Balance:
        """Run the hour and return the account at its end."""
        try:
            for process in self._parts.values():
                process.start()
            self._run_hour()
            self._end_faults()
            self._capture(self._plan.photo(PHOTOS))  # what is in memory moves to the disk with it
            self._settle()
        finally:
            for process in self._parts.values():
                process.end()
        return Balance(self._ledger, self.card_contents(), self._server.store)

    def _run_hour(self) -> None:
        faults: dict[str, Callable[[], object]] = {
            "read-only": self._make_read_only,
            "full": self._fill,
            "no inodes": self._use_up_inodes,
            "no network": self._take_network_away,
            "all is well": self._end_faults,
        }
        start, turns = self._clock.now(), 0
        names = list(faults)
        for number in range(PHOTOS):
            if number == turns:
                name = (
                    names[len(self.fault_counts)] if len(self.fault_counts) < len(names) else None
                )
                name = name or self._chance.choice(names)
                if self._chance.random() < 0.7:
                    self._end_faults()  # else it comes on top of what is there
                faults[name]()
                self.fault_counts[name] = self.fault_counts.get(name, 0) + 1
                turns += self._chance.randint(8, 20)
            self._capture(self._plan.photo(number))
            if kill := self._plan.kill_at.get(number):
                self._parts[kill.part].kill()
                self._parts[kill.part].start()
            self._clock.sleep_until(start + (number + 1) * HOUR_SECONDS / PHOTOS)

    def _capture(self, photo: Photo) -> None:
        capture = self._parts[Part.CAPTURE]
        capture.write_line(command_for(photo))
        response = capture.read_line(MAX_RESPONSE_SECONDS)
        if response is None or response.split()[0] != str(photo.number):
            raise ProcessError(f"photo {photo.number} has the response {response!r}")
        self._ledger.answered.add(photo.sha256)

    def _make_read_only(self) -> None:
        """Not possible while a process writes a file."""
        wait_for(lambda: self._disk.make_read_only(True), what="a moment without a writer")

    def _take_network_away(self) -> None:
        if self._has_network:
            self._has_network = False
            self._server.refuse()

    def _fill(self) -> None:
        with suppress(OSError), (self._folder / "disk" / "messages.log").open("ab") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()

    def _use_up_inodes(self) -> None:
        with suppress(OSError):
            for number in range(INODES):
                (self._folder / "disk" / f"{number}.tmp").touch()

    def _end_faults(self) -> None:
        self._disk.make_read_only(False)
        for file in self._folder.glob("disk/*.*"):
            file.unlink()
        if not self._has_network:
            self._has_network = True
            self._server.listen()

    def _settle(self) -> None:
        """Wait until all is sent and reported that can be."""
        end = time.monotonic() + MAX_SETTLE_SECONDS
        while time.monotonic() < end:
            left = count_spool(self.spool, self._folder / "run")
            if left.waiting == left.unreported == 0:
                return
            time.sleep(0.05)

    def card_contents(self) -> CardContents:
        records = [*entries(self.spool, LOSSES), *entries(self._folder, ("run",))]
        return CardContents(
            waiting=hashes(path for path, _ in entries(self.spool, ("waiting", "undated"))),
            quarantined=hashes(path for path, _ in entries(self.spool, ("quarantine",))),
            lost={photo.sha256 for _, photo in records},
        )


def main(seed: int, folder: Path) -> None:
    with FaultServer() as server:
        chaos = DiskChaos(seed, folder, server)
        start = time.monotonic()
        found = chaos.run()
    print(f"seed {seed}: {found}; in the backend's alerts {found.in_alerts}", flush=True)
    print(f"  {chaos.fault_counts}, {KILLS} kills, {time.monotonic() - start:.0f} s", flush=True)
    print(f"  losses: {found.reasons_text}", flush=True)
    facts = {
        "balance": str(found),
        "problems": list(found.problems()),
        "captured": found.captured,
        "stored": found.stored,
        "quarantined": found.quarantined,
        "losses": found.losses,
        "faults": chaos.fault_counts,
    }
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
