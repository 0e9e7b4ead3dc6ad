"""Links, tokens and users beyond one page of the table are listed, revoked and purged."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app import services as store_side
from function_app.auth import links, purge, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.auth.provenance import Provenance
from function_app.settings import Settings
from function_app.storage import account_keys, table_store
from tests.conftest import NewStore, StartBackend
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_store, "PAGE_SIZE", 3)


def share(kept: table_store.TableStore, until: datetime, number: int = 0) -> str:
    """Store a link and return its key."""
    return links.store(
        kept, links.link_to_photo(name_of(f"gate-{number}"), until, Provenance("owner"))
    )[0]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [0, 2, 3, 4, 7])
def test_all_pages_are_listed(empty: store_side.Services, count: int) -> None:
    """Keys are hashes, so one page would be a random part."""
    kept, scopes = empty.accounts, frozenset({Scope.READ})
    for number in range(count):
        share(kept, NOW, number)
        tokens.create(kept, f"token-{number}", tokens.Grant(scopes), NOW)
        kept.insert(
            account_keys.USERS, f"p{number}", users.User("", Role.VIEWER, "").to_properties()
        )
    assert {one.span.camera for one in links.list_links(kept)} == {
        f"gate-{n}" for n in range(count)
    }
    assert {one.name for one in tokens.list_tokens(kept)} == {f"token-{n}" for n in range(count)}
    assert [one.name for one in users.list_users(kept)] == [f"p{n}" for n in range(count)]
    assert all(tokens.revoke(kept, f"token-{number}") for number in range(count))
    assert tokens.list_tokens(kept) == []


@pytest.mark.usefixtures("small_pages")
def test_only_expired_links_are_purged(
    empty: store_side.Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limited number in a run; the next run continues."""
    monkeypatch.setattr(purge, "MAX_REMOVED", 4)
    minute = timedelta(minutes=1)
    for number in range(7):
        share(empty.accounts, NOW - number * minute)
    alive = {share(empty.accounts, NOW + (number + 1) * minute) for number in range(4)}
    assert [purge.purge_links(empty.accounts, NOW) for _ in range(3)] == [4, 3, 0]
    assert {one.key for one in links.list_links(empty.accounts)} == alive


@pytest.mark.slow
def test_a_link_beyond_the_first_page_is_listed_and_revoked(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """By the key in the list, which is the one that its creation returned."""
    connection_string = new_store()
    api = Api(start_backend(connection_string))
    kept = store_side.connect(Settings(connection_string)).accounts
    until = datetime.now(UTC) + timedelta(days=90)
    for number in range(table_store.PAGE_SIZE):
        share(kept, until, number)
    name, admin = name_of("gate"), {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.put(jpeg(), photo_headers(name)).status_code == 201

    made = [
        api.ask("/api/shares", admin, "POST", json={"photo": str(name)}).json() for _ in range(5)
    ]
    listed = api.ask("/api/shares", admin).json()["shares"]
    assert len(listed) == table_store.PAGE_SIZE + 5
    assert {one["key"] for one in made} == {
        one["key"] for one in listed if one["photo"] == str(name)
    }

    for one in made:
        path = one["url"].removeprefix(api.backend.base_url)
        assert api.ask(path).status_code == 200
        assert api.ask(f"/api/shares/{one['key']}", admin, "DELETE").status_code == 204
        assert api.ask(path).status_code == 404


def test_a_link_to_several_photos_is_read_as_it_was_stored(empty: store_side.Services) -> None:
    """In their order. A backend that does not know such links reads that of the first photo."""
    names = [name_of("gate", MOMENT + timedelta(seconds=n)) for n in (2, 0, 1)]
    names.append(name_of("yard", MOMENT + timedelta(seconds=1)))
    link = links.link_to_photos(names, NOW + timedelta(hours=1), Provenance("owner"))
    key, secret = links.store(empty.accounts, link)
    found = links.find(empty.accounts, secret, NOW)
    assert found is not None
    assert (found.key, found.photos) == (key, (names[1], names[2], names[3], names[0]))
    assert all(map(found.opens, names))
    assert not found.opens(name_of("gate", MOMENT + timedelta(seconds=1), "00000001"))
    assert found.cameras == {"gate", "yard"}
    entity = empty.accounts.get(account_keys.LINKS, key)
    assert entity is not None
    assert entity.properties["photo"] == str(names[1])


def test_the_largest_link_fits_into_a_column(empty: store_side.Services) -> None:
    """64 KiB in UTF-16, of 200 photos of cameras with the longest names."""
    names = [name_of("c" * 32, MOMENT + timedelta(seconds=n)) for n in range(200)]
    link = links.link_to_photos(names, NOW + timedelta(hours=1), Provenance("owner"))
    assert len(link.to_properties()["photos"].encode("utf-16-le")) <= 64 * 1024
    _, secret = links.store(empty.accounts, link)
    assert links.find(empty.accounts, secret, NOW) is not None


def test_a_further_page_is_counted_in_another_hour_alone(empty: store_side.Services) -> None:
    """Whoever leafs through a link opened it once. Who has only the address of a further page, or
    comes back to it later, has opened it."""
    link = links.link_to_photo(name_of("gate"), NOW + timedelta(days=1), Provenance("owner"))
    _, secret = links.store(empty.accounts, link)

    def opened_after(minutes: int, *, is_further_page: bool) -> int:
        now = NOW + timedelta(minutes=minutes)
        assert links.open_link(empty.accounts, secret, now, is_further_page=is_further_page)
        found = links.find(empty.accounts, secret, now)
        assert found
        return found.opened

    opened = [
        opened_after(minutes, is_further_page=is_further_page)
        for minutes, is_further_page in (
            *[(0, True), (1, True), (2, False), (29, True)],
            *[(30, True), (31, True), (32, False)],  # from 10:00 on
        )
    ]
    assert opened == [1, 1, 2, 2, 3, 3, 4]
