"""Send the deliveries of a channel, in their order, and record what became of each.

Whoever sends has the channel's lease. A delivery that fails is tried again, and those after it
wait, since a person reads them in their order: after 10 s, then more and more seldom, for a day. A
message in the queue comes back for it. A process that is killed between a delivery and its record
sends that delivery again, with the same id.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.media.errors import InvalidPhotoError
from function_app.media.previews import shown
from function_app.notification_queue.messages import ChannelMessage, LostMessage, format_message
from function_app.notify import channels
from function_app.notify.budget import PHOTOS, parse_collected
from function_app.notify.channels import Channel
from function_app.notify.deliveries import Delivery, DeliveryState, State
from function_app.notify.events import PHOTO, Event, find_event, photo_event
from function_app.notify.notification import (
    Notification,
    OpenSender,
    Outcome,
    Result,
    Send,
    Trust,
)
from function_app.notify.outbox import Outbox
from function_app.notify.wording import LATE, Reader, describe
from function_app.services import Services
from function_app.storage.device_keys import FIRST_CAMERA, STATES
from function_app.storage.models import Photo, StoredAlert
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import BACK, MAX_REASON, SILENT, UNDELIVERED, Alert, Detail
from photo_wire.moment import parse_time, to_milliseconds
from photo_wire.name import PhotoName, new_name, parse_name

GIVE_UP = timedelta(hours=24)
BACKOFF = tuple(timedelta(seconds=one) for one in (10, 30, 60, 120, 300, 600, 1200, 1800, 3600))
BUSY_WAIT = timedelta(seconds=2)  # the queue counts in whole ones
MAX_DRAIN = timedelta(seconds=120)  # of one call; another one goes on
PAGE_SIZE = 20
EARLY = timedelta(seconds=5)  # by which the clocks of queue and process may differ

# Why a delivery is left out when it is due. Persisted, and shown.
NOT_ALLOWED, DELETED, UNWANTED = "not-allowed", "deleted", "unwanted"

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
        notification = self._notification(channel, delivery)
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

    def _notification(self, channel: Channel, delivery: Delivery) -> Notification | str:
        """Return what is to be sent, or why nothing is: the person's rights and rule as they are
        now count."""
        user = users.find(self._services.accounts, channel.owner)
        if user is None:
            return NOT_ALLOWED
        now = self._tools.clock()
        event: Event | str
        if delivery.reference["kind"] == PHOTOS:
            event, more, cameras = self._collected(channel, delivery, user, now)
        else:
            found = find_event(delivery.reference, self._services)
            event, more, cameras = _checked(found, channel, user, now), delivery.more, ()
        if isinstance(event, str):
            return event
        is_late = event.kind == PHOTO and event.arrived_at - event.at >= LATE
        was_offline = is_late and was_silent(event, self._services, now)
        reader = Reader(channel.rule, now, user.cameras is None, was_offline, cameras)
        text = describe(event, more, reader)
        number = f"{delivery.event}.{channel.id}"
        snooze_path = f"/notifications?channel={channel.id}&snooze={event.camera}"
        return Notification(
            number,
            event.kind,
            text.title,
            text.body,
            self._link(channel, text.path),
            event.camera,
            event.at,
            str(event.photo.name) if event.photo else None,
            self._thumbnail(channel, event.photo),
            number,
            self._link(channel, snooze_path),
        )

    def _link(self, channel: Channel, path: str) -> str | None:
        """Return the link to a page. A browser knows the gallery to which a path belongs."""
        link = channel.link(path, self._services.settings.network)
        return path if link is None and channel.address.kind == "webpush" else link

    def _collected(
        self, channel: Channel, delivery: Delivery, user: users.User, now: datetime
    ) -> tuple[Event | str, int, tuple[str, ...]]:
        """Return the last photo of what was collected that may be told (or why none is), how many
        others are, and of which cameras."""
        collected = parse_collected(delivery.reference["collected"])
        shares = {
            camera: share
            for camera, share in collected.shares.items()
            if _sees(user, camera) and channel.rule.is_for_camera(camera, now)
        }
        others = collected.others + sum(one.photos for one in shares.values()) - 1
        newest = sorted((parse_name(one.newest) for one in shares.values()), key=_captured_at)
        why = NOT_ALLOWED
        for name in reversed(newest):
            photo = self._services.index.get(name)
            event = _checked(photo_event(photo) if photo else None, channel, user, now)
            if isinstance(event, Event):
                return event, others, tuple(shares)
            why = event
        return why, others, ()

    def _thumbnail(self, channel: Channel, photo: Photo | None) -> bytes | None:
        """Return the photo's thumbnail for a channel that shows it, if there is one already."""
        if photo is None or channel.address.kind != "apprise":
            return None
        if photo.preview:
            body = self._services.blobs.read(photo, photo.preview.offset, photo.preview.size)
            with suppress(InvalidPhotoError):
                return shown(body, photo.preview) if body else None
        return self._services.thumbnails.read(photo) or None

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


