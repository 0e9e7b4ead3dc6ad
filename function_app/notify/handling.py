"""Handle the messages of the queue `notifications`. A message may come twice, late, and again
after a crash at any point."""

import logging
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.auth.users import User
from function_app.notification_queue.messages import (
    AlertMessage,
    ChannelMessage,
    HeldMessage,
    LostMessage,
    PhotoMessage,
    parse_message,
)
from function_app.notify import channels
from function_app.notify.acceptance import Acceptance, Offer, Pace
from function_app.notify.budget import COLLECTED
from function_app.notify.channels import Channel
from function_app.notify.composition import may_know
from function_app.notify.deliveries import State as ChannelState
from function_app.notify.events import JOINED_KINDS, Event, alert_event, photo_event, sign_in_event
from function_app.notify.notification import Trust
from function_app.notify.outbox import Outbox
from function_app.notify.pacing import Decision, LeaveOut, Rate, Tell, pace, rate_group
from function_app.notify.sending import Tools, lost_alert, send_pending
from function_app.notify.wording import devices_of
from function_app.services import Services
from function_app.storage.models import State
from function_app.storage.notification_keys import rate_key
from function_app.storage.parallel import map_parallel
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import UNDELIVERED

MAX_WAIT = timedelta(minutes=15)  # for a photo to be indexed; its device sends it again
_WAITS = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))
_SECOND = timedelta(seconds=1)  # the queue counts in whole ones
_MAX_AT_ONCE = 4  # people: each may have a process that sends

log = logging.getLogger(__name__)


def handle(services: Services, text: str, now: datetime, tools: Tools | None = None) -> None:
    """Handle a message: accept what it tells of for each channel, and send. Raises WireError for a
    text that is no message, and StorageUnavailableError: then the message has to come again."""
    tools = tools or _default_tools(services)
    match parse_message(text):
        case PhotoMessage() as message:
            _handle_photo(services, message, now, tools)
        case AlertMessage(name, kind):
            stored = services.alerts.find(name, kind)
            if stored and not stored.is_taken_back:
                _tell(services, alert_event(stored), now, tools)
        case ChannelMessage(channel):
            send_pending(services, Outbox(services.notifications, channel), tools, _new_holder())
        case LostMessage() as message:
            services.alerts.add([lost_alert(message)])
        case HeldMessage(channel, camera):
            _handle_held(services, HeldMessage(channel, camera), now, tools)


def accept_sign_in(
    services: Services, person: str, network: str, browser: str, now: datetime
) -> None:
    """Have a person be told that somebody signed in as them from a new place, if they have a
    channel. Sends nothing itself. Raises StorageUnavailableError."""
    event = sign_in_event(person, network, browser, now)
    user = users.find(services.accounts, person)
    for channel in channels.list_channels(services.notifications, person):
        if user and _is_for(channel, event):
            _accept(services, (channel, user), event, now)
            services.notifier.put(ChannelMessage(channel.id), now)


def _handle_photo(services: Services, message: PhotoMessage, now: datetime, tools: Tools) -> None:
    photo = services.index.get(message.name)
    if photo:
        if not photo.is_stub:
            _tell(services, photo_event(photo), now, tools)
        return
    state, age = services.index.state(message.name), now - message.at
    if (
        state in (None, State.LISTED, State.LOST) and abs(age) < MAX_WAIT
    ):  # its blob is being stored
        wait = next((one for one in _WAITS if age < 6 * one), _WAITS[-1])
        services.notifier.put(message, now, wait)


def _handle_held(services: Services, message: HeldMessage, now: datetime, tools: Tools) -> None:
    channel = channels.find_by_id(services.notifications, message.channel)
    if channel is None:
        return
    acceptance, holder = Acceptance(services.notifications, channel.id), _new_holder()
    pace = _pace_of(services, channel, now)
    due = acceptance.tell_held(message.camera, holder, pace, now)
    if message.camera == COLLECTED:
        dues = (due, acceptance.tell_collected(holder, pace.interval, now))
        due = min(filter(None, dues), default=None)
    if due:
        services.notifier.put(message, now, due - now + _SECOND)
    send_pending(services, Outbox(services.notifications, channel.id), tools, holder)


def _tell(services: Services, event: Event, now: datetime, tools: Tools) -> None:
    """Accept the event for each channel whose rule asks for it and whose owner may know of it, and
    send it. What fails for one channel is raised after the others."""
    readers = _readers(services, event)

    # All accept it before anything is sent: a receiver that hangs holds up no other person's
    # message, and puts none out of order.
    errors: list[Exception] = []
    accepted: list[tuple[Channel, ChannelState]] = []

    def accept(number: int) -> None:
        channel, _ = readers[number]
        with _collected(errors, channel.id):
            if state := _accept(services, readers[number], event, now):
                accepted.append((channel, state))

    for some in _in_groups(range(len(readers)), _MAX_AT_ONCE):
        map_parallel(accept, some)
    work = [partial(_send_to_person, services, one, tools, errors) for one in _by_person(accepted)]
    if len(work) == 1:
        work[0]()
    elif work:
        with ThreadPoolExecutor(_MAX_AT_ONCE) as pool:
            for done in [pool.submit(one) for one in work]:
                done.result()
    if errors:
        raise errors[0]


