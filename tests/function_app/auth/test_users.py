"""Users: adding one twice, and the owner's first password."""

from collections.abc import Mapping
from typing import Any

import pytest

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.problems import HTTPProblemError
from function_app.services import Services
from tests.support.memory_store import MemoryTable


class Repeated:
    """A table that receives every insert twice, as when a response is lost."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        self._rows.insert(partition, key, properties)
        return bool(self._rows.insert(partition, key, properties))


def test_a_repeated_insert_finds_its_own_record(empty: Services) -> None:
    """A second user of the name is refused, even with the same password."""
    rows: Any = Repeated(empty.accounts)
    added = users.add(rows, "vera", "a good password", Role.VIEWER, frozenset({"gate"}))
    assert users.list_users(empty.accounts) == [added]
    for name in ("vera", users.OWNER):
        with pytest.raises(HTTPProblemError):
            users.add(rows, name, "a good password", Role.VIEWER, frozenset({"gate"}))


def test_the_first_password_is_for_the_owner_alone() -> None:
    """It creates no other user, and without the setting none at all."""
    rows = MemoryTable()
    assert users.authenticate(rows, "anna", "first password", "first password") is None
    assert users.authenticate(rows, "owner", "first password", None) is None
    assert users.list_users(rows) == []
    assert users.authenticate(rows, "owner", "first password", "first password")
    assert [one.name for one in users.list_users(rows)] == ["owner"]
