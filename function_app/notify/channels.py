"""Channels: where people are told, each with its rule. The row of a channel in the partition
OWNERS has all that a person chose, so that one request reads it for all channels; what became of
its deliveries is in a partition of its own (outbox.py)."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from function_app.auth import users
from function_app.notify import trial_limit
from function_app.notify.notification import Address
from function_app.notify.outbox import Outbox
from function_app.notify.rules import Rule, parse_rule
from function_app.origins import origin_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.settings import Network
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.notification_keys import (
    NEWEST_CHANNEL,
    channel_key,
    channels_of,
    owner_and_channel,
)
from function_app.storage.table_store import PAGE_SIZE, ConditionalUpdate, Entity, TableStore
from photo_wire.moment import format_time, parse_time, to_milliseconds

OWNERS = "OWNERS"  # the partition; a key is the person's name, a tilde, and the channel's id
MAX_CHANNELS = 200
MAX_CHANNELS_OF_PERSON = 10
log = logging.getLogger(__name__)

_ATTEMPTS = 50  # each means that another request changed the row


@dataclass(frozen=True, slots=True)
class Channel:
    """`owner` is the name of the person whom it tells. `label` is what they call it. `origin` is
    where they had the gallery open when they made it, such as https://photos.example; "" for
    channels of earlier versions."""

    id: str
    owner: str
    label: str
    address: Address
    rule: Rule
    created_at: datetime
    origin: str = ""

    def link(self, path: str, network: Network) -> str | None:
        """Return the link to a page of the gallery. None if its address is not known."""
        origin = network.public_origin or self.origin
        return origin + path if origin else None

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the channel's row."""
        return {
            "label": self.label,
            "kind": self.address.kind,
            "address": self.address.text,
            "secret": self.address.secret,
            "rule": self.rule.to_text(),
            "created_at": format_time(self.created_at),
            "origin": self.origin,
        }


def new_channel(
    owner: str,
    label: str,
    address: Address,
    now: datetime,
    rule: Rule | None = None,
    origin: str = "",
) -> Channel:
    """Return a channel with an id of its own, which is not stored yet."""
    at = to_milliseconds(now)
    return Channel(secrets.token_hex(8), owner, label, address, rule or Rule(), at, origin)


def create(
    services: Services,
    channel: Channel,
    now: datetime,
    is_same: Callable[[Channel], bool] = lambda other: False,
) -> Channel:
    """Store a new channel, and return it; or the channel of this person that `is_same`, or has its
    id: of requests that make one and the same at once, one does. It is told of what comes in from
    `created_at` on. Raises HTTPProblemError: 409 if there are too many, 401 if the person was
    removed just now; and StorageUnavailableError."""
    table, outbox = services.notifications, Outbox(services.notifications, channel.id)
    if same := _find_same(table, channel, is_same):
        return same
    _check_count(table, channel.owner)
    services.notifier.set_has_channels(True, now)  # first, so that no event is missed
    outbox.create(channel.owner)
    try:
        stored = _insert(table, channel, is_same)
    except HTTPProblemError:  # others were faster
        outbox.remove()
        raise
    if stored.id != channel.id:
        outbox.remove()
    if users.find(services.accounts, channel.owner) is None:  # removed before their channels were
        remove(services, channel.owner, stored.id, now)
        raise HTTPProblemError(401, "This account was removed just now.")
    return stored


def _insert(table: TableStore, channel: Channel, is_same: Callable[[Channel], bool]) -> Channel:
    """Store a channel together with the row NEWEST_CHANNEL, whose etag says that no other was
    stored since they were read. Return it, or the one that is the same. Raises HTTPProblemError
    (409) and StorageUnavailableError."""
    key = channel_key(channel.owner, channel.id)
    for _ in range(_ATTEMPTS):
        newest = table.get(OWNERS, NEWEST_CHANNEL)
        if newest is None:
            table.insert(OWNERS, NEWEST_CHANNEL, {"key": ""})
            continue
        if same := _find_same(table, channel, is_same):
            return channel if same == channel else same  # the former: its response was lost
        _check_count(table, channel.owner)
        if table.rewrite(
            OWNERS, ConditionalUpdate(newest, {"key": key}, {key: channel.to_properties()})
        ):
            return channel
    raise StorageUnavailableError("channels are made too often at once")


def _find_same(
    table: TableStore, channel: Channel, is_same: Callable[[Channel], bool]
) -> Channel | None:
    """Return the channel of this person that has the id of a new one, or `is_same`."""
    found = list_channels(table, channel.owner)
    return next((one for one in found if one.id == channel.id or is_same(one)), None)


