"""The pages of people: added, changed and removed by plain forms, and what these say."""

import re

import pytest

from function_app.auth import links, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.auth.provenance import Provenance
from function_app.auth.tokens import Grant
from function_app.services import Services
from function_app.settings import Settings
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import memory_services
from tests.support.page_host import PASSWORD, Visitor, problems_of, status_of
from tests.support.pages import add_photo

PATH = "/settings/people"
GOOD = "four random words there"
VERA = [("name", "vera"), ("password", GOOD), ("role", "viewer"), ("cameras", "some")]
GATE, DRIVE = ("camera", "gate"), ("camera", "drive")


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings(""))
    for camera in ("gate", "drive"):
        add_photo(services, MOMENT, camera)
    return services


@pytest.fixture
def owner(services: Services) -> Visitor:
    return Visitor(services)


def find(services: Services, name: str) -> users.User:
    user = users.find(services.accounts, name)
    assert user
    return user


def log(services: Services) -> list[tuple[str, str, str]]:
    entries = services.audit_log.newest(100, "")
    return [(one.actor, one.action, one.target) for one in reversed(entries)]


@pytest.mark.parametrize("name", ["anna", "owner"])
def test_all_that_is_wrong_is_shown_at_once(services: Services, owner: Visitor, name: str) -> None:
    """Also that the name is taken, of which nobody hears who is not an owner."""
    owner.change(PATH, [("name", "anna"), *VERA[1:], GATE])
    typed = [("name", name), ("password", "short"), ("role", "viewer"), ("cameras", "some")]
    problems = problems_of(owner.send(PATH, typed).get_body().decode())
    assert problems.keys() == {"name", "password", "cameras"}
    assert "This name is taken." in problems["name"]


def test_a_viewer_is_added_with_their_cameras(services: Services, owner: Visitor) -> None:
    assert owner.change(PATH, [*VERA, GATE]) == "vera is added and can sign in."
    vera = find(services, "vera")
    assert (vera.role, vera.cameras) == (Role.VIEWER, frozenset({"gate"}))
    assert users.authenticate(services.accounts, "vera", GOOD, None)
    assert ("owner", "let in", "vera") in log(services)
    page = owner.page(PATH)
    assert "Viewer · gate" in page
    assert "Added by owner." in page


def test_an_owner_sees_all_cameras_whatever_is_chosen(services: Services, owner: Visitor) -> None:
    form = [("name", "anna"), ("password", GOOD), ("role", "owner"), ("cameras", "some"), GATE]
    owner.change(PATH, form)
    assert (find(services, "anna").role, find(services, "anna").cameras) == (Role.OWNER, None)


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"name": "Véra"}, "name", "This cannot be a name."),
        ({"name": ""}, "name", "This cannot be a name."),
        ({"name": "owner"}, "name", "This name is taken."),
        ({"password": "short"}, "password", "at least 5 of them different"),
        ({"password": "ababababababab"}, "password", "at least 5 of them different"),
        ({"password": "password123456"}, "password", "too easy to guess"),
        ({"camera": ""}, "cameras", "Choose one camera or more"),
        ({"camera": "No Camera"}, "cameras", "A camera's name has"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    services: Services, owner: Visitor, changed: dict[str, str], field: str, text: str
) -> None:
    """With what was typed, except for the password; and the focus is there."""
    typed = {**dict([*VERA, GATE]), **changed}
    reply = owner.send(PATH, list(typed.items()))
    page = reply.get_body().decode()
    assert reply.status_code in (400, 409)
    problems = problems_of(page)
    assert problems.keys() == {field}
    assert text in problems[field]
    assert typed["password"] not in page
    assert page.count("autofocus") == 1
    assert re.search(
        rf'<input[^>]*aria-describedby="[^"]*{field}-problem"[^>]*autofocus', page
    ) or (field == "cameras" and re.search('value="some" checked autofocus', page))
    assert f'name="name" value="{typed["name"].lower()}"' in page
    assert [one.name for one in users.list_users(services.accounts)] == ["owner"]


def test_all_problems_are_shown_at_once(owner: Visitor) -> None:
    form = [("name", "?"), ("password", "x"), ("cameras", "some")]
    assert owner.problems(PATH, form).keys() == {"name", "password", "role", "cameras"}


def test_more_than_a_hundred_cameras_are_too_many(owner: Visitor) -> None:
    form = [*VERA, *(("camera", f"camera-{number}") for number in range(101))]
    assert owner.problems(PATH, form) == {"cameras": "Choose at most 100 cameras, or all."}


def test_changed_rights_count_from_the_next_sign_in(services: Services, owner: Visitor) -> None:
    """The old session, which held more, has ended."""
    vera = Visitor(services, "vera", Role.VIEWER, frozenset({"gate", "drive"}))
    page = owner.page(f"{PATH}/vera")
    assert re.findall(r'name="camera" value="([a-z]+)" checked', page) == ["drive", "gate"]
    form = [("role", "viewer"), ("cameras", "some"), DRIVE]
    status = owner.change(f"{PATH}/vera", form)
    assert status == "What vera may do is changed."
    assert find(services, "vera").cameras == frozenset({"drive"})
    assert vera.ask("/devices").status_code == 303
    assert ("owner", "changed the rights of", "vera") in log(services)


