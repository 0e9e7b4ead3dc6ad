"""The page of the audit log: its texts, its filters, and its pages."""

import ast
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from function_app.auth.audit_log import FAILED_SIGN_IN, KIND_OF, ActionKind
from function_app.localization.translation import load_strings
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.table_store import PAGE_SIZE as SCANNED
from function_app.web.settings.audit_log import PAGE_SIZE
from tests.support.api import name_of
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor

PATH = "/settings/audit-log"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NAME = name_of("gate")


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def owner(services: Services) -> Visitor:
    return Visitor(services)


def entries(page: str) -> list[str]:
    """Return the entries of a page as texts."""
    log = page[page.index("<ol") : page.index("</ol>")]
    found = re.findall(r'<span class="what">(.*?)</span>\n', log, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", " ", one)).split()) for one in found]


def record(services: Services, *lines: tuple[str, str, str], at: datetime = NOW) -> None:
    for number, line in enumerate(lines):
        services.audit_log.record({}, *line, now=at + timedelta(seconds=number))


def test_entries_say_who_did_what(services: Services, owner: Visitor) -> None:
    """In the language of the browser; what they are about is linked, if it has a page."""
    record(
        services,
        ("owner", "let in", "vera"),
        ("vera", "saw", str(NAME)),
        ("link 0123abcd", "opened", str(NAME)),
        ("owner", "shared", f"{NAME} by link 0123abcd"),
        ("owner", "gave the device shed a camera", "gate"),
    )
    services.audit_log.record_hour(
        NOW + timedelta(milliseconds=1),
        "vera",
        "looked at the day of",
        "",
        {"0" * 16: "gate 2026-11-20"},
    )
    page = owner.page(PATH)
    assert entries(page) == [
        "owner gave the device shed a camera gate",
        f"owner shared {NAME} by link 0123abcd",
        f"link 0123abcd was opened: {NAME}",
        f"vera opened {NAME}",
        "vera looked at the day of gate 2026-11-20",
        "owner added vera",
    ]
    assert page.count(f'href="/photos/{NAME}"') == 3
    assert 'href="/days/2026-11-20?camera=gate"' in page
    assert "within an hour" in page
    assert "owner hat hinzugefügt: vera" in entries(owner.page(PATH, "de"))


def test_who_and_kind_filter(services: Services, owner: Visitor) -> None:
    record(
        services,
        ("owner", "let in", "vera"),
        ("vera", "signed in", ""),
        ("vera", "saw", str(NAME)),
        ("nina", "saw", str(NAME)),
        ("owner", "something of a later version", "x"),
    )
    shown = {
        "?who=vera": [f"vera opened {NAME}", "vera signed in"],
        "?kind=look": [f"nina opened {NAME}", f"vera opened {NAME}"],
        "?who=vera&kind=look": [f"vera opened {NAME}"],
        "?who=&kind=access": ["owner added vera"],
        "?kind=unknown": ["owner something of a later version x"],
        "?who=ghost": [],
    }
    for query, expected in shown.items():
        assert entries(owner.page(PATH + query)) == expected, query
    assert len(entries(owner.page(f"{PATH}?kind=nonsense"))) == 5
    assert "There are no such entries." in owner.page(f"{PATH}?who=ghost")


def test_who_failed_to_sign_in_is_nobody_known(services: Services, owner: Visitor) -> None:
    record(services, ("somebody", FAILED_SIGN_IN, ""), ("somebody", "signed in", ""))
    tried = "tried to sign in, with a wrong name or password"
    assert entries(owner.page(PATH)) == ["somebody signed in", f"somebody {tried}"]
    angemeldet, wollte = entries(owner.page(PATH, "de"))
    assert angemeldet == "somebody hat sich angemeldet"  # a person of this name
    assert wollte.startswith("jemand wollte sich anmelden")


def following(page: str) -> str:
    found = re.search(r'<a class="button" href="(/settings/audit-log\?[^"]*cursor=[^"]*)"', page)
    return unescape(found[1]) if found else ""


def test_pages_lead_through_the_whole_log(services: Services, owner: Visitor) -> None:
    count = 2 * PAGE_SIZE + 5
    record(services, *(("vera", "saw", f"photo {number}") for number in range(count)))
    seen, path = list[str](), PATH
    while path:
        page = owner.page(path)
        seen += entries(page)
        path = following(page)
    assert seen == [f"vera opened photo {number}" for number in reversed(range(count))]
    assert owner.ask(f"{PATH}?cursor=nonsense").status_code == 404


def test_a_filter_leads_over_entries_that_do_not_match(services: Services, owner: Visitor) -> None:
    """A thousand at a time, which the page says."""
    record(services, ("vera", "signed in", ""))
    later = NOW + timedelta(minutes=1)
    record(services, *[("nina", "saw", "x")] * (SCANNED + 10), at=later)
    page = owner.page(f"{PATH}?who=vera")
    assert entries(page) == []
    assert "None of the thousand entries" in page
    assert "who=vera" in following(page)
    assert entries(owner.page(following(page))) == ["vera signed in"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_action_has_a_text_and_a_kind(language: str) -> None:
    texts = load_strings(language)
    for action in [*KIND_OF, *recorded_actions()]:
        assert f"audit_log.action.{action.replace(' ', '_').replace('-', '_')}" in texts, action
        assert action in KIND_OF, action
    for kind in ActionKind:
        assert f"audit_log.kind.{kind.replace('-', '_')}" in texts


@cache
def recorded_actions() -> set[str]:
    """Return the actions that the code records as they stand in it."""
    found = set[str]()
    for file in Path("function_app").rglob("*.py"):
        source = file.read_text()
        for node in ast.walk(ast.parse(source if "record(" in source else "")):
            if not isinstance(node, ast.Call):
                continue
            function = ast.unparse(node.func)
            at = (
                2 if function.endswith("audit_log.record") else 3 if function == "_record" else None
            )
            if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                found.add(str(ast.literal_eval(node.args[at])))
    assert len(found) > 20
    return found
