"""Send the deliveries of a channel, in their order, and record what became of each.

Whoever sends has the channel's lease. A delivery that fails is tried again, and those after it
wait, since a person reads them in their order: after 10 s, then more and more seldom, for a day. A
message in the queue comes back for it. A process that is killed between a delivery and its record
sends that delivery again, with the same id.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.notification_queue.messages import ChannelMessage, LostMessage, format_message
from function_app.notify import channels
from function_app.notify.channels import Channel
from function_app.notify.composition import compose
from function_app.notify.deliveries import Delivery, DeliveryState, State
from function_app.notify.notification import Notification, OpenSender, Outcome, Result, Send, Trust
from function_app.notify.outbox import Outbox
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import MAX_REASON, UNDELIVERED, Alert, Detail
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name

GIVE_UP = timedelta(hours=24)
BACKOFF = tuple(timedelta(seconds=one) for one in (10, 30, 60, 120, 300, 600, 1200, 1800, 3600))
BUSY_WAIT = timedelta(seconds=2)  # the queue counts in whole ones
MAX_DRAIN = timedelta(seconds=120)  # of one call; another one goes on
PAGE_SIZE = 20
EARLY = timedelta(seconds=5)  # by which the clocks of queue and process may differ


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What opens a sender, and the clock."""

    open_sender: OpenSender
    clock: Callable[[], datetime]


def send_pending(services: Services, outbox: Outbox, tools: Tools, holder: str) -> bool:
    """Send what is pending of a channel, unless somebody else does, or the next attempt is not due:
    then have a message come back. Return whether all attempts were answered: one that was not may
    have taken long. `holder` is a name of this call's own. Raises StorageUnavailableError."""
    now, state = tools.clock(), outbox.state()
    if state is None or not state.pending:
        return True
    if state.is_leased(now) and state.holder != holder:
        wake(services, outbox, state, state.lease_until or now, now)
    elif state.retry_at and now < state.retry_at - EARLY:
        wake(services, outbox, state, state.retry_at, now)
    elif state.is_leased(now, holder) or outbox.lease(holder, now):
        with ExitStack() as opened:
            run = _Run(services, outbox, tools, holder, opened)
            run.send_all()
            return run.was_answered
    return True


def wake(services: Services, outbox: Outbox, state: State, at: datetime, now: datetime) -> None:
    """Have a message come back for a channel at a moment, unless one does before."""
    if state.wake_at and now < state.wake_at <= at + EARLY:
        return
    services.notifier.put(ChannelMessage(outbox.channel), now, max(at - now, timedelta(0)))
    outbox.change(lambda one: replace(one, wake_at=at))


