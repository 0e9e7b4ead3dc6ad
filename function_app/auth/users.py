"""Users: an owner, and the people whom the owner adds. The API and the table call them people."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from function_app.auth.audit_log import Log
from function_app.auth.caller import Role, cameras_from_text, cameras_to_text
from function_app.auth.passwords import (
    ANONYMOUS_QUEUE,
    HashQueue,
    hash_password,
    is_common,
    password_problem,
    verify_first_password,
    verify_password,
)
from function_app.auth.provenance import UNKNOWN, Provenance, parse_provenance
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import USERS
from function_app.storage.table_store import TableStore, query_all
from photo_wire.errors import WireError

OWNER = "owner"  # the first user, whose password is a setting until they change it


@dataclass(frozen=True, slots=True)
class User:
    """`password_hash` is "" for the owner whose password is still the setting. `cameras` are those
    that a viewer may see; None for all. `epoch` changes with the password and when the user signs
    out everywhere; "" in a record from before there were epochs."""

    name: str
    role: Role
    password_hash: str = field(repr=False)  # the stored column is `password`
    cameras: frozenset[str] | None = None
    epoch: str = ""
    provenance: Provenance = UNKNOWN

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the user's record."""
        return {
            "role": self.role,
            "password": self.password_hash,
            "cameras": cameras_to_text(self.cameras),
            "epoch": self.epoch,
            **self.provenance.to_properties(),
        }


def authenticate(
    table: TableStore,
    name: str,
    password: str,
    first_password: str | None,
    queue: HashQueue = ANONYMOUS_QUEUE,
    on_first: Callable[[], None] = lambda: None,
) -> User | None:
    """Return the user with this name and password; None if there is none. Raises HTTPProblemError
    (503) if too many passwords are being hashed.

    The owner's password is `first_password` until they change it. Their record is created when they
    first sign in, since sessions need their epoch; before that, `on_first` is called. That is also
    so after somebody deleted the record, since the owner forgot their password.
    """
    user = find(table, name)
    if name == OWNER and first_password is not None and not (user and user.password_hash):
        if not verify_first_password(password, first_password, queue):
            return None
        if user is None:
            on_first()
            first = User(OWNER, Role.OWNER, password_hash="", epoch=_new_epoch())
            table.insert(USERS, OWNER, first.to_properties())
            user = find(table, name)  # another request may have been faster
        if user and not user.password_hash:
            return user
    stored = user.password_hash or None if user else None
    return user if verify_password(password, stored, queue) else None


def find(table: TableStore, name: str) -> User | None:
    """Return the user of this name, if there is one."""
    entity = table.get(USERS, name)
    return _user(name, entity.properties) if entity else None


def list_users(table: TableStore) -> list[User]:
    """Return all users on record."""
    return [_user(entity.key, entity.properties) for entity in query_all(table, USERS)]


def add(
    table: TableStore,
    name: str,
    password: str,
    role: Role,
    cameras: frozenset[str] | None,
    provenance: Provenance = UNKNOWN,
) -> User:
    """Add a user and return them. Raises HTTPProblemError (409) if the name is taken, WireError for
    a weak password."""
    password_hash = hash_password(check_new_password(password, name))
    user = User(name, role, password_hash, cameras, _new_epoch(), provenance)
    was_inserted = name != OWNER and table.insert(USERS, name, user.to_properties())
    # An insert that was repeated because its response was lost finds its own record.
    if not was_inserted and find(table, name) != user:
        raise HTTPProblemError(409, f"The name {name} is taken: choose another name.")
    return user


def change_password(table: TableStore, user: User, password: str) -> User | None:
    """Store a new password and start a new epoch. Return the changed user; None if they were
    removed or changed since they were read. Raises WireError for a weak password."""
    password_hash = hash_password(check_new_password(password, user.name))
    return _change(table, user, replace(user, password_hash=password_hash, epoch=_new_epoch()))


def change_rights(
    table: TableStore, user: User, role: Role, cameras: frozenset[str] | None
) -> User | None:
    """Store what a user may do and start a new epoch: end their sessions after that, which hold
    what they might do before. Return the changed user; None if they were removed or changed since
    they were read."""
    changed = replace(user, role=role, cameras=cameras, epoch=_new_epoch())
    return _change(table, user, changed)


def _change(table: TableStore, user: User, changed: User) -> User | None:
    entity = table.get(USERS, user.name)
    if entity is None or _user(user.name, entity.properties) != user:
        return None
    was_replaced = table.replace(USERS, entity, changed.to_properties())
    # A write that was repeated because its response was lost finds its own record.
    return changed if was_replaced or find(table, user.name) == changed else None


def remove_camera(table: TableStore, camera: str, log: Log) -> Iterator[User]:
    """Take a camera out of what viewers may see, so that they do not see what a later camera of its
    name sends, and end their sessions. Yield each of them; `log` is called before. One request for
    each thousand users, and two or three for each of these. May be stopped at any point and called
    again."""
    for user in list_users(table):
        current: User | None = user
        if user.cameras is not None and camera in user.cameras:
            log("took a removed camera from", user.name)
        while current and current.cameras is not None and camera in current.cameras:
            if change_rights(table, current, current.role, current.cameras - {camera}):
                yield current
                break
            current = find(table, current.name)  # changed at this moment, or removed


def end_epoch(table: TableStore, name: str) -> None:
    """Start a new epoch, so that no session begins for a user who was read before. If the user is
    changed at the same moment, that starts a new epoch too."""
    entity = table.get(USERS, name)
    if entity:
        table.replace(USERS, entity, {**entity.properties, "epoch": _new_epoch()})


def remove(table: TableStore, name: str) -> bool:
    """Remove a user. Return whether there was one. Raises HTTPProblemError (409) for the owner,
    without whom nobody could add users."""
    if name == OWNER:
        raise HTTPProblemError(409, "The owner cannot be removed: change their password instead.")
    existed = table.get(USERS, name) is not None
    table.remove(USERS, name)
    return existed


def check_new_password(password: object, name: str) -> str:
    """Return the password if the user of this name may set it. Raises WireError if it is weak."""
    if not isinstance(password, str):
        raise WireError("password", "must be a string")
    if problem := password_problem(password):
        raise WireError("password", problem)
    if is_common(password, name):
        raise WireError(
            "password", "is too easy to guess; choose a longer one, such as four random words"
        )
    return password


def _user(name: str, properties: Mapping[str, str]) -> User:
    cameras, epoch = cameras_from_text(properties["cameras"]), properties.get("epoch", "")
    role, password_hash = Role(properties["role"]), properties["password"]
    return User(name, role, password_hash, cameras, epoch, parse_provenance(properties))


def _new_epoch() -> str:
    return secrets.token_hex(8)
