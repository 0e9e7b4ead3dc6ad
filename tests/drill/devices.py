"""The two devices of the drill: Nightjar, and an ordinary client."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from pi_uploader.spool.admin import count_spool
from tests.drill.accounting import CardContents
from tests.drill.plan import Part, Photo
from tests.drill.process import Process, ProcessError
from tests.drill.small_disk import SmallDisk
from tests.support.oracle import LOSSES, entries

MAX_SWEEP_SECONDS = 120.0  # seconds


class Device(Protocol):
    """Takes photos on request, and sends them. `card` is the folder that is its disk."""

    title: str
    card: Path
    disk: SmallDisk

    def running(self) -> AbstractContextManager[None]:
        """Run its processes until the end of the block."""

    def trigger(self, photo: Photo) -> None:
        """Have this photo taken."""

    def read_response(self, seconds: float) -> str | None:
        """Return what became of it: `NUMBER kept` or `NUMBER lost`; None if there is no response in
        time."""

    def kill(self, part: Part) -> str | None:
        """kill -9, and start again. Return the response that was just written, if there is one."""

    def settle(self, seconds: float) -> bool:
        """Wait until all is sent and reported that can be, but not longer than `seconds`. Return
        whether it was."""

    def summary(self) -> str:
        """Return a short text about what is on the card."""

    def card_contents(self) -> CardContents:
        """Return what is on the card, by its bytes."""


class NightjarDevice:
    """The project's own spool, capture and upload, as two processes."""

    title = "Nightjar"

    def __init__(self, folder: Path, base_url: str, capacity: int, speed: float) -> None:
        self.card = folder / "card"
        self.card.mkdir(parents=True)
        self.disk = SmallDisk(self.card, capacity)
        self._spool = self.card / "spool"
        log = folder / "nightjar.log"
        self._parts = {
            Part.CAPTURE: Process("capture_process", (self.card, capacity, speed), log),
            Part.UPLOAD: Process("upload_process", (self.card, capacity, base_url, speed), log),
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            for process in self._parts.values():
                process.start()
            yield
        finally:
            for process in self._parts.values():
                process.end()

    def trigger(self, photo: Photo) -> None:
        self._parts[Part.CAPTURE].write_line(command_for(photo))

    def read_response(self, seconds: float) -> str | None:
        return self._parts[Part.CAPTURE].read_line(seconds)

    def kill(self, part: Part) -> str | None:
        last_line = self._parts[part].kill()
        self._parts[part].start()
        return last_line

    def settle(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            left = count_spool(self._spool)
            if left.waiting == left.unreported == 0:
                return True
            time.sleep(0.05)
        return False

    def summary(self) -> str:
        now = count_spool(self._spool)
        return f"waiting {now.waiting:3}  quarantined {now.quarantined:2}  lost {now.losses:3}"

    def card_contents(self) -> CardContents:
        return CardContents(
            waiting=hashes(path for path, _ in entries(self._spool, ("waiting", "undated"))),
            quarantined=hashes(path for path, _ in entries(self._spool, ("quarantine",))),
            lost={photo.sha256 for _, photo in entries(self._spool, LOSSES)},
        )


class OrdinaryDevice:
    """The ordinary client, as one process. It has no spool: what is not sent stays a file."""

    title = "an ordinary client"

    def __init__(self, folder: Path, base_url: str, capacity: int) -> None:
        self.card = folder / "card"
        self.card.mkdir(parents=True)
        self.disk = SmallDisk(self.card, capacity)
        self._process = Process(
            "naive_process", (self.card, capacity, base_url), folder / "naive.log"
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            self._process.start()
            yield
        finally:
            self._process.end()

    def trigger(self, photo: Photo) -> None:
        self._process.write_line(command_for(photo))

    def read_response(self, seconds: float) -> str | None:
        return self._process.read_line(seconds)

    def kill(self, part: Part) -> str | None:
        last_line = self._process.kill()
        self._process.start()
        return last_line

    def settle(self, seconds: float) -> bool:
        before = -1
        while (left := len(self._pictures())) != before:  # until a sweep changes nothing
            before = left
            self._process.write_line("sweep")
            if self._process.read_line(MAX_SWEEP_SECONDS) is None:
                raise ProcessError("the ordinary client does not come to an end")
        return True

    def summary(self) -> str:
        return f"files on the card {len(self._pictures()):3}"

    def card_contents(self) -> CardContents:
        return CardContents(waiting=hashes(iter(self._pictures())))

    def _pictures(self) -> list[Path]:
        return sorted(self.card.glob("*.jpg"))


def command_for(photo: Photo) -> str:
    """Return the line that makes a device take this photo."""
    return f"{photo.number} {photo.trigger} {photo.size}"


def hashes(paths: Iterator[Path]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