def test_an_owner_who_becomes_a_viewer_keeps_no_right(services: Services, owner: Visitor) -> None:
    """Neither by a session nor by what they made."""
    anna = Visitor(services, "anna")
    made = Provenance("anna", "anna")
    grant = Grant(frozenset({Scope.ADMIN}))
    tokens.create(services.accounts, "theirs", grant, MOMENT, made)
    links.store(services.accounts, links.link_to_photo(name_of("gate"), MOMENT, made))
    status = owner.change(f"{PATH}/anna", [("role", "viewer"), ("cameras", "all")])
    assert status == "What anna may do is changed. Tokens and links that stopped working: 2."
    assert tokens.list_tokens(services.accounts) == []
    assert links.list_links(services.accounts) == []
    assert anna.ask(PATH).status_code == 303
    assert users.authenticate(services.accounts, "anna", PASSWORD, None)


def test_cameras_that_are_not_there_any_more_stay_chosen(
    services: Services, owner: Visitor
) -> None:
    """Unless somebody takes them away: the page knows them from the person."""
    Visitor(services, "vera", Role.VIEWER, frozenset({"old-camera"}))
    assert 'value="old-camera" checked' in owner.page(f"{PATH}/vera")


def test_a_new_password_signs_the_person_out(services: Services, owner: Visitor) -> None:
    vera = Visitor(services, "vera", Role.VIEWER)
    path = f"{PATH}/vera/password"
    assert owner.problems(path, [("password", "short")]).keys() == {"password"}
    assert vera.ask("/devices").status_code == 200
    status = owner.change(path, [("password", GOOD)])
    assert status == "vera has a new password and is signed out."
    assert vera.ask("/devices").status_code == 303
    assert users.authenticate(services.accounts, "vera", GOOD, None)
    assert users.authenticate(services.accounts, "vera", PASSWORD, None) is None
    assert ("owner", "set a new password of", "vera") in log(services)


def test_nobody_changes_the_first_owner_or_themselves(services: Services) -> None:
    """Not by a form that the page does not show, either."""
    owner, anna = Visitor(services), Visitor(services, "anna")
    for visitor, name in ((owner, "owner"), (anna, "owner"), (anna, "anna")):
        assert f'action="{PATH}' not in visitor.page(f"{PATH}/{name}")
        before = find(services, name)
        for path in (f"{PATH}/{name}", f"{PATH}/{name}/password"):
            form = [("role", "viewer"), ("cameras", "all"), ("password", GOOD)]
            assert visitor.problems(path, form).keys() == {"form"}
        assert visitor.ask(f"{PATH}/{name}/removal").status_code == 404
        assert visitor.send(f"{PATH}/{name}/removal").status_code == 404
        assert find(services, name) == before


def test_a_removal_asks_first_and_says_what_it_means(services: Services, owner: Visitor) -> None:
    vera = Visitor(services, "vera", Role.VIEWER)
    page = owner.page(f"{PATH}/vera/removal")
    assert "Remove “vera”?" in page
    assert "This cannot be undone" in page
    assert users.find(services.accounts, "vera")
    assert owner.change(f"{PATH}/vera/removal") == "vera is removed."
    assert users.find(services.accounts, "vera") is None
    assert vera.ask("/devices").status_code == 303
    assert owner.send(f"{PATH}/vera/removal").status_code == 404


@pytest.mark.parametrize("chosen", [[], ["grace"], ["grace", "heidi", "owner", "anna", "mallory"]])
def test_people_whom_a_removed_person_added_are_removed_if_chosen(
    services: Services, owner: Visitor, chosen: list[str]
) -> None:
    """And nobody else, whatever the form says."""
    Visitor(services, "eve")
    Visitor(services, "anna")
    for name, adder in (("grace", "eve"), ("heidi", "grace")):
        users.add(services.accounts, name, GOOD, Role.OWNER, None, Provenance(adder, adder))
    page = owner.page(f"{PATH}/eve/removal")
    assert 'value="grace"' in page
    assert 'value="heidi"' in page
    assert 'value="anna"' not in page
    owner.change(f"{PATH}/eve/removal", [("added", name) for name in chosen])
    left = {one.name for one in users.list_users(services.accounts)}
    assert left == {"owner", "anna", "grace", "heidi"} - ({"grace", "heidi"} & set(chosen))


def test_what_an_address_says_was_done_is_checked(owner: Visitor) -> None:
    """Nobody makes the page say something of their own."""
    for query in (
        "done=added&name=<b>x",
        "done=x&name=vera",
        "done=added",
        "done=removed&name=a&count=x",
    ):
        page = owner.page(f"{PATH}?{query}")
        assert not status_of(page), query


@pytest.mark.parametrize("action", ["added", "changed", "password", "removed"])
def test_a_link_that_somebody_made_up_reports_nothing(owner: Visitor, action: str) -> None:
    """Nor does the cookie of another change: it proves what the form did, and nothing more."""
    address = f"{PATH}?done={action}&name=owner&count=999999999"
    assert not status_of(owner.page(address))
    cookie = owner.send(PATH, [*VERA, GATE]).headers["Set-Cookie"]
    assert "Max-Age=60" in cookie
    assert "HttpOnly" in cookie
    sent = {"cookie": f"{owner.headers['cookie']}; {cookie.partition(';')[0]}"}
    for forged in (address, f"{PATH}?done={action}&name=vera&count=7"):
        assert not status_of(owner.ask(forged, headers=sent).get_body().decode())


def test_a_person_who_is_not_there_has_no_page(owner: Visitor) -> None:
    for name in ("ghost", "%20", "A", "x" * 40):
        assert owner.ask(f"{PATH}/{name}").status_code == 404
        assert owner.send(f"{PATH}/{name}", [("role", "viewer")]).status_code == 404


def test_pages_are_in_the_language_of_the_browser(owner: Visitor) -> None:
    page = owner.page(PATH, "de")
    assert "Wer sich anmelden kann" in page
    reply = owner.send(PATH, [("name", "?"), ("password", "x")], {"accept-language": "de"})
    assert "Das kann kein Name sein." in reply.get_body().decode()
