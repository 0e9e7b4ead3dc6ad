"""Which channels go on getting notifications after a new password, after a sign-out everywhere, and
after an owner begins anew with the password of the settings."""

from datetime import UTC, datetime

import pytest

from function_app.auth import users
from function_app.notify import channels
from function_app.notify.channels import Channel
from function_app.notify.notification import Address
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.account_keys import USERS
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import NEW_PASSWORD, same_origin, sign_in

PASSWORD = "a good long password"


@pytest.fixture
def services(own: Backend) -> Services:
    return connect(Settings(own.connection_string))


def add_channel(services: Services, owner: str, label: str) -> Channel:
    now, address = datetime.now(UTC), Address("webhook", "https://a.example")
    channel = channels.new_channel(owner, label, address, now)
    channels.create(services, channel, now)
    return channel


def audit_log(services: Services) -> list[tuple[str, str, str]]:
    entries = services.audit_log.newest(100, "")
    return [(one.actor, one.action, one.target) for one in entries]


def test_a_new_password_and_a_sign_out_everywhere_say_which_channels_remain(
    own: Backend, services: Services
) -> None:
    api, admin = Api(own), {"Authorization": f"Bearer {own.admin_token}"}
    person = {"name": "vera", "password": PASSWORD, "role": "viewer"}
    assert api.ask("/api/people", admin, "POST", json=person).status_code == 201
    assert sign_in(api, PASSWORD, "vera").status_code == 200
    body = {"old": PASSWORD, "new": NEW_PASSWORD}
    reply = api.ask("/api/password", same_origin(api), "PUT", json=body)
    assert reply.status_code == 204
    assert "still has the channels" not in [action for _, action, _ in audit_log(services)]
    for label in ("a phone", "somebody's server"):
        add_channel(services, "vera", label)
    assert sign_in(Api(own), own.password).status_code == 200
    add_channel(services, "owner", "not mine")
    body = {"old": NEW_PASSWORD, "new": PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=body).status_code == 204
    reply = api.ask("/api/sessions", same_origin(api), "DELETE")
    assert reply.json()["ended"] == 1
    assert sorted(reply.json()["channels"]) == ["a phone", "somebody's server"]
    recorded = [
        (actor, target) for actor, action, target in audit_log(services) if "still" in action
    ]
    assert [(actor, sorted(target.split(", "))) for actor, target in recorded] == [
        ("vera", ["a phone", "somebody's server"])
    ] * 2
    channels.remove_all_of(services, "vera", datetime.now(UTC))
    channels.remove_all_of(services, "owner", datetime.now(UTC))


def test_channels_of_an_owner_who_begins_anew_are_off(own: Backend, services: Services) -> None:
    """Somebody deleted their record, since the password was forgotten, or known to others: what an
    attacker added must not go on."""
    owner = Api(own)
    assert sign_in(owner, own.password).status_code == 200
    channel = add_channel(services, "owner", "an attacker's")
    services.accounts.remove(USERS, users.OWNER)
    assert sign_in(owner, "a wrong password").status_code == 401
    assert channels.find(services.notifications, "owner", channel.id) == channel
    assert sign_in(owner, own.password).status_code == 200
    (left,) = owner.ask("/api/notifications/channels").json()["channels"]
    assert (left["label"], left["state"]) == ("an attacker's", "off")
    assert ("owner", "switched the channels off", "an attacker's") in audit_log(services)
    assert sign_in(owner, own.password).status_code == 200  # and not once more
    switched = [one for one in audit_log(services) if one[1] == "switched the channels off"]
    assert len(switched) == 1
    channels.remove_all_of(services, "owner", datetime.now(UTC))