def may_know(user: users.User, event: Event) -> bool:
    """Return whether a person may be told of an event: of the cameras that they may see, of their
    own sign-ins and channels, and an owner of all channels."""
    if event.person is not None:
        is_owner = user.role is Role.OWNER and event.kind == UNDELIVERED
        return event.person == user.name or is_owner
    return _sees(user, event.camera)


def _sees(user: users.User, camera: str) -> bool:
    return user.cameras is None or camera in user.cameras


def _captured_at(name: PhotoName) -> datetime:
    return name.captured_at


def _checked(event: Event | None, channel: Channel, user: users.User, now: datetime) -> Event | str:
    """Return the event, or why the person is not told of it: their rights and their rule count as
    they are now."""
    if event is None:
        return DELETED
    if not may_know(user, event):
        return NOT_ALLOWED
    if not channel.rule.asks_for(event):
        return UNWANTED
    return channel.rule.leaves_out(event, now) or event


def was_silent(event: Event, services: Services, now: datetime) -> bool:
    """Return whether the backend heard nothing of the camera's device when this photo was taken, as
    far as the last alerts tell. Up to four requests."""
    device = services.device_keys.bindings.device_of(event.camera, now)
    row = services.devices.get(STATES, device) if device else None
    # A silence is reported under one camera of the device.
    reported_under = row.properties.get(FIRST_CAMERA) if row else None
    for camera in {event.camera, reported_under or event.camera}:
        for stored in services.alerts.newest_of(camera, PAGE_SIZE, None):
            alert = stored.alert
            if alert.kind not in (SILENT, BACK) or stored.received_at > event.arrived_at:
                continue
            if device in (None, alert.details.get("devices")):
                if _covers(stored, event.at):
                    return True
                break
    return False


def _covers(stored: StoredAlert, at: datetime) -> bool:
    with suppress(ValueError):
        since = parse_time(str(stored.alert.details.get("since")))
        end = stored.received_at if stored.alert.kind == BACK else datetime.max.replace(tzinfo=UTC)
        return since <= at <= end
    return False


def lost_alert(message: LostMessage) -> StoredAlert:
    """Return the alert that messages could not be put into the queue. It has the same id if the
    message comes again."""
    at = to_milliseconds(message.at)
    tag = hashlib.sha256(format_message(message).encode()).hexdigest()[:8]
    reason = (
        f"nobody was told of {message.count} photos or alerts: they could not be put into the "
        "queue, as the app's log says"
    )
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
    text = f"{whose} was not told: {delivery.title} ({why})"
    text = "".join(filter(str.isprintable, text))[:MAX_REASON]
    details = {"channel": channel.id, "person": channel.owner}
    return StoredAlert(Alert(new_name(BACKEND, hour, tag), UNDELIVERED, text, details), now)
