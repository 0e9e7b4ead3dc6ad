"""The uploading half of a device, on a clock that the test sets, and fixtures for it."""

from pathlib import Path

import pytest

from pi_uploader.client import BackendClient
from pi_uploader.identity import Identity
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support.certificates import Authority
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.oracle import whereabouts
from tests.support.spool_photos import put

MAX_PUT_SECONDS = 60.0  # a server that responds does so long before
SHORT_TIMEOUT = 0.5  # seconds, for a server that never responds
KEY = "a function key of the tests"


@pytest.fixture
def quick_client(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients make their second try without a wait, and trust one authority. Reading all those of
    the system takes each client 0.05 s."""
    monkeypatch.setattr("pi_uploader.client.backend.QUICK_RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority, trusted by every session that is opened in this test."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    return authority


class Device:
    """A spool and an uploader that sends to `server`. Time passes only in `try_once`."""

    def __init__(
        self,
        folder: Path,
        server: FaultServer,
        *,
        spool: Spool | None = None,
        chance: float = 0.0,
        max_put_seconds: float = MAX_PUT_SECONDS,
        options: UploadOptions | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.now = 0.0  # monotonic seconds
        self.clock = FakeClock(seconds=lambda: self.now)
        self.folder = folder
        self.spool = spool or Spool(folder)
        self.uploader = Uploader(
            self.spool,
            BackendClient(
                server.base_url,
                KEY,
                connections=2,
                max_put_seconds=max_put_seconds,
                identity=identity,
            ),
            options,
            clock=self.clock,
            chance=lambda: chance,
        )

    def take(self, count: int, *, start: int = 0, size: int = 96) -> list[SpooledPhoto]:
        """Put `count` photos of `size` bytes into the spool, numbered from `start`."""
        return [put(self.spool, number, size=size) for number in range(start, start + count)]

    def try_once(self) -> None:
        """Wait until a photo may be sent, and try to send one."""
        self.now += self.wait
        self.uploader.step()

    def try_all(self, max_tries: int) -> None:
        """Try until no photo waits, but not more than `max_tries` times."""
        for _ in range(max_tries):
            if self.spool.newest() is None:
                return
            self.try_once()

    @property
    def wait(self) -> float:
        """The seconds until a photo may be sent."""
        return self.uploader.seconds_until_send()

    def places(self, photo: SpooledPhoto) -> list[str]:
        """Return the folders of the spool that the photo is in; none once it has left."""
        return whereabouts(self.folder).get(photo.sha256, [])
