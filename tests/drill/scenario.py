"""The scenario: network faults, a refused key, an hour without a network while the disk fills up,
network faults again, and a quiet end. Processes are killed all along, until the end."""

import statistics
import time
from collections import deque

from tests.drill.accounting import Balance, Ledger
from tests.drill.clock import FastClock
from tests.drill.console import Console
from tests.drill.devices import Device
from tests.drill.network_faults import LATENCY_SECONDS, no_faults, random_faults, with_rejections
from tests.drill.plan import HOUR_SECONDS, Kill, Part, Plan
from tests.drill.process import ProcessError
from tests.support.fault_server import FaultServer, Handler
from tests.support.faults import wrong_key

MAX_RESPONSE_SECONDS = 120.0  # an ordinary client takes no photo while it sends
MAX_SETTLE_SECONDS = 60.0  # one photo may wait for another in vain
MAX_FINAL_SETTLE_SECONDS = 300.0  # none does


class Scenario:
    """One run, with one device and one server."""

    def __init__(
        self, plan: Plan, device: Device, server: FaultServer, clock: FastClock, console: Console
    ) -> None:
        self.ledger = Ledger()
        self.kills = 0
        self._plan = plan
        self._device = device
        self._server = server
        self._clock = clock
        self._console = console
        self._turn = 0  # triggers that were answered
        self._number = 0  # photos asked for: more, since some are in progress at a kill
        self._due = clock.now()
        self._response_seconds = deque([0.002], maxlen=25)  # seconds

    def run(self) -> Balance:
        """Run all phases and return the account at the end."""
        plan, network_faults = self._plan, random_faults(self._plan.seed)
        self._run_phase("network faults", plan.share(30), network_faults)
        self._run_phase("the key is refused", plan.share(5), wrong_key)
        self._server.refuse()
        self._run_outage(plan.photos_in_outage)
        self._server.listen()
        self._run_phase("network faults again", plan.share(20), network_faults)
        self._run_phase("all is well", plan.photos - self._turn, no_faults)
        if not self._device.settle(MAX_SETTLE_SECONDS):
            # A rejected photo goes to quarantine after another one was accepted between two
            # rejections (docs/decisions/0004), so the last one of all waits for the next.
            self._capture("one more photo", 1)
            self._device.settle(MAX_FINAL_SETTLE_SECONDS)
        self._update_status("all is sent that can be", is_final=True)
        return self._balance()

    def _run_phase(self, title: str, count: int, handler: Handler) -> None:
        self._server.handler = with_rejections(handler, self._plan.rejected)
        self._capture(title, count)
        self._update_status(title, is_final=True)

    def _run_outage(self, count: int) -> None:
        """Run an hour without a network. The disk is full before its end; then a log file takes the
        space that was left to the system."""
        title, start = "an hour without a network", self._clock.now()
        filled, log = count * 85 // 100, self._device.card / "messages.log"
        self._capture(title, filled)
        self._device.disk.fill(log)
        self._capture(title, count - filled)
        self._clock.sleep_until(start + HOUR_SECONDS)
        self._update_status(title, is_final=True)
        minutes = (self._clock.now() - start) / 60
        self._console.write_line(f"  after {minutes:.0f} minutes: {self._balance()}")
        log.unlink()

    def _capture(self, title: str, count: int) -> None:
        self._due = self._clock.now()
        for _ in range(count):
            self._clock.sleep_until(self._due)
            self._due = max(self._clock.now(), self._due + self._plan.pause)
            self._trigger(self._plan.kill_at.get(self._turn))
            self._turn += 1
            self._update_status(title)

    def _trigger(self, kill: Kill | None) -> None:
        """Have one photo taken. If the process is killed meanwhile, have a further photo taken."""
        photo = self._plan.photo(self._number)
        self._number += 1
        asked = time.monotonic()
        self._device.trigger(photo)
        if kill and kill.part is Part.CAPTURE:
            # twice the median: half the kills come before the response, half soon after it
            response = self._device.read_response(
                kill.moment * 2 * statistics.median(self._response_seconds)
            )
            response = self._kill(Part.CAPTURE) or response
        else:
            response = self._device.read_response(MAX_RESPONSE_SECONDS)
            if response is None:
                raise ProcessError(f"{self._device.title} does not answer a trigger")
            self._response_seconds.append(time.monotonic() - asked)
        if response is None:
            self.ledger.in_progress.add(photo.sha256)
            self._trigger(None)
            return
        if response.split()[0] != str(photo.number):
            raise ProcessError(
                f"{self._device.title} responds with {response!r} to photo {photo.number}"
            )
        self.ledger.answered.add(photo.sha256)
        if response.split()[1] == "lost":
            self.ledger.refused.add(photo.sha256)
        if kill and kill.part is Part.UPLOAD:
            time.sleep(kill.moment * 4 * LATENCY_SECONDS)  # any instant: that is what is tried here
            self._kill(Part.UPLOAD)

    def _kill(self, part: Part) -> str | None:
        self.kills += 1
        return self._device.kill(part)

    def _balance(self) -> Balance:
        return Balance(self.ledger, self._device.card_contents(), self._server.store)

    def _update_status(self, title: str, is_final: bool = False) -> None:
        self._console.update(
            lambda: (
                f"  {title:26} captured {self._turn:5,}  kills {self.kills:2}  "
                f"stored {len(self._server.store.photos):5,}  {self._device.summary()}"
            ),
            is_final,
        )
