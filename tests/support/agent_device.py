"""A device's agent with what it shares with the upload threads, which there are none of."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pi_uploader.agent.agent import Agent, UploadSide
from pi_uploader.agent.carrier import HeartbeatCarrier
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.state import DeviceInfo
from pi_uploader.client import BackendClient
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool
from pi_uploader.upload.limits import MonthlyQuota, UploadLimits
from tests.support.agent_backend import AgentBackend
from tests.support.fake_clock import FakeClock

POLL = 0.05  # seconds


class AgentDevice:
    """The device gate, which polls each 50 ms, or `poll` seconds. `running` runs its agent in a
    thread. By default its wall clock stands still: no month ends while a test counts its bytes."""

    def __init__(
        self,
        folder: Path,
        backend: AgentBackend,
        monthly_bytes: int | None = None,
        clock: Clock | None = None,
        poll: float = POLL,
    ) -> None:
        clock = clock or FakeClock(wall=datetime.now(UTC))
        self.clock = clock
        self.spool = Spool(folder / "spool")
        self.urgent: list[str] = []
        self.carrier = HeartbeatCarrier()
        self.pause = UploadPause(self.spool.folder / "paused.json", clock)
        self.quota = MonthlyQuota(self.spool.folder / "sent.json", monthly_bytes)
        self.restarted = threading.Event()
        client = BackendClient(backend.server.base_url, "a key")
        self.client = client
        self.agent = Agent(
            DeviceInfo("gate", "home", 300.0, poll),
            self.spool,
            client,
            UploadSide(self, self.pause, self.carrier, UploadLimits(quota=self.quota)),
            clock,
            chance=lambda: 0.0,
        )

    def prioritize(self, tag: str) -> None:
        self.urgent.append(tag)

    @contextmanager
    def running(self, reason: str = "shutdown") -> Iterator["AgentDevice"]:
        thread = threading.Thread(target=self.agent.run, args=(self.restarted.set,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.agent.close(reason)
            thread.join(90)
            assert not thread.is_alive()
