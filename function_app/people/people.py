"""The people who may sign in: an owner, and whom the owner lets look."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from function_app.people.caller import Role, from_text, to_text
from function_app.people.passwords import hash_password, is_password, weakness
from function_app.refused import RefusedError
from function_app.storage.rows import Rows
from photo_wire.errors import WireError

PARTITION = "people"
OWNER = "owner"  # the name of the first one, whose password is a setting until it is changed
MOST = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """`cameras` are those that a viewer may look at; None for all."""

    name: str
    role: Role
    password: str = field(repr=False)  # as passwords.py keeps it
    cameras: frozenset[str] | None = None

    def to_words(self) -> dict[str, str]:
        return {
            "role": self.role,
            "password": self.password,
            "cameras": to_text(self.cameras),
        }


def signed_in(rows: Rows, name: str, password: str, first_password: str | None) -> Person | None:
    """The person with this name and password; None if there is none.

    As long as the owner is on no record, `first_password` opens the gallery, and puts them there.
    """
    person = find(rows, name)
    if person is None and name == OWNER and first_password is not None:
        if not is_password(password, hash_password(first_password)):
            return None
        person = Person(OWNER, Role.OWNER, hash_password(password))
        rows.insert(PARTITION, OWNER, person.to_words())
        return person
    return person if is_password(password, person.password if person else None) else None


def find(rows: Rows, name: str) -> Person | None:
    row = rows.get(PARTITION, name)
    return _person(name, row.words) if row else None


def everybody(rows: Rows) -> list[Person]:
    return [_person(row.key, row.words) for row in rows.walk(PARTITION, MOST)]


def add(rows: Rows, name: str, password: str, role: Role, cameras: frozenset[str] | None) -> Person:
    """Raises RefusedError (409) if the name is taken, WireError for a weak password."""
    person = Person(name, role, hash_password(checked(password)), cameras)
    if name == OWNER or not rows.insert(PARTITION, name, person.to_words()):
        raise RefusedError(409, f"There is somebody called {name} already: choose another name.")
    return person


def change_password(rows: Rows, person: Person, password: str) -> None:
    """Raises WireError for a weak one."""
    rows.put(
        PARTITION,
        person.name,
        replace(person, password=hash_password(checked(password))).to_words(),
    )


def remove(rows: Rows, name: str) -> None:
    """Raises RefusedError (409) for the owner, without whom nobody could let anybody in."""
    if name == OWNER:
        raise RefusedError(409, "The owner stays: change their password instead.")
    rows.remove(PARTITION, name)


def checked(password: object) -> str:
    """A new password. Raises WireError for one that is too weak."""
    if not isinstance(password, str):
        raise WireError("password", "is not a text")
    if problem := weakness(password):
        raise WireError("password", problem)
    return password


def _person(name: str, words: Mapping[str, str]) -> Person:
    return Person(name, Role(words["role"]), words["password"], from_text(words["cameras"]))
