"""The people who may sign in: an owner, and whom the owner lets look."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from function_app.auth.caller import Role, from_text, to_text
from function_app.auth.origin import UNKNOWN, Origin, origin_of
from function_app.auth.passwords import (
    STRANGERS,
    HashQueue,
    hash_password,
    is_common,
    is_first_password,
    verify_password,
    weakness,
)
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import USERS
from function_app.storage.table_store import TableStore, query_all
from photo_wire.errors import WireError

OWNER = "owner"  # the name of the first one, whose password is a setting until they change it


@dataclass(frozen=True, slots=True)
class Person:
    """`cameras` are those that a viewer may look at; None for all. `epoch` is another one after a
    new password and after signing out everywhere; "" from a time before there were epochs.
    `password` is "" for the owner's that is the setting."""

    name: str
    role: Role
    password: str = field(repr=False)  # as passwords.py keeps it
    cameras: frozenset[str] | None = None
    epoch: str = ""
    origin: Origin = UNKNOWN

    def to_properties(self) -> dict[str, str]:
        return {
            "role": self.role,
            "password": self.password,
            "cameras": to_text(self.cameras),
            "epoch": self.epoch,
            **self.origin.to_properties(),
        }


def authenticate(
    rows: TableStore,
    name: str,
    password: str,
    first_password: str | None,
    queue: HashQueue = STRANGERS,
) -> Person | None:
    """The person with this name and password; None if there is none. Raises HTTPProblemError (503)
    if too many passwords are looked at.

    The owner's is `first_password` until they change it. They are on record from the first time on,
    since sessions need their epoch.
    """
    person = find(rows, name)
    if name == OWNER and first_password is not None and not (person and person.password):
        if not is_first_password(password, first_password, queue):
            return None
        if person is None:
            first = Person(OWNER, Role.OWNER, password="", epoch=_new_epoch())
            rows.insert(USERS, OWNER, first.to_properties())
            person = find(rows, name)  # somebody was faster, and may have changed the password, too
        if person and not person.password:
            return person
    kept = person.password or None if person else None
    return person if verify_password(password, kept, queue) else None


def find(rows: TableStore, name: str) -> Person | None:
    row = rows.get(USERS, name)
    return _person(name, row.properties) if row else None


def list_users(rows: TableStore) -> list[Person]:
    return [_person(row.key, row.properties) for row in query_all(rows, USERS)]


def add(
    rows: TableStore,
    name: str,
    password: str,
    role: Role,
    cameras: frozenset[str] | None,
    origin: Origin = UNKNOWN,
) -> Person:
    """Raises HTTPProblemError (409) if the name is taken, WireError for a weak password."""
    person = Person(
        name, role, hash_password(checked(password, name)), cameras, _new_epoch(), origin
    )
    is_written = name != OWNER and rows.insert(USERS, name, person.to_properties())
    # An insert that was repeated, since its reply was lost, found itself.
    if not is_written and find(rows, name) != person:
        raise HTTPProblemError(
            409, f"There is somebody called {name} already: choose another name."
        )
    return person


def change_password(rows: TableStore, person: Person, password: str) -> Person | None:
    """The person with another password and in another epoch; None if they were removed, or changed
    in any way, since they were read. Raises WireError for a weak one."""
    changed = replace(
        person, password=hash_password(checked(password, person.name)), epoch=_new_epoch()
    )
    row = rows.get(USERS, person.name)
    if row is None or _person(person.name, row.properties) != person:
        return None
    is_written = rows.replace(USERS, row, changed.to_properties())
    # A write that was repeated, since its reply was lost, found itself.
    return changed if is_written or find(rows, person.name) == changed else None


def end_epoch(rows: TableStore, name: str) -> None:
    """Sessions that are about to begin for somebody who was read before do not. A person who was
    changed meanwhile has another epoch already."""
    row = rows.get(USERS, name)
    if row:
        rows.replace(USERS, row, {**row.properties, "epoch": _new_epoch()})


def remove(rows: TableStore, name: str) -> bool:
    """Whether there was somebody of this name. Raises HTTPProblemError (409) for the owner, without
    whom nobody could let anybody in."""
    if name == OWNER:
        raise HTTPProblemError(409, "The owner stays: change their password instead.")
    is_there = rows.get(USERS, name) is not None
    rows.remove(USERS, name)
    return is_there


def checked(password: object, name: str) -> str:
    """A new password of this person's. Raises WireError for one that is too weak."""
    if not isinstance(password, str):
        raise WireError("password", "is not a text")
    if problem := weakness(password):
        raise WireError("password", problem)
    if is_common(password, name):
        raise WireError(
            "password", "is too easy to guess; choose a longer one, such as four words by chance"
        )
    return password


def _person(name: str, properties: Mapping[str, str]) -> Person:
    cameras, epoch = from_text(properties["cameras"]), properties.get("epoch", "")
    role, password = Role(properties["role"]), properties["password"]
    return Person(name, role, password, cameras, epoch, origin_of(properties))


def _new_epoch() -> str:
    return secrets.token_hex(8)
