"""The agent through hours without a network, and with a clock that jumps, in simulated time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.command import CommandState
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

HOURS = 3
MINUTE, HOUR = 60.0, 3600.0


@pytest.mark.slow
@pytest.mark.usefixtures("quick_client")
def test_an_outage_of_hours_loses_nothing(
    tmp_path: Path,
) -> None:
    """Within two minutes come a command's result, a heartbeat, and the backlog of photos."""
    seconds = [0.0]
    clock = FakeClock(seconds=lambda: seconds[0])

    def cut(exchange: Exchange) -> None:
        exchange.cut()

    with AgentBackend() as backend:
        device = AgentDevice(tmp_path, backend, clock=clock)
        uploader = Uploader(device.spool, device.client, UploadOptions(), clock=clock)
        backend.has_link = False
        device.agent.step()
        command = backend.ask("resume", camera=None)
        friendly = backend.server.handler
        seconds[0] += 2 * 300
        device.agent.step()  # the command comes with the reply
        backend.server.handler = cut
        before, end = len(backend.server.requests), seconds[0] + HOURS * HOUR
        for number in range(20):
            put(device.spool, number)
        while seconds[0] < end:
            uploader.step()
            seconds[0] += max(min(device.agent.step(), uploader.seconds_until_send()), 1.0)
        # Each attempt is two requests: the first one may have met an idle connection.
        assert len(backend.server.requests) - before < 2 * 2 * HOURS * 70
        count = len(backend.heartbeats)
        backend.server.handler, end = friendly, seconds[0] + 2 * MINUTE
        while seconds[0] < end and not (backend.final(command) and device.spool.newest() is None):
            uploader.step()
            seconds[0] += max(min(device.agent.step(), uploader.seconds_until_send()), 0.1)
        assert len(backend.heartbeats) > count
        assert backend.end(command) is CommandState.DONE
        assert device.spool.newest() is None
        assert (len(backend.server.store.photos), backend.server.store.repeats) == (20, 0)


@pytest.mark.parametrize("years", [-50, -1, 1, 50])
def test_a_clock_that_jumps_changes_no_expiry(years: int, tmp_path: Path) -> None:
    """Commands expire by the date of the backend's responses, and a pause has its length."""
    now = datetime.now(UTC)
    clock = FakeClock(wall=now)
    with AgentBackend() as backend:
        device = AgentDevice(tmp_path, backend, clock=clock)
        with device.running():
            wait_for(lambda: backend.heartbeats, what="a heartbeat")
            clock.wall = now.replace(year=now.year + years, day=1)
            late = backend.ask("resume", camera=None, expires_at=now - timedelta(seconds=1))
            pause = backend.ask("pause", camera=None, until=now + timedelta(hours=1))
            wait_for(lambda: backend.final(late) and backend.final(pause), what="the results")
        assert backend.end(late) is CommandState.EXPIRED
        assert backend.end(pause) is CommandState.DONE
        assert HOUR - 120 < device.pause.remaining() < HOUR + 2  # a Date has no fractions
