"""The uploading half of a device, on a clock that the test turns."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.client import BackendClient
from pi_uploader.upload.loop import Uploader
from tests.pi_uploader.spool.photos import put
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.oracle import whereabouts

MAX_PUT = 60.0  # seconds; a server that answers does so long before
IMPATIENT = 0.5  # seconds, for a server that never answers
KEY = "a function key of the tests"


class Device:
    """A spool and an uploader that sends to `server`. Time passes only in `try_once`."""

    def __init__(
        self,
        folder: Path,
        server: FaultServer,
        *,
        spool: Spool | None = None,
        chance: float = 0.0,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        longest_put: float = MAX_PUT,
        keep: bool = False,
    ) -> None:
        self.now = 0.0
        self.folder = folder
        self.spool = spool or Spool(folder)
        self.uploader = Uploader(
            self.spool,
            BackendClient(server.base_url, KEY, longest_put=longest_put),
            keep=keep,
            clock=FakeClock(seconds=lambda: self.now, wall=wall_clock),
            chance=lambda: chance,
        )

    def take(self, count: int, *, start: int = 0, size: int = 96) -> list[SpooledPhoto]:
        """Put so many photos, numbered from `start`."""
        return [put(self.spool, number, size=size) for number in range(start, start + count)]

    def try_once(self) -> None:
        """Let the gates open, and have one photo tried."""
        self.now += self.wait
        self.uploader.step()

    def try_all(self, most: int) -> None:
        """Go on until nothing waits, at most so many times."""
        for _ in range(most):
            if self.spool.newest() is None:
                return
            self.try_once()

    @property
    def wait(self) -> float:
        """The seconds for which nothing will be sent."""
        return self.uploader.closed_for()

    def places(self, photo: SpooledPhoto) -> list[str]:
        """The folders of the spool that the photo is in; none once it has left."""
        return whereabouts(self.folder).get(photo.sha256, [])
