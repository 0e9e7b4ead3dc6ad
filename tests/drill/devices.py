"""The two devices of the story: Nightjar, and an ordinary client."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from pi_uploader.spool import count_spool
from tests.drill.accounting import OnCard
from tests.drill.plan import Part, Photo
from tests.drill.process import Process, ProcessError
from tests.drill.small_disk import SmallDisk
from tests.support.oracle import GIVEN_UP, entries

MAX_SWEEP = 120.0  # seconds


class Device(Protocol):
    """Takes photos when it is told to, and sends them. `card` is the folder that is its disk."""

    title: str
    card: Path
    disk: SmallDisk

    def running(self) -> AbstractContextManager[None]:
        """Its processes run as long as this lasts."""

    def trigger(self, photo: Photo) -> None:
        """Have this photo taken."""

    def answer(self, seconds: float) -> str | None:
        """What became of it: `NUMBER kept` or `NUMBER lost`; None if that is not said in time."""

    def kill(self, part: Part) -> str | None:
        """kill -9, and start again. Returns the answer that had just been given, if it had."""

    def settle(self, seconds: float) -> bool:
        """Wait, at most so long, until all is sent and reported that can be. Whether it was."""

    def glance(self) -> str:
        """What is on the card, in a few words."""

    def on_card(self) -> OnCard:
        """What is on the card, every byte of it looked at."""


class Nightjar:
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
        self._parts[Part.CAPTURE].say(order(photo))

    def answer(self, seconds: float) -> str | None:
        return self._parts[Part.CAPTURE].hear(seconds)

    def kill(self, part: Part) -> str | None:
        last_word = self._parts[part].kill()
        self._parts[part].start()
        return last_word

    def settle(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            left = count_spool(self._spool)
            if left.waiting == left.unreported == 0:
                return True
            time.sleep(0.05)
        return False

    def glance(self) -> str:
        now = count_spool(self._spool)
        return f"waiting {now.waiting:3}  set aside {now.quarantined:2}  lost {now.losses:3}"

    def on_card(self) -> OnCard:
        return OnCard(
            waiting=hashes(path for path, _ in entries(self._spool, ("waiting", "undated"))),
            quarantined=hashes(path for path, _ in entries(self._spool, ("quarantine",))),
            lost={photo.sha256 for _, photo in entries(self._spool, GIVEN_UP)},
        )


class Naive:
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
        self._process.say(order(photo))

    def answer(self, seconds: float) -> str | None:
        return self._process.hear(seconds)

    def kill(self, part: Part) -> str | None:
        last_word = self._process.kill()
        self._process.start()
        return last_word

    def settle(self, seconds: float) -> bool:
        before = -1
        while (left := len(self._pictures())) != before:  # until a sweep changes nothing
            before = left
            self._process.say("sweep")
            if self._process.hear(MAX_SWEEP) is None:
                raise ProcessError("the ordinary client does not come to an end")
        return True

    def glance(self) -> str:
        return f"files on the card {len(self._pictures()):3}"

    def on_card(self) -> OnCard:
        return OnCard(waiting=hashes(iter(self._pictures())))

    def _pictures(self) -> list[Path]:
        return sorted(self.card.glob("*.jpg"))


def order(photo: Photo) -> str:
    """The line that has the photo taken."""
    return f"{photo.number} {photo.trigger} {photo.size}"


def hashes(paths: Iterator[Path]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
