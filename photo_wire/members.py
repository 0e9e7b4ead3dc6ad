"""Read the members of a JSON object from the other side."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from photo_wire.errors import WireError, printable
from photo_wire.moment import parse_time

MAX_NUMBER = 2**53 - 1  # what JSON can carry exactly
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Members:
    """The members of a JSON object. Each method returns the value of one, or None if it is absent
    or null, and raises WireError, naming the member by its path, for another type or a number out
    of range. Members that nobody asks for are ignored: later versions may have more."""

    def __init__(self, value: object, where: str = "") -> None:
        """Raise WireError, naming `where`, if `value` is not a JSON object."""
        if not isinstance(value, dict):
            raise WireError(where or "body", "is not a JSON object")
        self._values: Mapping[str, Any] = value
        self._where = where

    def path(self, name: str) -> str:
        """Return the path of a member, for messages."""
        return f"{self._where}.{name}" if self._where else name

    def missing(self, name: str) -> WireError:
        """Return the error for a member that is required and absent."""
        return WireError(self.path(name), "is missing")

    def text(self, name: str, max_length: int) -> str | None:
        """Return a text, made printable and cut to `max_length` characters: what a camera or an
        operating system says must not make the rest unreadable."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise WireError(self.path(name), "is not a text")
        return None if value is None else printable(value[:max_length])[:max_length]

    def flag(self, name: str) -> bool | None:
        """Return true or false."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise WireError(self.path(name), "is not true or false")
        return value

    def whole(self, name: str, minimum: int = 0, maximum: int = MAX_NUMBER) -> int | None:
        """Return a whole number."""
        value = self._values.get(name)
        if value is None:
            return None
        if type(value) is not int or not minimum <= value <= maximum:
            raise WireError(self.path(name), f"is not a whole number from {minimum} to {maximum}")
        return value

    def number(self, name: str, minimum: float, maximum: float) -> float | None:
        """Return a finite number."""
        value = self._values.get(name)
        if value is None:
            return None
        if type(value) not in (int, float) or not minimum <= value <= maximum:  # NaN is not
            raise WireError(self.path(name), f"is not a number from {minimum:g} to {maximum:g}")
        return float(value)

    def time(self, name: str) -> datetime | None:
        """Return a moment."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise WireError(self.path(name), "is not a time")
        return parse_time(value, self.path(name))

    def keywords(self, name: str, max_count: int) -> tuple[str, ...]:
        """Return a list of words of a-z, 0-9, - and _; an empty one if it is absent."""
        values = self.array(name, max_count)
        if not all(isinstance(one, str) and _WORD.fullmatch(one) for one in values):
            raise WireError(self.path(name), "is not a list of words of a-z, 0-9, - and _")
        return tuple(values)

    def array(self, name: str, max_count: int) -> list[Any]:
        """Return a list; an empty one if it is absent."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > max_count:
            raise WireError(self.path(name), f"is not a list of at most {max_count}")
        return value

    def child(self, name: str) -> "Members | None":
        """Return the members of an object."""
        value = self._values.get(name)
        return None if value is None else Members(value, self.path(name))

    def children(self, name: str, max_count: int) -> "dict[str, Members]":
        """Return an object's members, which are objects themselves, by name; none if absent."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > max_count:
            raise WireError(self.path(name), f"is not an object with at most {max_count} members")
        where = self.path(name)
        return {key: Members(one, f"{where}.{printable(key, 32)}") for key, one in value.items()}
