"""Who sees which page of settings, and what each page costs."""

import pytest

from function_app.auth.caller import Role, Scope
from function_app.auth.tokens import Grant, create
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from function_app.web.settings.index import SECTIONS
from tests.support.api import MOMENT
from tests.support.many_cameras import Requests
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor
from tests.support.pages import add_photo

OWNERS = [
    "/settings/people",
    "/settings/people/vera",
    "/settings/people/vera/removal",
    "/settings/people/vera/sign-ins",
    "/settings/links",
    "/settings/tokens",
    "/settings/tokens/backup/removal",
    "/settings/audit-log",
    "/settings/cameras/gate/removal",
]
SHARED = ["/settings", "/settings/cameras", "/settings/retention", "/settings/display"]


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings(""))
    for camera in ("gate", "drive"):
        add_photo(services, MOMENT, camera)
    create(services.accounts, "backup", Grant(frozenset({Scope.READ})), MOMENT)
    return services


def test_a_viewer_gets_neither_page_nor_link(services: Services) -> None:
    """404 as a page, as if there were none, also for what a form would send."""
    vera, owner = Visitor(services, "vera", Role.VIEWER), Visitor(services)
    for path in OWNERS:
        assert "Nothing here" in vera.page(path, status=404)
        assert vera.send(path).status_code == 404
        assert owner.ask(path).status_code == 200
    index = vera.page("/settings")
    for section in SECTIONS:
        assert (f'<h2><a href="{section.path}"' in index) is not section.is_for_owners
        assert f'<h2><a href="{section.path}"' in owner.page("/settings")


def test_settings_say_who_may_see_a_page(services: Services) -> None:
    owner = Visitor(services)
    Visitor(services, "vera", Role.VIEWER)
    for_owners = [section for section in SECTIONS if section.is_for_owners]
    assert owner.page("/settings").count("Owners only.") == len(for_owners)
    assert "Only owners can remove a camera." in owner.page("/settings/cameras")
    assert "Everyone who signs in sees this page." in owner.page("/settings/retention")


def test_a_form_of_another_site_is_refused(services: Services) -> None:
    owner = Visitor(services)
    Visitor(services, "vera", Role.VIEWER)
    for path in ("/settings/people/vera/removal", "/settings/cameras/gate/removal"):
        reply = owner.send(path, headers={"origin": "https://evil.example"})
        assert reply.status_code == 403
    assert owner.ask("/settings/people/vera").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("cameras", [2, 998])
def test_pages_take_three_requests_at_most(services: Services, cameras: int) -> None:
    """With two cameras, and with a thousand."""
    owner = Visitor(services)
    for number in range(cameras):
        add_photo_of(services, number, MOMENT)
    update_figures(services, MOMENT)
    Visitor(services, "vera", Role.VIEWER)
    requests = Requests()
    owner.services = requests.of(services)
    for path in [*SHARED, *OWNERS, "/settings/audit-log?who=vera&kind=look"]:
        before = requests.count
        assert owner.ask(path).status_code == 200
        assert requests.count - before <= 3, path
