"""Notifications: from the trigger until the message has reached a person.

The whole system of `make run` runs as it does for a person. Its owner has three channels: a browser
whose push service decrypts each message (RFC 8291), a webhook, and ntfy. All of them are on
loopback, so no time of the internet is in the figures. Each trigger comes after the messages of the
one before, at another phase of a second.
"""

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import requests

from bench.effort import Effort
from bench.repeat import percentile, progress
from bench.report import Figure
from tests.support.fault_server import Exchange, FaultServer
from tests.support.local_system import local_system
from tests.support.push_service import PushService
from tests.support.receivers import OK
from tests.support.waiting import wait_for

CAMERA = "gate"
AIM = 5  # seconds, of the 95th percentile
TIMEOUT = 60  # seconds until a message that did not come is an error
QUIET = 1.0  # seconds after the last message, until none is on its way
PLACES = ("browser", "webhook", "ntfy")


@dataclass
class Arrivals:
    """A Handler of a FaultServer that takes each message and notes when it was read, in seconds of
    time.monotonic."""

    times: "SimpleQueue[float]" = field(default_factory=SimpleQueue)

    def __call__(self, exchange: Exchange) -> None:
        exchange.read()
        self.times.put(time.monotonic())
        exchange.send(OK)


class PushArrivals(PushService):
    """A push service that notes when it has decrypted a message."""

    def __init__(self) -> None:
        super().__init__()
        self.times: SimpleQueue[float] = SimpleQueue()

    def handle(self, exchange: Exchange) -> None:
        super().handle(exchange)
        self.times.put(time.monotonic())


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Trigger the camera, and return how long the messages take."""
    count = effort.pick(100, 10, 2)
    with ExitStack() as stack:
        push = stack.enter_context(PushArrivals())
        hook, ntfy = Arrivals(), Arrivals()
        webhook_url, ntfy_url = (
            stack.enter_context(FaultServer(one)).base_url for one in (hook, ntfy)
        )
        settings = {"CAMERA_NAME": CAMERA, "LOCAL_MOTION_EVERY": "3600", "PUSH_HOSTS": push.host}
        system = stack.enter_context(local_system(folder, CAMERA_COOLDOWN="0s", **settings))
        _add_channels(system, push, webhook_url, ntfy_url.replace("http:", "ntfy:") + "/gate")
        queues = (push.times, hook.times, ntfy.times)
        seconds = _trigger(_capture_process(folder), count, queues)
        if push.problems:
            raise RuntimeError(f"the push service rejected messages: {push.problems}")
    return [figure for place, values in seconds.items() for figure in _figures(place, values)]


def _figures(place: str, seconds: list[float]) -> list[Figure]:
    remark = f"{len(seconds)} triggers, the longest took {max(seconds):.2f} s"
    return [
        Figure(f"trigger to {place}: p50", percentile(seconds, 50), "s"),
        Figure(f"trigger to {place}: p95", percentile(seconds, 95), "s", AIM, True, remark),
    ]


def _add_channels(system: dict[str, Any], push: PushService, webhook: str, ntfy: str) -> None:
    """Sign in as the owner, and add the three channels. Each photo has its own message."""
    origin, api = {"Origin": system["base_url"]}, system["base_url"] + "/api"
    with requests.Session() as owner:
        password = {"password": system["gallery_password"]}
        owner.post(f"{api}/session", json=password, headers=origin).raise_for_status()
        key = owner.get(f"{api}/notifications/key").json()["key"]
        addresses = (("webpush", push.subscribe(key).subscription), ("webhook", webhook))
        for kind, address in (*addresses, ("apprise", ntfy)):
            channel = {"label": kind, "kind": kind, "address": address}
            made = owner.post(
                f"{api}/notifications/channels",
                json={**channel, "rule": {"interval_minutes": 0}},
                headers=origin,
            )
            made.raise_for_status()


def _trigger(
    capture: int, count: int, queues: tuple["SimpleQueue[float]", ...]
) -> dict[str, list[float]]:
    """Return the seconds of each message, by place. The first trigger is not counted: its message
    may have waited for the device to start."""
    seconds: dict[str, list[float]] = {place: [] for place in PLACES}
    for number in range(-1, count):
        _drain(queues)
        time.sleep(number * 0.618 % 1)
        start = time.monotonic()
        os.kill(capture, signal.SIGUSR1)
        for place, queue in zip(PLACES, queues, strict=True):
            took = queue.get(timeout=TIMEOUT) - start
            if number >= 0:
                seconds[place].append(took)
        if number % 10 == 9:
            progress(f"{number + 1} of {count} triggers")
    return seconds


def _drain(queues: tuple["SimpleQueue[float]", ...]) -> None:
    """Forget what came beside the awaited messages: a receiver may be sent text and picture
    apart."""
    time.sleep(QUIET)
    for queue in queues:
        while not queue.empty():
            queue.get()


def _capture_process(folder: Path) -> int:
    """Return the process of the simulated device that takes photos, once it handles the signal that
    triggers it."""

    def find() -> int | None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                environment = (process / "environ").read_bytes()
                status = (process / "status").read_text()
            except OSError:
                continue  # it has ended
            if b"local.device" in command and os.fsencode(folder) in environment:
                caught = next(one for one in status.splitlines() if one.startswith("SigCgt:"))
                if int(caught.split()[1], 16) >> (signal.SIGUSR1 - 1) & 1:
                    return int(process.name)
        return None

    return wait_for(lambda: find() or 0, what="the device")