def _check_count(table: TableStore, owner: str) -> None:
    """Raise HTTPProblemError (409) if this person, or all together, can have no further channel."""
    rows = table.query(OWNERS, PAGE_SIZE, end=NEWEST_CHANNEL, columns=())
    mine = [row for row in rows if owner_and_channel(row.key)[0] == owner]
    if len(mine) >= MAX_CHANNELS_OF_PERSON or len(rows) >= MAX_CHANNELS:
        raise HTTPProblemError(
            409,
            f"There are too many channels (up to {MAX_CHANNELS_OF_PERSON} of a person, "
            f"{MAX_CHANNELS} in all): remove one first.",
        )


def list_channels(table: TableStore, owner: str | None = None) -> list[Channel]:
    """Return the channels of a person, or of all. A row that somebody changed by hand is left out:
    the others go on. One request. Raises StorageUnavailableError."""
    after, end = channels_of(owner) if owner is not None else ("", NEWEST_CHANNEL)
    found = []
    for row in table.query(OWNERS, PAGE_SIZE, after, end):
        try:
            found.append(_parse(row))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("notifications: the channel %s cannot be read: %r", row.key, error)
    return found


def find(table: TableStore, owner: str, channel_id: str) -> Channel | None:
    """Return the channel of a person with this id. Raises StorageUnavailableError."""
    row = table.get(OWNERS, channel_key(owner, channel_id))
    return _parse(row) if row else None


def find_by_id(table: TableStore, channel_id: str) -> Channel | None:
    """Return the channel with this id, whose ever it is. Two requests. Raises
    StorageUnavailableError."""
    owner = Outbox(table, channel_id).owner()
    return find(table, owner, channel_id) if owner is not None else None


def update(
    table: TableStore, owner: str, channel_id: str, change: Callable[[Channel], Channel]
) -> Channel | None:
    """Store what `change` makes of a channel, and return it; None if there is no such channel.
    Raises StorageUnavailableError."""
    for _ in range(_ATTEMPTS):
        row = table.get(OWNERS, channel_key(owner, channel_id))
        if row is None:
            return None
        changed = change(_parse(row))
        if table.replace(OWNERS, row, changed.to_properties()):
            return changed
    raise StorageUnavailableError(f"the channel {channel_id} is changed too often at once")


def snooze(
    table: TableStore,
    owner: str,
    channel_id: str,
    camera: str | None,
    until: datetime,
    now: datetime,
) -> Channel | None:
    """Silence a channel about a camera, or all, until a moment, and return it; None if there is no
    such channel. Raises StorageUnavailableError."""

    def silence(channel: Channel) -> Channel:
        return replace(channel, rule=channel.rule.snoozed(camera, until, now))

    return update(table, owner, channel_id, silence)


def switch_off_all_of(table: TableStore, owner: str) -> list[str]:
    """Switch all channels of a person off, and return what they call those that were on. Raises
    StorageUnavailableError."""
    found = [one for one in list_channels(table, owner) if one.rule.is_on]
    for channel in found:
        update(
            table, owner, channel.id, lambda one: replace(one, rule=replace(one.rule, is_on=False))
        )
    return [channel.label for channel in found]


def remove(services: Services, owner: str, channel_id: str, now: datetime) -> bool:
    """Remove a channel with all its deliveries, and return whether there was one. May be stopped
    at any point and called again. Raises StorageUnavailableError."""
    table, key = services.notifications, channel_key(owner, channel_id)
    existed = table.get(OWNERS, key) is not None
    if not existed and Outbox(table, channel_id).owner() != owner:
        return False
    table.remove(OWNERS, key)  # first: from now on nothing is sent
    Outbox(table, channel_id).remove()
    if not table.query(OWNERS, 1, end=NEWEST_CHANNEL):
        services.notifier.set_has_channels(False, now)
        if table.query(OWNERS, 1, end=NEWEST_CHANNEL):  # somebody made one meanwhile
            services.notifier.set_has_channels(True, now)
    return existed


def remove_all_of(services: Services, owner: str, now: datetime) -> int:
    """Remove all channels of a person, and return how many there were. May be stopped at any point
    and called again. Raises StorageUnavailableError."""
    trial_limit.forget(services.notifications, owner)
    found = list_channels(services.notifications, owner)
    for channel in found:
        remove(services, owner, channel.id, now)
    return len(found)


def _parse(row: Entity) -> Channel:
    owner, channel_id = owner_and_channel(row.key)
    properties: Mapping[str, str] = row.properties
    address = Address(properties["kind"], properties["address"], properties.get("secret", ""))
    return Channel(
        channel_id,
        owner,
        properties["label"],
        address,
        parse_rule(properties["rule"]),
        parse_time(properties["created_at"]),
        origin_of(properties.get("origin", "")),
    )
