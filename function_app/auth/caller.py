"""Who calls, and what they may do."""

import re
from dataclasses import dataclass
from enum import StrEnum

from photo_wire.errors import WireError, quoted
from photo_wire.name import check_camera

MAX_CAMERAS = 100  # that one caller is limited to: a page of their lists is a request for each

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class Scope(StrEnum):
    """What somebody may do: bring photos, look, delete, and decide who may do so."""

    UPLOAD = "upload"
    READ = "read"
    DELETE = "delete"
    ADMIN = "admin"


class Role(StrEnum):
    """An owner may do everything; a viewer looks at some cameras or at all."""

    OWNER = "owner"
    VIEWER = "viewer"

    @property
    def scopes(self) -> frozenset[Scope]:
        return frozenset({Scope.READ} if self is Role.VIEWER else set(Scope))


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a right to be here. `cameras` are those that they have to do with, None for
    all. `session` is the key of a person's session; None for programs. `is_token` for a token that
    somebody made, since they may call it as a person is called. `root` is the person behind it all,
    or a token of the settings, and `via` the keys of the tokens in between, this one last
    (origin.py)."""

    name: str
    scopes: frozenset[Scope]
    cameras: frozenset[str] | None = None
    session: str | None = None
    is_token: bool = False
    root: str | None = None
    via: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """As the access log calls them. A person's name has no space in it."""
        return token_called(self.name) if self.is_token else self.name

    def may_see(self, camera: str) -> bool:
        return self.cameras is None or camera in self.cameras


DEVICE = Caller("device", frozenset({Scope.UPLOAD}))
ANONYMOUS = Caller("anybody", frozenset())


def token_called(name: str) -> str:
    """As the access log calls the token of this name."""
    return f"token {name}"


def is_name(name: str) -> bool:
    """Whether somebody may be called that; it is a key in a table, which bears no other letters."""
    return _NAME.fullmatch(name) is not None


def check_name(name: object, what: str) -> str:
    """The name, if it is one. Raises WireError."""
    if not isinstance(name, str) or not is_name(name):
        raise WireError(what, f"{quoted(str(name))} is not 1 to 32 of a-z, 0-9, '.', '-' and '_'")
    return name


def check_cameras(cameras: object) -> frozenset[str] | None:
    """The cameras of a list; None for all. Raises WireError."""
    if cameras is None:
        return None
    if not isinstance(cameras, list) or not all(isinstance(one, str) for one in cameras):
        raise WireError("cameras", "is neither a list of cameras' names nor null, for all")
    for one in cameras:
        check_camera(one, "cameras")
    return frozenset(cameras)


def check_limit(cameras: object) -> frozenset[str] | None:
    """The cameras that a caller is to be limited to; None for all. Raises WireError."""
    found = check_cameras(cameras)
    if found is not None and len(found) > MAX_CAMERAS:
        raise WireError(
            "cameras", f"has {len(found)} names: give at most {MAX_CAMERAS}, or null for all"
        )
    return found


def to_text(cameras: frozenset[str] | None) -> str:
    """As a record keeps it: names with spaces between them, or `*` for all."""
    return "*" if cameras is None else " ".join(sorted(cameras))


def from_text(text: str) -> frozenset[str] | None:
    return None if text == "*" else frozenset(text.split())