class _Run:
    """One call that sends. `opened` closes the sender, which is opened when it is first needed."""

    def __init__(
        self, services: Services, outbox: Outbox, tools: Tools, holder: str, opened: ExitStack
    ) -> None:
        self._services = services
        self._outbox = outbox
        self._tools = tools
        self._holder = holder
        self._opened = opened
        self._send: Send | None = None
        self._trust = Trust.NEW
        self._is_alerted = False
        self._down: Result | None = None  # the last attempt failed
        self._stopped = ""
        self.was_answered = True

    def send_all(self) -> None:
        end = self._tools.clock() + MAX_DRAIN
        while True:
            state = self._outbox.state()
            if state is None or state.holder != self._holder:
                return
            self._stopped, self._trust = state.stopped, state.trust
            page = self._outbox.pending(state, PAGE_SIZE) if state.pending else []
            if not page and self._outbox.release(self._holder):
                return
            for delivery in page:
                if self._tools.clock() >= end:
                    self._go_on_later(timedelta(0))
                    return
                if not self._handle(delivery, state.owner):
                    return

    def _handle(self, delivery: Delivery, owner: str) -> bool:
        """Send a delivery, or find why not, and record it. Return whether to go on."""
        channel = channels.find(self._services.notifications, owner, self._outbox.channel)
        if channel is None:  # it was removed meanwhile; so remove what an interrupted call left
            self._outbox.remove()
            return False
        try:
            notification = compose(channel, delivery, self._services, self._tools.clock())
        except StorageUnavailableError:
            raise
        except Exception:
            # One of which nothing can be said must not hold up all that come after it.
            log.exception("notifications: %s of %s was not composed", delivery.event, channel.id)
            return self._fail(channel, delivery, "it could not be composed, as the app's log says")
        if isinstance(notification, str):
            return self._finish(delivery, DeliveryState.LEFT_OUT, notification)
        delivery = replace(delivery, title=notification.title)
        if self._stopped:
            return self._fail(channel, delivery, self._stopped)
        is_expired = self._tools.clock() - delivery.at >= GIVE_UP
        result = self._down
        if result is None:
            result = self._attempt(channel, notification)
        match result.outcome:
            case Outcome.SENT:
                return self._finish(delivery, DeliveryState.SENT, "")
            case Outcome.BUSY:  # that is no failure of this channel
                self._go_on_later(BUSY_WAIT)
                return False
            case Outcome.RETRY if not is_expired:
                self._retry(result)
                return False
            case Outcome.RETRY:
                self._down = result
                hours = GIVE_UP // timedelta(hours=1)
                return self._fail(channel, delivery, f"tried for {hours} h: {result.why}")
            case Outcome.GONE:
                self._stop(result.why or "the receiver is gone")
        return self._fail(channel, delivery, result.why or str(result.outcome))

    def _attempt(self, channel: Channel, notification: Notification) -> Result:
        if self._send is None:
            opened = self._tools.open_sender(channel.owner, self._trust)
            self._send = self._opened.enter_context(opened)
        result = self._send(channel.address, notification)
        self.was_answered = result.outcome not in (Outcome.RETRY, Outcome.BUSY)
        return result

    def _finish(self, delivery: Delivery, state: DeliveryState, why: str) -> bool:
        done = replace(delivery, state=state, why=why)
        return self._outbox.finish(done, self._holder, self._tools.clock()) is not None

    def _fail(self, channel: Channel, delivery: Delivery, why: str) -> bool:
        """Give a delivery up. The alert comes first, so that no crash hides it."""
        if not self._is_alerted and delivery.reference.get("alert") != UNDELIVERED:
            alert = undelivered_alert(channel, delivery, why, self._tools.clock())
            self._services.alerts.add([alert])
            self._is_alerted = True
        return self._finish(delivery, DeliveryState.FAILED, why)

    def _retry(self, result: Result) -> None:
        """Have a message come back for the next attempt. It is put before the state says so, so
        that no crash forgets it."""
        state = self._outbox.state()
        if state is None or state.holder != self._holder:
            return
        wait = BACKOFF[min(state.failures, len(BACKOFF) - 1)]
        if result.after is not None:
            wait = min(max(timedelta(seconds=result.after), BACKOFF[0]), BACKOFF[-1])
        self._go_on_later(wait, result.why)

    def _go_on_later(self, wait: timedelta, why: str | None = None) -> None:
        """Give the lease back, and have a message come for what is pending; `why` is why the last
        attempt failed."""
        now = self._tools.clock()
        self._services.notifier.put(ChannelMessage(self._outbox.channel), now, wait)

        def give_back(state: State) -> State | None:
            if state.holder != self._holder:
                return None
            changed = replace(state.released(), wake_at=now + wait)
            if why is None:
                return changed
            return replace(changed.failing(why, now), retry_at=now + wait)

        self._outbox.change(give_back)

    def _stop(self, why: str) -> None:
        """Record that the receiver is gone: from now on the channel is told of nothing."""
        self._stopped = why
        self._outbox.change(
            lambda state: replace(state, stopped=why) if state.holder == self._holder else None
        )


def lost_alert(message: LostMessage) -> StoredAlert:
    """Return the alert that messages could not be put into the queue. It has the same id if the
    message comes again."""
    at = to_milliseconds(message.at)
    tag = hashlib.sha256(format_message(message).encode()).hexdigest()[:8]
    what = (
        "1 photo or alert: it" if message.count == 1 else f"{message.count} photos or alerts: they"
    )
    reason = f"nobody was told of {what} could not be put into the queue, as the app's log says"
    details: dict[str, Detail] = {"count": message.count}
    return StoredAlert(Alert(new_name(BACKEND, at, tag), UNDELIVERED, reason, details), at)


def undelivered_alert(channel: Channel, delivery: Delivery, why: str, now: datetime) -> StoredAlert:
    """Return the alert that a person was not told of something. A person has one in an hour:
    further ones have the same id. Others read it, so what the person calls the channel is not in
    it."""
    now = to_milliseconds(now)
    hour = now.replace(minute=0, second=0, microsecond=0)
    tag = hashlib.sha256(channel.owner.encode()).hexdigest()[:8]
    whose = f"a channel of {channel.owner} ({channel.address.kind})"
    text = f"{whose} was not told: {delivery.title or delivery.event} ({why})"
    text = "".join(filter(str.isprintable, text))[:MAX_REASON]
    details = {"channel": channel.id, "person": channel.owner}
    return StoredAlert(Alert(new_name(BACKEND, hour, tag), UNDELIVERED, text, details), now)
