"""Channels are stored, found, changed, and removed with all that they were told."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from function_app.auth import users
from function_app.notify import channels
from function_app.notify.channels import MAX_CHANNELS_OF_PERSON, OWNERS
from function_app.notify.notification import Address
from function_app.notify.outbox import Outbox
from function_app.notify.rules import Rule
from function_app.problems import HTTPProblemError
from function_app.storage.table_store import Entity
from photo_wire.alert import CLOCK
from tests.support.memory_store import MemoryTable
from tests.support.notified_people import World


def test_a_channel_is_read_as_it_was_stored(world: World) -> None:
    rule = Rule(cameras=frozenset({"gate"}), zone="Europe/Berlin")
    address = Address("webhook", "https://a.example", "whsec_x")
    new = channels.new_channel(world.person("anna"), "my phone", address, world.now, rule)
    channels.create(world.services, new, world.now)
    table = world.services.notifications
    assert channels.find(table, "anna", new.id) == channels.find_by_id(table, new.id) == new
    assert channels.list_channels(table, "anna") == channels.list_channels(table) == [new]
    assert channels.find(table, "ben", new.id) is None


def test_names_that_begin_alike_are_kept_apart(world: World) -> None:
    """A tilde, which no name has, comes after every other character of a name."""
    for name in ("ann", "anna", "ann-a", "ann.b", "ann_c", "ann0"):
        world.channel(world.person(name))
    found = channels.list_channels(world.services.notifications, "ann")
    assert [one.owner for one in found] == ["ann"]


def test_neither_an_address_nor_a_secret_is_shown(world: World) -> None:
    channel = channels.new_channel(
        "a", "b", Address("webhook", "https://hidden", "hush"), world.now
    )
    assert "hidden" not in repr(channel)
    assert "hush" not in repr(channel)


def test_nothing_is_queued_once_the_last_channel_is_removed(world: World) -> None:
    mine = [world.channel(world.person(name)) for name in ("anna", "ben")]
    for left, channel in zip((True, False), mine, strict=True):
        assert channels.remove(world.services, channel.owner, channel.id, world.now)
        assert world.services.notifier.has_channels(world.now) == left
    world.photo("gate")
    assert world.queue.texts == []
    assert not channels.remove(world.services, "anna", mine[0].id, world.now)


def test_a_removal_that_was_interrupted_is_finished_by_the_next_one(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.alert("gate", CLOCK)
    world.run()
    table = world.services.notifications
    table.remove(OWNERS, f"anna~{channel.id}")  # and then the process was killed
    channels.remove(world.services, "anna", channel.id, world.now)
    assert Outbox(table, channel.id).state() is None
    assert table.query(f"C-{channel.id}", 10) == []


def test_nobody_removes_the_channel_of_somebody_else(world: World) -> None:
    channel = world.channel(world.person("anna"))
    assert not channels.remove(world.services, "ben", channel.id, world.now)
    assert channels.list_channels(world.services.notifications) == [channel]


def test_a_person_has_a_limited_number_of_channels(world: World) -> None:
    world.person("anna")
    for _ in range(MAX_CHANNELS_OF_PERSON):
        world.channel("anna")
    with pytest.raises(HTTPProblemError) as caught:
        world.channel("anna")
    assert caught.value.problem.status == 409
    world.channel(world.person("ben"))


@pytest.mark.parametrize("people", [1, 3])
def test_channels_that_are_made_at_the_same_moment_are_no_more_than_allowed(
    people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is counted by a request and stored by another, in between which others may be."""
    monkeypatch.setattr(channels, "MAX_CHANNELS", 25)
    table = CrowdedTable(12)
    world = World(table)
    names = [world.person(f"anna-{number}") for number in range(people)]

    def make(number: int) -> int:
        try:
            world.channel(names[number % people])
        except HTTPProblemError as error:
            return error.problem.status
        return 201

    with ThreadPoolExecutor(12) as pool:
        statuses = Counter(pool.map(make, range(36)))
    stored = channels.list_channels(world.services.notifications)
    assert len(stored) == statuses[201] == (10 if people == 1 else 25)
    assert statuses[409] == 36 - statuses[201]
    of_each = Counter(one.owner for one in stored)
    assert max(of_each.values()) <= MAX_CHANNELS_OF_PERSON
    outboxes = {partition for partition, _ in table.kept if partition.startswith("C-")}
    assert len(outboxes) == len(stored)  # none is left of those that were refused


class CrowdedTable(MemoryTable):
    """The first requests that count channels wait for one another."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self._first, self._barrier, self._numbers = first, threading.Barrier(first), count()

    def query(self, partition: str, *args: Any, **more: Any) -> list[Entity]:
        found = super().query(partition, *args, **more)
        if partition == OWNERS and next(self._numbers) < self._first:
            self._barrier.wait(60)
        return found


def test_channels_beyond_the_limit_are_listed(world: World) -> None:
    """Those of a version that counted less well."""
    table, first = world.services.notifications, world.channel(world.person("anna"))
    row = table.get(OWNERS, f"anna~{first.id}")
    assert row
    for number in range(250):
        table.upsert(OWNERS, f"anna~{number:016x}", row.properties)
    assert len(channels.list_channels(table)) == 251
    with pytest.raises(HTTPProblemError):
        world.channel(world.person("ben"))


def test_a_person_who_was_just_removed_gets_no_channel(world: World) -> None:
    world.person("anna")
    users.remove(world.services.accounts, "anna")
    with pytest.raises(HTTPProblemError) as caught:
        world.channel("anna")
    assert caught.value.problem.status == 401
    assert channels.list_channels(world.services.notifications) == []
    assert not world.services.notifier.has_channels(world.now)


def test_a_snooze_is_stored(world: World) -> None:
    channel = world.channel(world.person("anna"))
    table, until = world.services.notifications, world.now + timedelta(hours=1)
    changed = channels.snooze(table, "anna", channel.id, "gate", until, world.now)
    assert changed == channels.find(table, "anna", channel.id)
    assert changed
    assert changed.rule.snoozed_cameras == {"gate": until}
    assert channels.snooze(table, "ben", channel.id, None, until, world.now) is None
