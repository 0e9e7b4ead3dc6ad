"""Each setting of uploading on an installed Pi, all others being set."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from photo_wire.headers import FUNCTION_KEY
from pi_uploader.clock import Clock
from tests.support.agent_backend import AgentBackend
from tests.support.fault_server import Exchange, FaultServer, store_photo
from tests.support.installed_pi import InstalledPi
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

BIG = 600_000  # bytes: one fits into a megabyte, two do not


@pytest.fixture
def agent_backend(pi: InstalledPi, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentBackend]:
    """The device's backend, with heartbeats, the first of which comes at once."""
    monkeypatch.setattr("pi_uploader.agent.schedule.MAX_START_SECONDS", 0.0)
    with AgentBackend() as one:
        pi.environ["BASE_URL"] = one.server.base_url
        yield one


def stored(server: FaultServer, count: int) -> None:
    """Wait until the backend has that many photos."""
    wait_for(lambda: len(server.store.photos) >= count, what=f"{count} photos in the backend")


@pytest.mark.setting("BASE_URL")
def test_base_url(pi: InstalledPi, server: FaultServer) -> None:
    put(pi.spool, 1)
    with FaultServer() as other:
        pi.environ["BASE_URL"] = other.base_url
        with pi.uploading():
            stored(other, 1)
    assert server.connections == 0


@pytest.mark.setting("AZURE_FUNCTION_KEY")
def test_azure_function_key(pi: InstalledPi, server: FaultServer) -> None:
    """One in the environment wins over the credential that install.sh writes."""
    pi.environ["AZURE_FUNCTION_KEY"] = "another key"
    put(pi.spool, 1)
    with pi.uploading():
        stored(server, 1)
    assert server.requests[0].headers[FUNCTION_KEY] == "another key"


@pytest.mark.setting("CAMERA_UPLOADS")
def test_camera_uploads(pi: InstalledPi, server: FaultServer) -> None:
    """No photo is answered before five are under way; by default two would be."""
    together = threading.Barrier(5)

    def wait_for_the_others(exchange: Exchange) -> None:
        exchange.read()
        together.wait(90)
        store_photo(exchange)

    server.handler = wait_for_the_others
    for number in range(5):
        put(pi.spool, number)
    pi.environ["CAMERA_UPLOADS"] = "5"
    with pi.uploading():
        stored(server, 5)


@pytest.mark.setting("CAMERA_MAX_KBPS")
def test_camera_max_kbps(pi: InstalledPi, server: FaultServer) -> None:
    """Of 30 KB all but the first 16 KiB wait their time: at 10 KB/s for more than a second."""
    pi.environ["CAMERA_MAX_KBPS"] = "80"
    put(pi.spool, 1, size=30_000)
    started = time.monotonic()
    with pi.uploading():
        stored(server, 1)
    assert time.monotonic() - started > 1


@pytest.mark.setting("CAMERA_MONTHLY_MB")
def test_camera_monthly_mb(
    pi: InstalledPi, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two photos that are too much together the second waits for the next month, while a small
    one goes. Here the clock stands still: the next month does not begin meanwhile."""
    now = datetime.now(UTC)
    monkeypatch.setattr(Clock, "_wall_time", lambda _: now)
    pi.environ["CAMERA_MONTHLY_MB"] = "1"
    waits = put(pi.spool, 1, size=BIG)
    put(pi.spool, 2, size=BIG)
    with pi.uploading():
        stored(server, 1)
        put(pi.spool, 3)
        stored(server, 2)
        # The backend has a photo a moment before its device lets go of it.
        wait_for(lambda: pi.waiting() == [waits], what="the large photo alone in the spool")


@pytest.mark.setting("CAMERA_HEARTBEAT")
def test_camera_heartbeat(
    pi: InstalledPi, agent_backend: AgentBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says when the next one comes, and the last one that none does. The second one has the
    result of a command: so the device has the reply to the first one, else it says no goodbye."""
    monkeypatch.setattr("pi_uploader.agent.agent.GOODBYE_SECONDS", 90.0)
    pi.environ |= {"CAMERA_HEARTBEAT": "1m", "CAMERA_POLL": "off"}
    command = agent_backend.ask("dance")
    with pi.uploading():
        wait_for(lambda: agent_backend.final(command), what="a refusal")
    assert [one.interval for one in agent_backend.heartbeats] == [60] * 3
    assert [one.goodbye for one in agent_backend.heartbeats] == [None, None, "shutdown"]
    assert agent_backend.polls == []


@pytest.mark.slow  # five seconds at least; the tests of the agent poll on a clock of their own
@pytest.mark.setting("CAMERA_POLL")
def test_camera_poll(pi: InstalledPi, agent_backend: AgentBackend) -> None:
    """A command is found before the next heartbeat, which comes after an hour."""
    pi.environ |= {"CAMERA_HEARTBEAT": "1h", "CAMERA_POLL": "5s"}
    with pi.uploading():
        wait_for(lambda: agent_backend.heartbeats, what="a heartbeat")
        command = agent_backend.ask("dance")
        wait_for(lambda: agent_backend.final(command), what="a refusal")
    assert agent_backend.polls
