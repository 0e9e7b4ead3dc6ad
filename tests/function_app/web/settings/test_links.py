"""The pages of shared links: what they open, how often they were opened, and their end."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import links
from function_app.auth.links import SharedLink, TimeSpan
from function_app.auth.provenance import Provenance
from function_app.services import Services
from function_app.settings import Settings
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor

PATH = "/settings/links"
NAME = name_of("gate")


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def owner(services: Services) -> Visitor:
    return Visitor(services)


def share(services: Services, link: SharedLink) -> tuple[str, str]:
    return links.store(services.accounts, link)


def to_photo(hours: int = 1, *, with_location: bool = False) -> SharedLink:
    until = datetime.now(UTC) + timedelta(hours=hours)
    return links.link_to_photo(NAME, until, Provenance("anna", "anna"), with_location)


def test_open_links_are_listed_with_what_they_open(services: Services, owner: Visitor) -> None:
    """The last to expire first, those that expired not at all, and no secret."""
    assert "No link is open." in owner.page(PATH)
    _, secret = share(services, to_photo(2, with_location=True))
    span = TimeSpan("drive", MOMENT, MOMENT + timedelta(minutes=5))
    until = datetime.now(UTC) + timedelta(hours=5)
    share(services, SharedLink("", span, until, Provenance("owner", "owner")))
    share(services, to_photo(-1))
    page = owner.page(PATH)
    assert page.index('<b id="link-') < page.index("drive") < page.index(f"/photos/{NAME}")
    assert page.count('<b id="link-') == 2
    assert "Made by anna." in page
    assert page.count("With the place where it was taken.") == 1
    assert page.count("Not opened yet.") == 2
    assert secret not in page


@pytest.mark.parametrize(("times", "text"), [(1, "Opened once,"), (3, "Opened 3 times, last")])
def test_it_says_how_often_a_link_was_opened(
    services: Services, owner: Visitor, times: int, text: str
) -> None:
    key, secret = share(services, to_photo())
    for _ in range(times):
        assert owner.ask(f"/shared/{secret}").status_code == 200
    assert text in owner.page(PATH)
    assert text in owner.page(f"{PATH}/{key}/revocation")


def test_a_link_is_revoked_after_a_question(services: Services, owner: Visitor) -> None:
    key, secret = share(services, to_photo())
    path = f"{PATH}/{key}/revocation"
    assert "Revoke this link?" in owner.page(path)
    assert owner.ask(f"/shared/{secret}").status_code == 200
    assert owner.change(path) == "The link is revoked."
    assert owner.ask(f"/shared/{secret}").status_code == 404
    assert owner.ask(path).status_code == 404
    assert owner.send(path).status_code == 404
    entries = services.audit_log.newest(10, "")
    revoked = ("owner", "revoked a link", links.link_label(key))
    assert revoked in [(one.actor, one.action, one.target) for one in entries]
