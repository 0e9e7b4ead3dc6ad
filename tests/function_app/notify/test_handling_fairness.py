"""Receivers that hang delay nobody else's notifications, with the processes that send for real."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from function_app.notify import channels
from function_app.notify.handling import handle
from function_app.notify.notification import Address
from function_app.notify.senders.addresses import new_webhook_secret
from tests.support.fault_server import Exchange, FaultServer
from tests.support.notified_people import World
from tests.support.receivers import OK
from tests.support.store import Response

CAMERAS = ("gate", "yard", "door")
PATIENT = 60.0  # seconds


@dataclass
class Hanging:
    """A receiver that answers nothing until `end` is set. `count` says how many requests came."""

    end: threading.Event = field(default_factory=threading.Event)
    count: int = 0

    def __call__(self, exchange: Exchange) -> None:
        self.count += 1
        exchange.read()
        self.end.wait(PATIENT)
        exchange.send(Response(500))


@dataclass
class Watched:
    """A receiver that notes when each message came, and how many others hung by then. After as many
    as there are cameras it ends what hangs."""

    hanging: Hanging
    came: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        exchange.read()
        self.came.append((time.monotonic(), self.hanging.count))
        if len(self.came) == len(CAMERAS):
            self.hanging.end.set()
        exchange.send(OK)


def seconds_until_sent(channels_that_hang: int) -> tuple[float, int]:
    """Have a photo of each camera come in, all handled at once, beside somebody with channels that
    hang. Return the seconds until another person was told of all, and how many hung by then."""
    world, hanging = World(), Hanging()
    with ExitStack() as opened:
        hung_server = opened.enter_context(FaultServer(hanging))
        watched = Watched(hanging)
        server = opened.enter_context(FaultServer(watched))
        for owner in ("anna", "zoe"):
            world.person(owner)
        places = [("anna", hung_server)] * channels_that_hang + [("zoe", server)]
        for owner, place in places:
            address = Address("webhook", f"{place.base_url}/hook", new_webhook_secret())
            new = channels.new_channel(owner, "mine", address, world.now)
            channels.create(world.services, new, world.now)
        for camera in CAMERAS:
            world.photo(camera)
        begin, texts = time.monotonic(), world.queue.texts
        with ThreadPoolExecutor(len(texts)) as pool:
            list(pool.map(lambda text: handle(world.services, text, world.now), texts))
        assert len(watched.came) == len(CAMERAS)
        return watched.came[-1][0] - begin, watched.came[-1][1]


def test_ten_channels_of_a_person_that_hang_delay_nobody_else() -> None:
    alone, _ = seconds_until_sent(0)
    with_them, hung = seconds_until_sent(10)
    print(
        f"three photos are told in {alone:.2f} s, beside ten channels that hang {with_them:.2f} s"
    )
    assert hung <= 1
