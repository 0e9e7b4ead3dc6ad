"""What somebody does, over HTTP, who recorded requests of a device with a key of its own."""

from dataclasses import replace

from photo_wire.heartbeat import heartbeat_path
from tests.e2e.device_attacks.world import World, signed


def test_a_recorded_photo_is_refused(world: World) -> None:
    """The device itself repeats a request with a new counter, and gets the same receipt."""
    name = world.new_photo()
    request = world.photo(name, world.key, **{"X-Waiting": "7"})
    recorded = signed(world.gate, request)
    first = world.send(recorded)
    again = world.send(recorded)
    assert (first.status, again.status) == (201, 401)
    assert again.fields["counter_above"] >= world.gate.counter
    repeated = world.send(signed(world.gate, request))
    assert (repeated.status, repeated.fields) == (200, first.fields)


def test_recorded_alerts_are_refused(world: World) -> None:
    old = signed(world.gate, world.alert(world.new_photo(), world.key, **{"X-Waiting": "3"}))
    new = signed(world.gate, world.alert(world.new_photo(), world.key, **{"X-Waiting": "7"}))
    assert [world.send(one).status for one in (old, new, old, new)] == [200, 200, 401, 401]
    assert world.waiting == 7


def test_recorded_heartbeats_are_refused(world: World) -> None:
    recorded = signed(world.gate, world.heartbeat(world.key, "1.1"))
    assert world.send(recorded).status == 200
    assert world.send(signed(world.gate, world.heartbeat(world.key, "1.2"))).status == 200
    again = world.send(recorded)
    assert (again.status, again.fields["counter_above"]) == (401, world.gate.counter)
    assert b"http" not in again.body
    assert world.version == "1.2"


def test_a_heartbeat_is_for_the_device_in_its_path(world: World) -> None:
    ours = world.heartbeat(world.key, "6.6")
    other = replace(ours, target=heartbeat_path(world.yard.name))
    assert world.send(signed(world.gate, other)).status == 403


def test_a_recorded_question_is_refused(world: World) -> None:
    recorded = signed(world.gate, world.known(world.new_photo(), world.key))
    assert [world.send(recorded).status for _ in range(2)] == [200, 401]


def test_an_old_recorded_photo_is_refused_even_if_it_never_arrived(world: World) -> None:
    held_back = signed(world.gate, world.photo(world.new_photo(), world.key))
    world.gate.counter += 1100
    assert world.send(signed(world.gate, world.alert(world.new_photo(), world.key))).status == 200
    answer = world.send(held_back)
    assert (answer.status, answer.fields["counter_above"]) == (401, world.gate.counter)