def _readers(services: Services, event: Event) -> list[tuple[Channel, User]]:
    """Return the channels whose rule asks for the event and whose owner may know of it, each with
    its owner."""
    existing = channels.list_channels(services.notifications)
    asking = [one for one in existing if _is_for(one, event)]
    owners = map_parallel(partial(users.find, services.accounts), {one.owner for one in asking})
    readers = [
        (channel, user)
        for channel in asking
        if (user := owners[channel.owner]) and may_know(user, event)
    ]
    failed = next((one for one in existing if one.id == _failed_channel(event)), None)
    if (
        event.kind == UNDELIVERED
        and event.person
        and (failed is None or failed.owner != event.person)
    ):  # a device may have reported it: then it is no word of the backend to this person
        readers = [one for one in readers if one[1].role is Role.OWNER]
    return readers


def _by_person(accepted: list[tuple[Channel, ChannelState]]) -> list[list[tuple[Channel, Trust]]]:
    """Return the channels of each person, those that work first, and those people first who have
    one."""
    people: dict[str, list[tuple[Channel, Trust]]] = {}
    for channel, state in sorted(accepted, key=lambda one: one[1].trust):
        people.setdefault(channel.owner, []).append((channel, state.trust))
    return list(people.values())


def _send_to_person(
    services: Services,
    mine: list[tuple[Channel, Trust]],
    tools: Tools,
    errors: list[Exception],
) -> None:
    """Send to a person's channels, one after the other, by one process for those of one trust.
    Once a receiver has not answered, the others get messages of their own: if all hang, no other
    person waits for more than one of them."""
    waiting = list(mine)
    for trust, some in groupby(mine, key=itemgetter(1)):
        with tools.open_sender(mine[0][0].owner, trust) as send:
            shared = replace(tools, open_sender=lambda _, __, send=send: nullcontext(send))
            for channel, _ in some:
                waiting.pop(0)
                outbox = Outbox(services.notifications, channel.id)
                with _collected(errors, channel.id):
                    if send_pending(services, outbox, shared, _new_holder()):
                        continue
                    for other, _ in waiting:
                        services.notifier.put(ChannelMessage(other.id), tools.clock())
                    return


@contextmanager
def _collected(errors: list[Exception], channel: str) -> Iterator[None]:
    """Log and collect what fails for a channel, so that the others go on."""
    try:
        yield
    except Exception as error:
        log.exception("notifications: the channel %s was not handled", channel)
        errors.append(error)


def _is_for(channel: Channel, event: Event) -> bool:
    """Return whether a channel asks for the event, which came in after it was made. That a channel
    could not be told of something is told elsewhere."""
    if event.arrived_at < channel.created_at or not channel.rule.asks_for(event):
        return False
    return _failed_channel(event) != channel.id


def _failed_channel(event: Event) -> str | None:
    """Return the id of the channel that an alert says could not be told of something."""
    if event.stored is None or event.kind != UNDELIVERED:
        return None
    return str(event.stored.alert.details.get("channel"))


def _accept(
    services: Services, whom: tuple[Channel, User], event: Event, now: datetime
) -> ChannelState | None:
    """Accept an event for a channel and its owner. Return the channel's state; None if the channel
    is gone."""
    channel, user = whom
    sees_all = user.cameras is None
    group, alert = rate_group(event, sees_all), event.alert_for(sees_all)
    devices = devices_of(alert) if alert else []
    # Alerts that name several devices are paced together, whichever camera they are listed under.
    camera = BACKEND if event.kind in JOINED_KINDS else event.camera
    key = rate_key(camera, group) if group else None

    def decide(rate: Rate) -> tuple[Decision, Rate]:
        if why := channel.rule.leaves_out(event, now):
            return LeaveOut(why), rate
        if group is None:
            return Tell(), rate
        return pace(rate, event, devices, channel.rule.interval, now)

    pace_of_channel = _pace_of(services, channel, now)
    offer = Offer(event.id, event.reference, key, decide, pace_of_channel)
    return Acceptance(services.notifications, channel.id).accept(offer, now)


def _pace_of(services: Services, channel: Channel, now: datetime) -> Pace:
    def schedule(camera: str, due: datetime) -> None:
        delay = max(due - now + _SECOND, timedelta(0))
        services.notifier.put(HeldMessage(channel.id, camera), now, delay)

    return Pace(channel.rule.interval, schedule)


def _in_groups(items: range, size: int) -> Iterable[range]:
    return (items[first : first + size] for first in range(0, len(items), size))


def _new_holder() -> str:
    return secrets.token_hex(8)


def _default_tools(services: Services) -> Tools:
    from function_app.notify.senders import open_sender  # only where something is sent

    return Tools(partial(open_sender, services), lambda: datetime.now(UTC))
