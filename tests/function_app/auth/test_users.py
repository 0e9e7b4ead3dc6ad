"""A person is added, and storage's reply is lost: the repeated request finds its own work."""

from collections.abc import Mapping
from typing import Any

import pytest

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.problems import HTTPProblemError
from function_app.services import Services


class Repeated:
    """Rows whose every insert is sent twice."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def insert(self, partition: str, key: str, words: Mapping[str, str]) -> bool:
        self._rows.insert(partition, key, words)
        return bool(self._rows.insert(partition, key, words))


def test_a_person_is_added_once_and_told_so(empty: Services) -> None:
    """Whoever comes second with the name is refused, though it be with the same password."""
    rows: Any = Repeated(empty.people)
    added = users.add(rows, "vera", "a good password", Role.VIEWER, frozenset({"gate"}))
    assert users.list_users(empty.people) == [added]
    for name in ("vera", users.OWNER):
        with pytest.raises(HTTPProblemError):
            users.add(rows, name, "a good password", Role.VIEWER, frozenset({"gate"}))
