"""How often a link was opened is counted exactly, however many open it at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.auth import links
from function_app.auth.provenance import Provenance
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.account_keys import LINKS
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import Entity
from tests.support.api import name_of
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.page_host import Visitor

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
OTHER = name_of("drive")


def make(services: Services, until: datetime) -> str:
    """Store a link and return its secret."""
    return links.store(
        services.accounts, links.link_to_photo(name_of("gate"), until, Provenance("owner"))
    )[1]


pytestmark = pytest.mark.usefixtures("busy_threads")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), min_size=1, max_size=4))
def test_links_opened_at_once_are_counted_exactly(wanted: list[tuple[str, int]]) -> None:
    """By threads that all begin together, each of which opens a link some times."""
    services = memory_services(Settings(""))
    secrets = {one: make(services, NOW + timedelta(days=1)) for one in "abc"}
    start = threading.Barrier(len(wanted))

    def open_some(which: str, times: int) -> None:
        start.wait()
        for number in range(times):
            moment = NOW + timedelta(seconds=number)
            assert links.open_link(services.accounts, secrets[which], moment)

    with ThreadPoolExecutor(len(wanted)) as pool:
        for done in [pool.submit(open_some, *one) for one in wanted]:
            done.result()
    expected: Counter[str] = Counter()
    for which, times in wanted:
        expected[which] += times
    for which, secret in secrets.items():
        link = links.find(services.accounts, secret, NOW)
        assert link
        assert link.opened == expected[which]
        last = max((times for one, times in wanted if one == which), default=0)
        assert link.opened_at == (NOW + timedelta(seconds=last - 1) if last else None)


@given(st.lists(st.sampled_from(["page", "list", "head", "photo", "other"]), max_size=12))
def test_pages_and_lists_count_and_nothing_else_does(wanted: list[str]) -> None:
    """Over HTTP, with eight requests at once: not a picture, nor a messenger that checks the link,
    nor what it does not open."""
    services = memory_services(Settings(""))
    secret = make(services, datetime.now(UTC) + timedelta(hours=1))
    visitor = Visitor(services)
    paths = {
        "page": ("GET", f"/shared/{secret}"),
        "list": ("GET", f"/api/shared/{secret}"),
        "head": ("HEAD", f"/shared/{secret}"),
        "photo": ("GET", f"/api/shared/{secret}/{name_of('gate')}/content"),
        "other": ("GET", f"/api/shared/{secret}/{OTHER}/content"),
    }
    with ThreadPoolExecutor(8) as pool:
        replies = [pool.submit(visitor.ask, paths[one][1], paths[one][0]) for one in wanted]
        statuses = [one.result().status_code for one in replies]
    assert set(statuses) <= {200, 404}
    (link,) = links.list_links(services.accounts)
    assert link.opened == wanted.count("page") + wanted.count("list")


def test_an_expired_or_revoked_link_is_not_opened(empty: Services) -> None:
    secret = make(empty, NOW)
    assert links.open_link(empty.accounts, secret, NOW) is None
    assert links.open_link(empty.accounts, "nonsense", NOW) is None
    (link,) = links.list_links(empty.accounts)
    assert link.opened == 0
    links.revoke(empty.accounts, link.key)
    assert links.open_link(empty.accounts, secret, NOW - timedelta(days=1)) is None


def test_a_link_of_an_older_version_is_counted_from_now_on(empty: Services) -> None:
    secret = make(empty, NOW + timedelta(days=1))
    assert links.open_link(empty.accounts, secret, NOW)
    (link,) = links.list_links(empty.accounts)
    assert (link.opened, link.opened_at) == (1, NOW)


class _ChangingTable(MemoryTable):
    """A table in which somebody else changes each link before it is replaced."""

    def replace(self, partition: str, row: Entity, properties: object) -> bool:
        assert partition == LINKS
        return False


def test_what_is_not_counted_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_MAX_PAUSE", 0)
    table = _ChangingTable()
    until = NOW + timedelta(days=1)
    link = links.link_to_photo(name_of("gate"), until, Provenance("owner"))
    _, secret = links.store(table, link)
    with pytest.raises(StorageUnavailableError):
        links.open_link(table, secret, NOW)
