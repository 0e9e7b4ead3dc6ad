"""The page of a person's sign-ins: sessions that an owner ends, and the app that they remove."""

import re
from datetime import UTC, datetime

import pytest

from function_app.auth import sessions, totp
from function_app.auth.caller import Role
from function_app.services import Services
from function_app.settings import Settings
from tests.support.authenticator_app import code_of
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor

PATH = "/settings/people/vera/sign-ins"
APP = "/settings/people/vera/authenticator-app"


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def vera(services: Services) -> Visitor:
    return Visitor(services, "vera", Role.VIEWER)


@pytest.fixture
def owner(services: Services, vera: Visitor) -> Visitor:
    return Visitor(services)


def enroll(services: Services, name: str) -> None:
    now = datetime.now(UTC)
    assert totp.confirm(
        services.accounts, name, code_of(totp.begin(services.accounts, name), now), now
    )


def test_one_session_of_a_person_is_ended(
    services: Services, vera: Visitor, owner: Visitor
) -> None:
    other = sessions.create(services.accounts, vera.person, datetime.now(UTC))
    (session, _) = re.findall('name="session" value="([0-9a-f]{64})"', owner.page(PATH))
    assert owner.change(PATH, [("session", session)]) == "vera is signed out there."
    left = re.findall('name="session" value="([0-9a-f]{64})"', owner.page(PATH))
    assert len(left) == 1
    assert left != [session]
    assert other
    assert owner.send(PATH, [("session", session)]).status_code == 404
    assert owner.change(PATH, [("session", left[0])]) == "vera is signed out there."
    assert vera.ask("/devices").status_code == 303
    assert "signed in nowhere" in owner.page(PATH)


def test_the_app_of_somebody_who_lost_their_phone_is_removed(
    services: Services, vera: Visitor, owner: Visitor
) -> None:
    """They are signed out. Nobody removes their own here, nor one that is not there."""
    assert "without codes" in owner.page(PATH)
    assert owner.send(APP).status_code == 404
    enroll(services, "vera")
    assert "Remove the authenticator app" in owner.page(PATH)
    assert owner.change(APP) == "vera signs in without codes from now on."
    assert totp.find(services.accounts, "vera") is None
    assert vera.ask("/devices").status_code == 303
    enroll(services, "owner")
    own = "/settings/people/owner/"
    assert "Remove the authenticator app" not in owner.page(f"{own}sign-ins")
    assert owner.send(f"{own}authenticator-app").status_code == 403
    assert totp.find(services.accounts, "owner")


def test_of_a_person_who_is_not_there_there_is_nothing_to_end(owner: Visitor) -> None:
    assert "signed in nowhere" in owner.page("/settings/people/ghost/sign-ins")
    assert owner.ask("/settings/people/%20/sign-ins").status_code == 404
    for name in ("ghost", "%20"):
        assert owner.send(f"/settings/people/{name}/sign-ins").status_code == 404
        assert owner.send(f"/settings/people/{name}/authenticator-app").status_code == 404
