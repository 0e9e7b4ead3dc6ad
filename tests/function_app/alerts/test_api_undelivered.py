"""Who learns that a person's channel failed: that person, and owners; in the list of alerts, in the
lists of messages, and by notifications."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth import tokens, users
from function_app.auth.caller import Role, Scope
from function_app.http.pagination import decode_cursor
from function_app.notify.notification import Outcome, Result
from function_app.settings import Secrets
from photo_wire.alert import CLOCK, UNDELIVERED
from tests.support.account_requests import SITE
from tests.support.channel_requests import People
from tests.support.handlers import ROUTE_OF, call
from tests.support.notified_people import World

READ, ADMIN = frozenset({Scope.READ}), frozenset({Scope.READ, Scope.ADMIN})
BACKEND = frozenset({"backend"})
TOKENS: dict[str, tuple[frozenset[Scope], frozenset[str] | None]] = {
    "anna": (READ, None),  # a token of this name is not this person
    "ben": (READ, BACKEND),
    "admin": (ADMIN, None),
    "old-admin": (ADMIN, BACKEND),
}
SEEN = {
    "owen": {"anna", "ben", "carl"},
    "olga": {"anna", "ben", "carl"},
    "anna": {"anna"},
    "ben": set[str](),  # sees no alert of the backend; the page and other channels say it
    "carl": {"carl"},
    "vera": set[str](),
    "the read token": set[str](),
    "the admin token": {"anna", "ben", "carl"},
    "token admin": {"anna", "ben", "carl"},
    "token anna": set[str](),
    "token ben": set[str](),
    "token old-admin": set[str](),
}


class Site:
    """A site with people whose channels fail: anna, who sees all cameras; ben, who sees one; and
    carl, who sees the camera under which the backend's alerts are listed. Each has another channel
    that works, as have two owners and another viewer."""

    def __init__(self) -> None:
        world = World()
        secrets = Secrets("the-read-token", "the-admin-token", None)
        settings = replace(world.services.settings, secrets=secrets)
        world.services = replace(world.services, settings=settings)
        people = People(world.services)
        for name, cameras in (("anna", ()), ("ben", ("gate",)), ("carl", ("gate", "backend"))):
            people.add(name, *cameras)
            world.channel(name, f"broken of {name}")
            world.receivers.responses[f"broken of {name}"] = lambda _: Result(
                Outcome.REJECTED, "it answered 400"
            )
        for name, role in (("owen", Role.OWNER), ("olga", Role.OWNER), ("vera", Role.VIEWER)):
            people.add(name, role=role)
        for name in ("anna", "ben", "carl", "owen", "olga", "vera"):
            world.channel(name)
        self.headers: dict[str, Mapping[str, str]] = dict(people._sessions)
        self.headers["the read token"] = bearer("the-read-token")
        self.headers["the admin token"] = bearer("the-admin-token")
        now = datetime.now(UTC)
        for name, grant in TOKENS.items():
            secret = tokens.create(world.services.accounts, name, tokens.Grant(*grant), now)
            self.headers[f"token {name}"] = bearer(secret)
        world.alert("gate", CLOCK)
        world.pass_time(timedelta(minutes=1))
        self.world, self.people = world, people

    def get(self, who: str, handler: str, **query: str) -> Any:
        request = func.HttpRequest(
            "GET",
            f"{SITE}/{ROUTE_OF[handler].path}",
            headers=dict(self.headers[who]),
            params=query,
            body=b"",
        )
        response = call(handler, request, self.world.services)
        assert response.status == 200, response.body
        return json.loads(response.body or b"")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.mark.parametrize("who", SEEN)
@pytest.mark.parametrize("limit", ["1", "50"])
def test_the_list_of_alerts_names_nobody_to_others(site: Site, who: str, limit: str) -> None:
    """Neither an alert nor a cursor."""
    people, pages, query = set[str](), 0, {"limit": limit}
    while True:
        page = site.get(who, "list_alerts", **query)
        pages += 1
        shown = [one for one in page["alerts"] if one["kind"] == UNDELIVERED]
        people |= {one["details"]["person"] for one in shown}
        others = {"anna", "ben", "carl"} - SEEN[who]
        assert not any(other in json.dumps(page) for other in others)
        if page["next_cursor"] is None:
            break
        if not SEEN[who]:
            assert UNDELIVERED not in decode_cursor(page["next_cursor"])
        query["cursor"] = page["next_cursor"]
    assert people == SEEN[who]
    assert pages <= 5


def test_a_filter_for_the_kind_or_the_camera_shows_no_more(site: Site) -> None:
    for who, seen in SEEN.items():
        for query in ({"kind": UNDELIVERED}, {"camera": "backend"}):
            alerts = site.get(who, "list_alerts", **query)["alerts"]
            assert {one["details"]["person"] for one in alerts} == seen


@pytest.mark.parametrize("who", ["anna", "ben", "carl", "owen", "olga", "vera"])
def test_notifications_and_the_page_say_it_to_that_person_and_to_owners(
    site: Site, who: str
) -> None:
    expected = {"owen": 3, "olga": 3, "vera": 0}.get(who, 1)
    received = site.world.receivers.got[who]
    about = [one.body for one in received if one.kind == UNDELIVERED]
    assert len(about) == expected
    if expected == 1:
        assert f"A channel of {who} (webhook) was not told: gate" in about[0]
        (failing,) = [one for one in site.people.channels(who) if one["state"] == "failing"]
        assert failing["why"] == "it answered 400"
    listed = site.get(who, "list_deliveries", limit="50")["deliveries"]
    titles = [one["title"] for one in listed]
    assert titles.count("Nightjar: Somebody was not told") == expected
    failed = [one["why"] for one in listed if one["state"] == "failed"]
    assert failed == ([] if who in ("owen", "olga", "vera") else ["it answered 400"])


def test_who_is_no_owner_any_more_is_not_shown_what_they_were() -> None:
    """Their channel keeps its list of messages."""
    site = Site()
    users.remove(site.world.services.accounts, "olga")
    site.people.add("olga")
    site.headers["olga"] = site.people._sessions["olga"]
    listed = site.get("olga", "list_deliveries", limit="50")["deliveries"]
    assert [one["title"] for one in listed] == ["gate: The device's clock is wrong"]
