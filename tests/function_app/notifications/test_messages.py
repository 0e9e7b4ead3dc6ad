"""The routes of messages: tests, snooze, the last ones, and the key for browsers."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.notify.notification import Notification, Outcome, Result, Trust
from function_app.notify.outbox import Outbox
from function_app.notify.senders import sender
from function_app.notify.senders.hosts import LEADS_INSIDE
from function_app.notify.senders.slots import SenderSlots
from function_app.notify.trial_limit import MAX_TESTS
from function_app.private_networks import LOOPBACK_NETWORKS
from function_app.settings import Network, Settings
from photo_wire.moment import parse_time
from tests.support.account_requests import SITE
from tests.support.channel_requests import WEBHOOK, People
from tests.support.fault_server import FaultServer
from tests.support.memory_store import memory_services
from tests.support.notified_people import World
from tests.support.receivers import OK, Inbox
from tests.support.store import Response


@pytest.fixture
def people() -> People:
    """People of a backend that may reach receivers on its own machine."""
    network = Network(channel_networks=LOOPBACK_NETWORKS)
    people = People(memory_services(Settings("", network=network)))
    people.add("anna", role=Role.OWNER)
    people.add("vera", "gate")
    return people


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    """A receiver, and the address of its webhook."""
    inbox = Inbox()
    with FaultServer(inbox) as server:
        yield inbox, f"{server.base_url}/hook"


def test_a_test_is_sent_at_once_and_says_what_the_receiver_answered(
    people: People, inbox: tuple[Inbox, str]
) -> None:
    received, address = inbox
    channel = people.make("vera", {**WEBHOOK, "address": address})["id"]
    outbox = Outbox(people.services.notifications, channel)
    received.response = Response(500)
    reply = people.ask("vera", "send_test", channel=channel)
    assert (reply["sent"], reply["outcome"]) == (False, "retry")
    assert "500" in reply["why"]
    outbox.change(
        lambda state: replace(state, stopped="it was gone").failing("no answer", datetime.now(UTC))
    )
    received.response = OK
    reply = people.ask("vera", "send_test", channel=channel)
    assert reply == {"sent": True, "outcome": "sent", "why": None}
    state = outbox.state()
    assert state
    assert (state.stopped, state.failing_since, state.why) == ("", None, "")  # it goes on
    message = json.loads(received.bodies[-1])
    assert message["type"] == "test"
    assert message["data"]["title"] == "Nightjar: a test"
    assert message["data"]["url"] == f"{SITE}/notifications"
    assert ("vera", "tested the channel", "my server") in people.audit_log()


def test_a_test_while_others_are_sent_says_when_to_try_again(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = SenderSlots(1)
    assert slots.take("anna", Trust.WORKING, 0)
    monkeypatch.setattr(sender, "_slots", slots)
    monkeypatch.setattr(sender, "MAX_WAIT_SECONDS", 0)
    channel = people.make("vera", {**WEBHOOK, "address": "https://127.0.0.1:1/"})["id"]
    reply = people.respond("vera", "send_test", channel=channel)
    assert reply.headers["Retry-After"] == "10"
    assert json.loads(reply.body) == {
        "sent": False,
        "outcome": "busy",
        "why": "other notifications are being sent; try again in 10 s",
    }


def test_a_test_is_in_the_language_of_the_channel(people: People, inbox: tuple[Inbox, str]) -> None:
    """Its JSON is the same: programs read it."""
    received, address = inbox
    rule = {"language": "de"}
    channel = people.make("vera", {**WEBHOOK, "address": address, "rule": rule})["id"]
    people.ask("vera", "send_test", channel=channel)
    message = json.loads(received.bodies[-1])
    assert message["type"] == "test"
    assert message["data"]["title"] == "Nightjar: eine Probe"
    assert message["data"]["body"] == "Das erreicht Sie über my server."


def test_few_tests_a_minute(people: People) -> None:
    people.services = memory_services(people.services.settings)
    people.add("vera")
    channel = people.make("vera")["id"]
    table = people.services.notifications
    just_now = json.dumps([datetime.now(UTC).isoformat()] * MAX_TESTS)
    table.upsert("TESTS", "vera", {"at": just_now})
    reply = people.ask("vera", "send_test", status=429, channel=channel)
    assert reply["detail"].startswith("At most 5 tests a minute: try again in ")
    table.upsert("TESTS", "vera", {"at": json.dumps(["2026-11-20T12:00:00Z"] * MAX_TESTS)})
    row = table.get("OWNERS", f"vera~{channel}")
    assert row
    private = {**row.properties, "address": "https://10.0.0.1/"}
    table.upsert("OWNERS", row.key, private)  # so that nothing is sent
    assert people.ask("vera", "send_test", channel=channel)["outcome"] == "rejected"


def test_an_owner_alone_reads_which_setting_would_allow_a_failed_message(
    world: World,
) -> None:
    """In the test, and in the list of messages."""
    people = People(world.services)
    for name, role in (("anna", Role.OWNER), ("vera", Role.VIEWER)):
        people.add(name, role=role)
        channel = world.channel(name, "https://10.0.0.1/")

        def refuse(_: Notification) -> Result:
            return Result(Outcome.REJECTED, LEADS_INSIDE)

        world.receivers.responses["https://10.0.0.1/"] = refuse
        world.alert("gate", "clock")
        world.run()
        whys = [people.ask(name, "send_test", channel=channel.id)["why"]]
        deliveries = people.ask(name, "list_deliveries")["deliveries"]
        whys += [one["why"] for one in deliveries if one["title"].startswith("gate: The device")]
        assert len(whys) == 2
        for why in whys:
            assert why.startswith("the address leads into a private network")
            assert ("CHANNEL_NETWORKS" in why) == (name == "anna")
        world.pass_time(timedelta(hours=1))
    channels = people.ask("anna", "list_deliveries", query={"channel": channel.id})["deliveries"]
    assert any("CHANNEL_NETWORKS" in (one["why"] or "") for one in channels)


def test_snooze_one_camera_or_all_for_a_while_and_end_it(people: People) -> None:
    first, second = people.make("vera")["id"], people.make("vera")["id"]
    before = datetime.now(UTC)
    reply = people.ask("vera", "snooze", {"camera": "gate", "channel": first})
    (silent,) = reply["channels"]
    until = parse_time(silent["rule"]["snoozed_cameras"]["gate"])
    assert abs(until - before - timedelta(hours=1)) < timedelta(minutes=1)
    reply = people.ask("vera", "snooze", {"minutes": 5})
    assert {one["id"] for one in reply["channels"]} == {first, second}
    assert all(one["rule"]["snoozed_until"] for one in people.channels("vera"))
    people.ask("vera", "snooze", {"minutes": 0})
    people.ask("vera", "snooze", {"minutes": 0, "camera": "gate"})
    for one in people.channels("vera"):
        assert (one["rule"]["snoozed_until"], one["rule"]["snoozed_cameras"]) == (None, {})


def test_a_camera_that_the_person_may_not_see_cannot_be_snoozed(people: People) -> None:
    people.make("vera")
    people.ask("vera", "snooze", {"camera": "house"}, 404)
    people.ask("vera", "snooze", {"minutes": 10_081}, 400)


def test_no_more_than_a_hundred_cameras_are_silent(people: People) -> None:
    people.make("anna")
    for number in range(100):
        people.ask("anna", "snooze", {"camera": f"cam-{number}"})
    people.ask("anna", "snooze", {"camera": "one-more"}, 409)
    people.ask("anna", "snooze", {"camera": "cam-7", "minutes": 0})
    people.ask("anna", "snooze", {"camera": "one-more"})


@pytest.fixture
def world() -> World:
    return World()


def test_the_last_messages_say_what_became_of_each(world: World) -> None:
    people = People(world.services)
    people.add("anna", role=Role.OWNER)
    people.add("vera")
    mine = world.channel("vera")
    photo = world.photo("gate")
    world.run()
    world.pass_time(timedelta(minutes=10))

    def reject(_: Notification) -> Result:
        return Result(Outcome.REJECTED, "it answered 400")

    world.receivers.responses["vera"] = reject
    world.alert("gate", "clock")
    world.run()
    failed, sent = people.ask("vera", "list_deliveries")["deliveries"]
    assert sent == {
        "channel": mine.id,
        "at": sent["at"],
        "state": "sent",
        "title": "gate: motion",
        "why": None,
        "done_at": sent["done_at"],
        "events": 1,
        "photo": str(photo.name),
    }
    assert (failed["state"], failed["why"]) == ("failed", "it answered 400")
    assert (failed["photo"], failed["title"]) == (None, "gate: The device's clock is wrong")
    assert people.ask("anna", "list_deliveries")["deliveries"] == []
    of_one = {"channel": mine.id, "limit": "1"}
    assert people.ask("anna", "list_deliveries", query=of_one)["deliveries"] == [failed]


def test_messages_of_a_camera_that_a_viewer_lost_are_not_listed(world: World) -> None:
    people = People(world.services)
    people.add("vera", "gate", "house")
    world.channel("vera")
    world.photo("gate")
    world.photo("house")
    world.run()
    assert len(people.ask("vera", "list_deliveries")["deliveries"]) == 2
    users.remove(people.services.accounts, "vera")
    people.add("vera", "gate")
    (left,) = people.ask("vera", "list_deliveries")["deliveries"]
    assert left["title"] == "gate: motion"


def test_the_key_for_browsers_stays_the_same(people: People) -> None:
    key = people.ask("vera", "get_push_key")["key"]
    assert key == people.ask("anna", "get_push_key")["key"]
    assert len(base64.urlsafe_b64decode(key + "=")) == 65
