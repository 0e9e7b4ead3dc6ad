"""The routes of channels: list, make, change and remove them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.notification_queue.messages import ChannelMessage, format_message
from function_app.notify.channels import MAX_CHANNELS_OF_PERSON
from function_app.notify.outbox import Outbox
from function_app.settings import Network, Settings
from tests.support.account_requests import SITE
from tests.support.channel_requests import WEBHOOK, People, browser
from tests.support.memory_store import MemoryQueue, memory_services

DEFAULT_RULE: dict[str, Any] = {
    "cameras": None,
    "triggers": None,
    "labels": None,
    "alerts": None,
    "days": [0, 1, 2, 3, 4, 5, 6],
    "hours": None,
    "quiet": None,
    "quiet_alerts": False,
    "zone": "UTC",
    "language": "en",
    "interval_minutes": 5,
    "is_on": True,
    "snoozed_until": None,
    "snoozed_cameras": {},
}
RULE = {
    "cameras": ["gate"],
    "triggers": ["motion"],
    "alerts": [],
    "days": [0, 6],
    "hours": {"from": "22:00", "to": "06:30"},
    "quiet": {"from": "23:00", "to": "05:00"},
    "quiet_alerts": True,
    "zone": "Europe/Berlin",
    "language": "de",
    "interval_minutes": 60,
    "is_on": False,
}


@pytest.fixture
def people() -> People:
    people = People()
    people.add("anna", role=Role.OWNER)
    people.add("vera", "gate")
    return people


def test_a_webhook_shows_its_secret_once_and_its_address_never(people: People) -> None:
    made = people.make("vera")
    assert made.pop("secret").startswith("whsec_")
    (listed,) = people.channels("vera")
    assert listed == made
    assert listed == {
        "id": made["id"],
        "owner": "vera",
        "label": "my server",
        "kind": "webhook",
        "destination": "hooks.example",
        "browser": None,
        "rule": DEFAULT_RULE,
        "created_at": made["created_at"],
        "link_origin": SITE,
        "state": "unused",
        "failing_since": None,
        "why": None,
        "sent_at": None,
        "pending": 0,
        "counts": {"events": 0, "sent": 0, "messages": 0, "failed": 0, "left_out": 0},
    }
    assert people.audit_log() == [("vera", "made the channel", "my server")]


@pytest.mark.parametrize(
    ("address", "destination"),
    [
        ("tgram://123456789:secret-path/12315544", "tgram://"),
        ("ntfys://secret-path", "ntfys://"),
        ("mailtos://me:secret-path@mail.example.org", "mailtos://"),
    ],
)
def test_of_a_service_of_apprise_only_its_kind_is_shown(
    people: People, address: str, destination: str
) -> None:
    made = people.make("vera", {"label": "phone", "kind": "apprise", "address": address})
    assert (made["destination"], made["secret"]) == (destination, None)
    assert "secret-path" not in json.dumps(people.channels("anna", all="1"))


def test_a_rule_is_set_in_whole_and_changed_in_parts(people: People) -> None:
    made = people.make("vera", {**WEBHOOK, "rule": RULE})
    assert made["rule"] == {**DEFAULT_RULE, **RULE}
    changes = {"cameras": None, "hours": None, "zone": "UTC"}
    changed = people.ask(
        "vera", "change_channel", {"label": "new", "rule": changes}, channel=made["id"]
    )
    assert changed["rule"] == {**DEFAULT_RULE, **RULE, **changes}
    assert (changed["label"], changed["state"]) == ("new", "off")
    assert people.channels("vera") == [changed]


@pytest.mark.parametrize("rule", [{}, RULE])
def test_a_rule_can_be_sent_back_as_it_was_read(people: People, rule: dict[str, object]) -> None:
    """While it is silent, too; for this channel and for another one."""
    channel = people.make("vera", {**WEBHOOK, "rule": rule})["id"]
    for camera in (None, "gate"):
        people.ask("vera", "snooze", {"minutes": 60, "camera": camera} if camera else {})
    (read,) = people.channels("vera")
    assert None not in (read["rule"]["snoozed_until"], read["rule"]["snoozed_cameras"]["gate"])
    changed = people.ask("vera", "change_channel", {"rule": read["rule"]}, channel=channel)
    assert changed["rule"] == read["rule"]
    assert people.make("vera", {**WEBHOOK, "rule": read["rule"]})["rule"] == read["rule"]
    ended = {**read["rule"], "snoozed_until": None, "snoozed_cameras": {}}
    assert people.ask("vera", "change_channel", {"rule": ended}, channel=channel)["rule"] == ended


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"address": "http://hooks.example/"}, "The address must begin with https://."),
        ({"address": "https://127.0.0.1/"}, "The address leads to the machine of the app itself"),
        ({"address": " "}, "address: must be a string that is not empty."),
        ({"kind": "pigeon"}, "kind: must be one of webpush, webhook, apprise, not 'pigeon'."),
        ({"label": ""}, "label: must be a string of 1 to 60 characters."),
        ({"label": "a\nb"}, "label: has characters that cannot be printed."),
        ({"kind": "webpush", "address": "{}"}, "This is not the push subscription of a browser."),
        ({"rule": []}, "rule: must be an object."),
        ({"rule": {"colour": 1}}, "unknown field: 'colour'; use cameras, triggers, labels,"),
        ({"rule": {"cameras": "gate"}}, "cameras: must be a list of camera names, or null for"),
        ({"rule": {"cameras": ["Gate!"]}}, "cameras: 'Gate!' is not a camera's name;"),
        ({"rule": {"cameras": ["gate"] * 101}}, "cameras: must have at most 100 names."),
        ({"rule": {"triggers": ["wind"]}}, "triggers: must be some of motion, gpio, schedule,"),
        ({"rule": {"alerts": ["a b"]}}, "alerts: 'a b' is no kind of alert."),
        ({"rule": {"days": [7]}}, "days: must be a list of days, from 0 (Monday) to 6."),
        ({"rule": {"days": [True]}}, "days: must be a list of days, from 0 (Monday) to 6."),
        ({"rule": {"hours": {"from": "22:00"}}}, 'hours: must be an object with "from" and'),
        ({"rule": {"quiet": {"from": "22", "to": "25:00"}}}, "quiet: must have times of day"),
        ({"rule": {"quiet_alerts": 1}}, "quiet_alerts: must be true or false."),
        ({"rule": {"zone": "Mars/Base"}}, "zone: must be a time zone such as Europe/Berlin,"),
        ({"rule": {"zone": "../etc"}}, "zone: must be a time zone such as Europe/Berlin,"),
        ({"rule": {"zone": "Europe"}}, "zone: must be a time zone such as Europe/Berlin,"),
        ({"rule": {"language": "fr"}}, "language: must be one of en, de, not 'fr'."),
        ({"rule": {"language": ["en"]}}, 'language: must be one of en, de, not ["en"].'),
        ({"rule": {"snoozed_until": "later"}}, "snoozed_until: "),
        (
            {"rule": {"snoozed_until": "2099-01-01T00:00:00Z"}},
            "snoozed_until: must be a time in the next 7 days, or null.",
        ),
        ({"rule": {"snoozed_cameras": {"gate": 7}}}, "snoozed_cameras: must be a time in the next"),
        ({"rule": {"snoozed_cameras": {"No Camera": None}}}, "snoozed_cameras: "),
        ({"rule": {"hours": {"from": "T1234", "to": "06:00"}}}, "hours: must have times of day"),
        ({"rule": {"interval_minutes": -1}}, "interval_minutes: must be a whole number from 0 to"),
    ],
)
def test_an_invalid_request_makes_no_channel(
    people: People, change: dict[str, Any], problem: str
) -> None:
    reply = people.ask("vera", "make_channel", {**WEBHOOK, **change}, 400)
    assert reply["detail"].startswith(problem)
    assert people.channels("vera") == []


def test_an_owner_alone_reads_which_setting_would_allow_an_address(people: People) -> None:
    for address, why, setting in (
        (
            "https://127.0.0.1/",
            "The address leads to the machine of the app itself",
            "loopback",
        ),
        ("http://192.168.1.20/", "The address leads into a private network", "CHANNEL_NETWORKS"),
        ("https://169.254.169.254/", "The address leads to a place that is never reached", ""),
    ):
        body = {**WEBHOOK, "address": address}
        assert people.ask("vera", "make_channel", body, 400)["detail"] == f"{why}."
        detail = people.ask("anna", "make_channel", body, 400)["detail"]
        assert detail.startswith(why)
        assert setting in detail
        assert ("CHANNEL_NETWORKS" in detail) == bool(setting)


def test_links_begin_where_the_person_has_the_gallery_open() -> None:
    """Whatever the Host header says; with PUBLIC_URL, as that says."""
    people = People(memory_services(Settings("")))
    people.add("vera")
    made = people.make("vera")
    assert made["link_origin"] == SITE
    public = Network(public_origin="https://photos.example")
    people.services = replace(people.services, settings=Settings("", network=public))
    assert people.channels("vera")[0]["link_origin"] == "https://photos.example"


@pytest.mark.parametrize("host", ["evil.example", "night.example:80", "night.example.evil.example"])
def test_a_forged_host_makes_no_channel(host: str) -> None:
    """A browser says which page asks. Without a public address, the two have to agree."""
    people = People(memory_services(Settings("")), f"https://{host}")
    people.add("vera")
    reply = people.ask("vera", "make_channel", WEBHOOK, 403)
    assert "another site's page" in reply["detail"]


def test_a_forged_host_does_not_change_the_links() -> None:
    services = memory_services(Settings("", network=Network(public_origin=SITE)))
    people = People(services, "https://evil.example")
    people.add("vera")
    people.make("vera")
    people.services = replace(people.services, settings=Settings(""))
    (channel,) = people.channels("vera")
    assert channel["link_origin"] == SITE


@pytest.mark.parametrize("origin", ["", "javascript:alert(1)", "https://", "no address"])
def test_a_channel_of_an_earlier_version_has_links_once_its_person_changes_it(origin: str) -> None:
    people = People(memory_services(Settings("")))
    people.add("anna", role=Role.OWNER)
    people.add("vera")
    channel = people.make("vera")["id"]
    table = people.services.notifications
    row = table.get("OWNERS", f"vera~{channel}")
    assert row
    before = {**row.properties, "origin": origin}
    if not origin:
        del before["origin"]
    table.upsert("OWNERS", row.key, before)
    assert people.channels("vera")[0]["link_origin"] is None
    off = {"rule": {"is_on": False}}
    assert people.ask("anna", "change_channel", off, channel=channel)["link_origin"] is None
    changed = people.ask("vera", "change_channel", {"label": "new"}, channel=channel)
    assert changed["link_origin"] == SITE


def test_messages_are_in_the_language_of_the_browser_that_made_the_channel(people: People) -> None:
    """Unless the request has another one."""
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}
    made = people.make("vera", browser(), german)
    assert made["rule"]["language"] == "de"
    chosen = {**WEBHOOK, "rule": {"language": "en"}}
    assert people.make("vera", chosen, german)["rule"]["language"] == "en"
    again = people.ask("vera", "make_channel", browser())  # in English, which changes nothing
    assert again["rule"]["language"] == "de"
    changed = people.ask("vera", "change_channel", {"label": "new"}, channel=made["id"])
    assert changed["rule"]["language"] == "de"


def test_a_channel_without_a_language_gets_that_of_its_persons_browser(people: People) -> None:
    """Once they change it; an owner who switches it off chooses none for them."""
    channel = people.make("vera")["id"]
    table = people.services.notifications
    row = table.get("OWNERS", f"vera~{channel}")
    assert row
    rule = json.loads(row.properties["rule"])
    del rule["language"]
    table.upsert("OWNERS", row.key, {**row.properties, "rule": json.dumps(rule)})
    german = {"Accept-Language": "de"}
    assert people.channels("vera")[0]["rule"]["language"] is None
    off = {"rule": {"is_on": False}}
    people.ask("anna", "change_channel", off, headers=german, channel=channel)
    assert people.channels("vera")[0]["rule"]["language"] is None
    unset = {"rule": people.channels("vera")[0]["rule"]}  # its language is null
    people.ask("vera", "change_channel", unset, headers=german, channel=channel)
    assert people.channels("vera")[0]["rule"]["language"] == "de"
    people.ask("vera", "change_channel", {"rule": {"language": None}}, channel=channel)
    assert people.channels("vera")[0]["rule"]["language"] == "de"


def test_a_person_has_ten_channels_at_most(people: People) -> None:
    for _ in range(MAX_CHANNELS_OF_PERSON):
        people.make("vera")
    reply = people.ask("vera", "make_channel", WEBHOOK, 409)
    assert "There are too many channels (up to 10 of a person" in reply["detail"]
    people.make("anna")


def test_people_see_their_own_channels_and_an_owner_those_of_all(people: People) -> None:
    mine, theirs = people.make("vera"), people.make("anna")
    assert [one["id"] for one in people.channels("vera")] == [mine["id"]]
    assert [one["id"] for one in people.channels("anna")] == [theirs["id"]]
    every = people.channels("anna", all="1")
    assert {(one["owner"], one["id"]) for one in every} == {
        ("vera", mine["id"]),
        ("anna", theirs["id"]),
    }
    people.ask("vera", "list_channels", status=403, query={"all": "1"})


def test_somebody_elses_channel_is_one_that_is_not_there(people: People) -> None:
    theirs = people.make("anna")["id"]
    answers = []
    for channel in (theirs, "0" * 16, "state", "../x"):
        answers += [
            people.ask("vera", "change_channel", {"label": "x"}, 404, channel=channel),
            people.ask("vera", "remove_channel", status=404, channel=channel),
            people.ask("vera", "send_test", status=404, channel=channel),
            people.ask("vera", "snooze", {"channel": channel}, 404),
            people.ask("vera", "list_deliveries", status=404, query={"channel": channel}),
        ]
    assert len({json.dumps(one) for one in answers}) == 1
    assert people.channels("anna")[0]["label"] == "my server"


def test_an_owner_may_switch_off_and_remove_those_of_others_and_nothing_else(
    people: People,
) -> None:
    channel = people.make("vera")["id"]
    for change in ({"label": "x"}, {"rule": {"is_on": True}}, {"rule": {"zone": "UTC"}}, {}):
        people.ask("anna", "change_channel", change, 403, channel=channel)
    people.ask("anna", "send_test", status=404, channel=channel)
    people.ask("anna", "snooze", {"channel": channel}, 404)
    off = people.ask("anna", "change_channel", {"rule": {"is_on": False}}, channel=channel)
    assert off["state"] == "off"
    people.ask("anna", "remove_channel", status=204, channel=channel)
    assert people.channels("vera") == []
    assert set(people.audit_log()) >= {  # those of one millisecond have no order
        ("anna", "removed the channel", "my server of vera"),
        ("anna", "changed the channel", "my server of vera"),
    }


def test_a_browser_that_subscribes_again_stays_one_channel(people: People) -> None:
    """With the new keys of its subscription, switched on, and going on with what waits."""
    made = people.make("vera", browser())
    off = {"rule": {"is_on": False}}
    people.ask("vera", "change_channel", off, channel=made["id"])
    Outbox(people.services.notifications, made["id"]).change(
        lambda state: type(state)(state.owner, stopped="the browser gave it up")
    )
    again = people.ask("vera", "make_channel", browser())
    assert (again["id"], again["state"]) == (made["id"], "unused")
    assert again["browser"] == made["browser"]
    queue = people.services.notifier._queue
    assert isinstance(queue, MemoryQueue)
    assert format_message(ChannelMessage(made["id"])) in [one.text for one in queue.kept]


def test_a_browser_tells_only_who_turned_it_on_last(people: People) -> None:
    """Two people share it: the second must not see what the first would be sent."""
    people.make("anna", browser())
    other = people.make("anna", browser("https://fcm.googleapis.com/fcm/send/other"))
    people.make("vera", browser())
    assert [one["id"] for one in people.channels("anna")] == [other["id"]]


def test_a_new_address_of_a_browser_keeps_its_rule(people: People) -> None:
    made = people.make("vera", {**browser(), "rule": RULE})
    moved = browser("https://updates.push.services.mozilla.com/wpush/v2/new")["address"]
    changed = people.ask("vera", "change_channel", {"address": moved}, channel=made["id"])
    assert changed["rule"] == made["rule"]
    assert changed["destination"] == "updates.push.services.mozilla.com"
    assert changed["browser"] != made["browser"]
    wrong = {"address": "https://hooks.example/"}
    people.ask("vera", "change_channel", wrong, 400, channel=made["id"])


def test_another_address_of_a_webhook_keeps_its_secret(people: People) -> None:
    made = people.make("vera")
    changed = people.ask(
        "vera", "change_channel", {"address": "https://other.example/"}, channel=made["id"]
    )
    assert changed["destination"] == "other.example"
    row = people.services.notifications.get("OWNERS", f"vera~{made['id']}")
    assert row
    assert row.properties["secret"] == made["secret"]


def test_what_a_channel_is_says_its_state(people: People) -> None:
    made = people.make("vera")
    outbox, now = Outbox(people.services.notifications, made["id"]), datetime.now(UTC)
    changes: dict[str, dict[str, Any]] = {
        "working": {"sent_at": now},
        "failing": {"sent_at": now, "failing_since": now, "why": "no answer"},
        "stopped": {"failing_since": now, "stopped": "the browser gave it up"},
    }
    for state, change in changes.items():
        outbox.change(lambda one, change=change: type(one)(one.owner, **change))  # type: ignore[misc]
        (shown,) = people.channels("vera")
        assert shown["state"] == state
        assert shown["why"] == (change.get("stopped") or change.get("why"))


def test_the_channels_of_a_removed_person_are_gone(people: People) -> None:
    people.make("vera")
    people.ask("anna", "remove_person", name="vera")
    assert people.channels("anna", all="1") == []
    assert users.find(people.services.accounts, "vera") is None
