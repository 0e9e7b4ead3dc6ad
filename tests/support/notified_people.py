"""People with channels, in services in memory: their clock, their queue as the Functions host reads
it, and a receiver for each channel that can fail in every way and whose process can be killed."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.notification_queue.messages import PhotoMessage
from function_app.notification_queue.notifier import Notifier
from function_app.notify import channels
from function_app.notify.channels import Channel
from function_app.notify.deliveries import Counts, State
from function_app.notify.handling import handle
from function_app.notify.notification import Address, Notification, Outcome, Result, Send, Trust
from function_app.notify.outbox import Outbox
from function_app.notify.rules import Rule
from function_app.notify.sending import Tools
from function_app.private_networks import LOOPBACK_NETWORKS
from function_app.settings import Network, Settings
from function_app.storage.models import Photo, QueuedMessage, StoredAlert
from function_app.storage.table_store import TableStore
from photo_wire.alert import Alert
from photo_wire.name import new_name
from tests.support.memory_store import MemoryQueue, MemoryTable, memory_services
from tests.support.samples import photo_of

BEGIN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
VISIBILITY = timedelta(seconds=30)  # host.json
MAX_RECEIVED = 5  # then a message is poison
SENT = Result(Outcome.SENT)


class KilledError(BaseException):
    """The process was killed here. No handler of errors sees it."""


@dataclass
class Kills:
    """Kills the process before or after the next call but `countdown` of those that it guards, if
    it handles a message."""

    countdown: int | None = None
    is_handling: bool = False
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def point(self) -> None:
        with self._lock:
            if self.countdown is None or not self.is_handling:
                return
            self.countdown -= 1
            if self.countdown < 0:
                self.countdown = None
                self.done += 1
                raise KilledError

    def guard(self, store: Any, names: tuple[str, ...]) -> Any:
        """Return the store; around each of the calls of these names the process may be killed."""
        return _Guarded(store, names, self)


class _Guarded:
    def __init__(self, store: Any, names: tuple[str, ...], kills: Kills) -> None:
        self._store, self._names, self._kills = store, names, kills

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if name not in self._names:
            return call

        def guarded(*args: Any, **more: Any) -> Any:
            self._kills.point()
            found = call(*args, **more)
            self._kills.point()
            return found

        return guarded


class Receivers:
    """The receivers of all channels, by the text of their addresses. `responses` says what each
    answers; what was received is in `got`, in order."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.responses: dict[str, Callable[[Notification], Result]] = {}
        self.got: dict[str, list[Notification]] = {}
        self.attempts = 0

    @contextmanager
    def open(self, person: str, trust: Trust) -> Iterator[Send]:
        yield self.send

    def send(self, address: Address, notification: Notification) -> Result:
        self._world.kills.point()
        self.attempts += 1
        respond = self.responses.get(address.text)
        result = respond(notification) if respond else SENT
        if result.outcome is Outcome.SENT:
            self.got.setdefault(address.text, []).append(notification)
        self._world.kills.point()
        return result


class World:
    """Services in memory, or with notifications in this table; a clock, and the queue's reader."""

    def __init__(self, notifications: TableStore | None = None) -> None:
        self.now = BEGIN
        self.kills = Kills()
        self.receivers = Receivers(self)
        self.queue = MemoryQueue(lambda: self.now)
        self.poison: list[str] = []
        self.handled = 0
        table = notifications or MemoryTable()
        table = self.kills.guard(table, ("insert", "upsert", "replace", "rewrite"))
        notifier = Notifier(self.kills.guard(self.queue, ("put",)), table, lambda: 0.0)
        network = Network(public_origin="https://cams.example", channel_networks=LOOPBACK_NETWORKS)
        settings = Settings("", network=network)
        self.services = memory_services(settings, notifications=table, notifier=notifier)
        self.tools = Tools(self.receivers.open, lambda: self.now)

    def person(self, name: str, *cameras: str, role: Role = Role.VIEWER) -> str:
        """Add a person who may see these cameras; none for all."""
        users.add(
            self.services.accounts,
            name,
            "ribbon-walnut-77",
            role,
            frozenset(cameras) if cameras else None,
        )
        return name

    def channel(self, owner: str, address: str = "", rule: Rule | None = None) -> Channel:
        """Add a channel of a person, whose receiver has this address (by default the name)."""
        new = channels.new_channel(
            owner, f"{owner}'s phone", Address("webhook", address or owner), self.now, rule
        )
        channels.create(self.services, new, self.now)
        return new

    def photo(self, camera: str, trigger: str = "motion", late: timedelta = timedelta(0)) -> Photo:
        """Have a photo come in now, which was taken `late` before, and tell of it."""
        name = new_name(camera, self.now - late)
        photo = replace(photo_of(camera), name=name, received_at=self.now, trigger=trigger)
        self.services.index.add(photo, self.now)
        self.services.notifier.tell([PhotoMessage(name, self.now)], self.now)
        return photo

    def alert(self, camera: str, kind: str, reason: str = "a reason", **details: Any) -> Alert:
        """Have an alert come in now."""
        alert = Alert(new_name(camera, self.now), kind, reason, details)
        self.services.alerts.add([StoredAlert(alert, self.now)])
        return alert

    def pass_time(self, time: timedelta, step: timedelta = timedelta(seconds=1)) -> None:
        """Let time pass, and handle what comes due meanwhile."""
        end = self.now + time
        while self.now < end:
            self.run()
            self.now = min(self._next(end, step), end)
        self.run()

    def run(self) -> None:
        """Handle what is in the queue and due."""
        while received := self.queue.receive(16, VISIBILITY):
            for message in received:
                self._handle(message)

    def _handle(self, message: QueuedMessage) -> None:
        """As the host does: remove what was handled, and what failed too often."""
        if message.count > MAX_RECEIVED:
            self.poison.append(message.text)
            self.queue.remove(message)
            return
        self.handled += 1
        self.kills.is_handling = True
        try:
            handle(self.services, message.text, self.now, self.tools)
        except KilledError:
            return  # the message comes again
        finally:
            self.kills.is_handling = False
        self.queue.remove(message)

    def _next(self, end: datetime, step: timedelta) -> datetime:
        due = [self.queue._due[one.id] for one in self.queue.kept]
        return max(min(due, default=end), self.now + step)

    def outbox(self, channel: Channel) -> Outbox:
        return Outbox(self.services.notifications, channel.id)

    def state(self, channel: Channel) -> State:
        state = self.outbox(channel).state()
        assert state
        return state

    def counts(self, channel: Channel) -> Counts:
        return self.state(channel).counts

    def titles(self, address: str) -> list[str]:
        """Return the titles of what was received, in order."""
        return [one.title for one in self.receivers.got.get(address, [])]


def faults(world: World, chance: random.Random) -> list[Callable[[Notification], Result]]:
    """Return what a receiver does that fails: 500, 429, a hang until the deadline, a reset, and a
    400, after which a notification is not sent again."""

    def hang(_: Notification) -> Result:
        world.now += timedelta(seconds=10)
        return Result(Outcome.RETRY, "no answer in 10 s")

    def too_many(_: Notification) -> Result:
        return Result(Outcome.RETRY, "429", chance.choice([0.5, 7, 90, 100_000]))

    return [
        lambda _: Result(Outcome.RETRY, "500"),
        too_many,
        hang,
        lambda _: Result(Outcome.RETRY, "the connection was reset"),
        lambda _: Result(Outcome.REJECTED, "400"),
    ]
