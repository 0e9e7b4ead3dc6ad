"""A form by which a person makes a link makes one, however often it is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import links, purge
from function_app.auth.links import FORM_TTL, new_form, store_by_form
from function_app.auth.provenance import Provenance
from function_app.services import Services
from function_app.storage.account_keys import LINK_FORMS
from photo_wire.moment import to_milliseconds
from tests.support.api import name_of

NOW = to_milliseconds(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
HOUR = timedelta(hours=1)
LINK = links.link_to_photo(name_of("gate"), NOW + 24 * HOUR, Provenance("owner"))


def test_the_link_of_before_is_returned(empty: Services) -> None:
    """With its end, which the second request would move."""
    rows, form = empty.accounts, new_form(NOW)
    first = store_by_form(rows, LINK, form, 24, NOW)
    later = links.link_to_photo(name_of("gate"), NOW + 25 * HOUR, Provenance("owner"))
    again = store_by_form(rows, later, form, 24, NOW + HOUR)
    assert first
    assert again == first._replace(is_new=False)
    assert len(first.secret) == 32
    assert [one.key for one in links.list_links(rows)] == [first.key]
    assert links.find(rows, first.secret, NOW)


@pytest.mark.parametrize("changed", ["form", "hours", "person", "photo", "location"])
def test_whatever_differs_makes_another_link(empty: Services, changed: str) -> None:
    rows, form = empty.accounts, new_form(NOW)
    first = store_by_form(rows, LINK, form, 24, NOW)
    other = links.link_to_photo(
        name_of("yard" if changed == "photo" else "gate"),
        NOW + 24 * HOUR,
        Provenance("vera" if changed == "person" else "owner"),
        with_location=changed == "location",
    )
    form = new_form(NOW) if changed == "form" else form
    second = store_by_form(rows, other, form, 48 if changed == "hours" else 24, NOW)
    assert first
    assert second
    assert first.secret != second.secret
    assert second.is_new
    assert len(links.list_links(rows)) == 2


def test_a_link_that_was_revoked_does_not_come_back(empty: Services) -> None:
    rows, form = empty.accounts, new_form(NOW)
    first = store_by_form(rows, LINK, form, 24, NOW)
    assert first
    assert links.revoke(rows, first.key)
    for later in (timedelta(0), HOUR, FORM_TTL - HOUR):
        assert store_by_form(rows, LINK, form, 24, NOW + later) is None
    purge.purge_links(rows, NOW + FORM_TTL)
    assert store_by_form(rows, LINK, form, 24, NOW + FORM_TTL - HOUR) is None
    purge.purge_links(rows, NOW + 2 * FORM_TTL + HOUR)
    assert rows.query(LINK_FORMS, 10) == []
    late = store_by_form(rows, LINK, form, 24, NOW + 2 * FORM_TTL + HOUR)
    assert late
    assert late.secret != first.secret


def test_what_was_cut_short_is_made(empty: Services) -> None:
    """A process that ended between the two rows: the next request makes the link."""
    rows, form = empty.accounts, new_form(NOW)
    first = store_by_form(rows, LINK, form, 24, NOW)
    assert first
    rows.upsert(LINK_FORMS, first.key, {"at": NOW.isoformat()})
    assert links.revoke(rows, first.key)
    assert store_by_form(rows, LINK, form, 24, NOW) == first


@pytest.mark.parametrize(
    "form",
    [
        "",
        "1",
        "x.".ljust(40, "y"),
        f"{int(NOW.timestamp() * 1000)}.short",
        f"{int((NOW - FORM_TTL).timestamp() * 1000)}.{'x' * 32}",
        f"{int((NOW + HOUR).timestamp() * 1000)}.{'x' * 32}",
        "9" * 400 + "." + "x" * 32,
        "\u0661" * 13 + "." + "x" * 32,
    ],
)
def test_a_form_that_is_old_or_made_up_makes_a_link_each_time(empty: Services, form: str) -> None:
    """Of a random secret."""
    made = [store_by_form(empty.accounts, LINK, form, 24, NOW) for _ in range(2)]
    assert len({one.secret for one in made if one}) == 2
