"""The story: bad weather, a refused key, an hour without a network while the disk fills up, bad
weather again, and a quiet end. Processes are killed all along, until the end."""

import statistics
import time
from collections import deque

from tests.drill.accounting import Balance, Ledger, balance
from tests.drill.clock import FastClock
from tests.drill.console import Screen
from tests.drill.devices import Device
from tests.drill.network_faults import LATENCY, fair, over, rough
from tests.drill.plan import HOUR, Kill, Part, Plan
from tests.drill.process import ProcessError
from tests.support.fault_server import Answer, FaultServer
from tests.support.faults import wrong_key

MAX_ANSWER = 120.0  # seconds; an ordinary client is blind while it sends
MAX_SETTLING = 60.0  # seconds, when one photo may wait for another in vain
MAX_END = 300.0  # seconds, when none does


class Story:
    """Told once, with one device and one server."""

    def __init__(
        self, plan: Plan, device: Device, server: FaultServer, clock: FastClock, screen: Screen
    ) -> None:
        self.ledger = Ledger()
        self.kills = 0
        self._plan = plan
        self._device = device
        self._server = server
        self._clock = clock
        self._screen = screen
        self._turn = 0  # triggers answered
        self._number = 0  # photos asked for: more than that, since some are in hand at a kill
        self._due = clock.now()
        self._answer_times = deque([0.002], maxlen=25)  # seconds

    def tell(self) -> Balance:
        """Returns the balance at the end."""
        plan, bad_weather = self._plan, rough(self._plan.seed)
        self._go_on("bad weather", plan.share(30), bad_weather)
        self._go_on("the key is refused", plan.share(5), wrong_key)
        self._server.refuse()
        self._black_out(plan.in_outage)
        self._server.listen()
        self._go_on("bad weather again", plan.share(20), bad_weather)
        self._go_on("all is well", plan.photos - self._turn, fair)
        if not self._device.settle(MAX_SETTLING):
            # A rejected photo is set aside when another one has been taken between two rejections
            # (docs/decisions/0004), so the last one of all waits for the next.
            self._take("one more photo", 1)
            self._device.settle(MAX_END)
        self._show("all is sent that can be", final=True)
        return self._balance()

    def _go_on(self, title: str, count: int, weather: Answer) -> None:
        self._server.answer = over(weather, self._plan.poisoned)
        self._take(title, count)
        self._show(title, final=True)

    def _black_out(self, count: int) -> None:
        """No network for an hour. The disk is full before that is over, and then a log takes what
        room was left to the system."""
        title, began = "an hour without a network", self._clock.now()
        filled, log = count * 85 // 100, self._device.card / "messages.log"
        self._take(title, filled)
        self._device.disk.fill(log)
        self._take(title, count - filled)
        self._clock.sleep_until(began + HOUR)
        self._show(title, final=True)
        minutes = (self._clock.now() - began) / 60
        self._screen.say(f"  after {minutes:.0f} minutes: {self._balance()}")
        log.unlink()

    def _take(self, title: str, count: int) -> None:
        self._due = self._clock.now()
        for _ in range(count):
            self._clock.sleep_until(self._due)
            self._due = max(self._clock.now(), self._due + self._plan.pause)
            self._answer_trigger(self._plan.kill_at.get(self._turn))
            self._turn += 1
            self._show(title)

    def _answer_trigger(self, kill: Kill | None) -> None:
        """Have one photo taken. One that was in hand at a kill is asked for again, as another."""
        photo = self._plan.photo(self._number)
        self._number += 1
        asked = time.monotonic()
        self._device.trigger(photo)
        if kill and kill.part is Part.CAPTURE:
            # twice the usual time: half the kills come before the answer, half soon after it
            said = self._device.answer(kill.moment * 2 * statistics.median(self._answer_times))
            said = self._kill(Part.CAPTURE) or said
        else:
            said = self._device.answer(MAX_ANSWER)
            if said is None:
                raise ProcessError(f"{self._device.title} does not answer a trigger")
            self._answer_times.append(time.monotonic() - asked)
        if said is None:
            self.ledger.in_hand.add(photo.sha256)
            self._answer_trigger(None)
            return
        if said.split()[0] != str(photo.number):
            raise ProcessError(f"{self._device.title} answers {said!r} for photo {photo.number}")
        self.ledger.answered.add(photo.sha256)
        if said.split()[1] == "lost":
            self.ledger.refused.add(photo.sha256)
        if kill and kill.part is Part.UPLOAD:
            time.sleep(kill.moment * 4 * LATENCY)  # any instant: that is what is tried here
            self._kill(Part.UPLOAD)

    def _kill(self, part: Part) -> str | None:
        self.kills += 1
        return self._device.kill(part)

    def _balance(self) -> Balance:
        return balance(self.ledger, self._device.on_card(), self._server.store)

    def _show(self, title: str, final: bool = False) -> None:
        self._screen.show(
            lambda: (
                f"  {title:26} captured {self._turn:5,}  kills {self.kills:2}  "
                f"stored {len(self._server.store.photos):5,}  {self._device.glance()}"
            ),
            final,
        )
