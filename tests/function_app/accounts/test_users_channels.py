"""Channels of people, over HTTP: what ends with an account, and what a sign-in tells."""

from datetime import UTC, datetime

import pytest

from function_app.notify import channels
from function_app.notify.channels import Channel
from function_app.notify.notification import Address
from function_app.notify.outbox import Outbox
from function_app.services import Services, connect
from function_app.settings import Settings
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import sign_in

PASSWORD = "a good long password"


@pytest.fixture
def api(own: Backend) -> Api:
    return Api(own)


@pytest.fixture
def services(own: Backend) -> Services:
    return connect(Settings(own.connection_string))


def admin(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.backend.admin_token}"}


def add(api: Api, name: str) -> None:
    body = {"name": name, "password": PASSWORD, "role": "viewer"}
    assert api.ask("/api/people", admin(api), "POST", json=body).status_code == 201


def add_channel(services: Services, owner: str) -> Channel:
    now = datetime.now(UTC)
    channel = channels.new_channel(owner, "phone", Address("webhook", "https://a.example"), now)
    channels.create(services, channel, now)
    return channel


def test_the_channels_of_a_removed_person_are_gone(api: Api, services: Services) -> None:
    """Must hold 4. Those of others stay."""
    add(api, "leaver")
    add(api, "stayer")
    mine = [add_channel(services, "leaver") for _ in range(2)]
    theirs = add_channel(services, "stayer")
    assert api.ask("/api/people/leaver", admin(api), "DELETE").status_code == 200
    assert channels.list_channels(services.notifications, "leaver") == []
    assert [Outbox(services.notifications, one.id).state() for one in mine] == [None, None]
    assert channels.list_channels(services.notifications) == [theirs]
    assert channels.remove(services, "stayer", theirs.id, datetime.now(UTC))


def test_a_sign_in_from_a_new_place_is_in_the_outbox_of_that_person(
    api: Api, services: Services
) -> None:
    """The first one is not, nor is one from the same place."""
    add(api, "anna")
    add(api, "ben")
    mine, other = add_channel(services, "anna"), add_channel(services, "ben")
    for address in ("192.0.2.1", "192.0.2.77", "198.51.100.9"):
        assert sign_in(Api(api.backend), PASSWORD, "anna", address).status_code == 200
    events = [one.event for one in Outbox(services.notifications, mine.id).newest(10)]
    assert len(events) == 1
    assert events[0].startswith("sign-in~")
    assert Outbox(services.notifications, other.id).newest(10) == []
    for owner, channel in (("anna", mine), ("ben", other)):
        channels.remove(services, owner, channel.id, datetime.now(UTC))
