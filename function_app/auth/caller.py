"""The caller of a request, and what they may do."""

import re
from dataclasses import dataclass
from enum import StrEnum

from photo_wire.errors import WireError, quoted_json
from photo_wire.name import check_camera

# The maximum in a camera limit: each page of a list costs one request per camera.
MAX_LIMITED_CAMERAS = 100

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_TOKEN_LABEL = "token "  # noqa: S105 - how the audit log calls tokens


class Scope(StrEnum):
    """A permission: upload photos, read, delete, manage users and tokens, or give commands to
    devices."""

    UPLOAD = "upload"
    READ = "read"
    DELETE = "delete"
    ADMIN = "admin"
    CONTROL = "control"


class Role(StrEnum):
    """An owner may do everything; a viewer may read some cameras or all of them."""

    OWNER = "owner"
    VIEWER = "viewer"

    @property
    def scopes(self) -> frozenset[Scope]:
        """The scopes of a session of a user with this role."""
        return frozenset({Scope.READ} if self is Role.VIEWER else set(Scope))


class Standing(StrEnum):
    """What is known of the device that sent a request: its signature is by the key of its name, or
    by another key, or it sent none."""

    VERIFIED = "verified"
    UNKNOWN = "unknown"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class RequestSignature:
    """The signature of a device's request, checked by the key that it names: the two headers as
    they were sent, the counter, the SHA-256 (hex) of the body, and the key (base64url)."""

    signature_input: str
    signature: str
    counter: int
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `cameras` are those they may access, None for all. `session` is the
    key of a user's session, None for programs. `root` is the user, or the token of the settings,
    from whom their right comes, and `via` the keys of the tokens in between, this caller's own last
    (provenance.py). Of a device, `device` is the name under which it signs its requests, and
    `key_name` the device or camera for which alone its function key speaks; None for any."""

    name: str
    scopes: frozenset[Scope]
    cameras: frozenset[str] | None = None
    session: str | None = None
    root: str | None = None
    via: tuple[str, ...] = ()
    device: str | None = None
    standing: Standing = Standing.UNSIGNED
    signature: RequestSignature | None = None
    key_name: str | None = None

    @property
    def is_token(self) -> bool:
        """Whether this is a token on record, not a user or a token of the settings."""
        return bool(self.via)

    @property
    def actor(self) -> str:
        """The caller's name in the audit log. A user's name has no space, so no token passes for a
        user."""
        return token_label(self.name) if self.is_token else self.name

    @property
    def is_owner(self) -> bool:
        """Whether the caller may see and end what belongs to other people."""
        return Scope.ADMIN in self.scopes and self.cameras is None

    def standing_for(self, may_speak: bool) -> Standing:
        """Return the caller's standing as the sender of something of a camera for which they may
        speak, or not."""
        return self.standing if may_speak else Standing.UNKNOWN

    def may_see(self, camera: str) -> bool:
        """Return whether the caller may access this camera."""
        return self.cameras is None or camera in self.cameras

    def cameras_among(self, camera: str | None) -> frozenset[str] | None:
        """Return this camera, or with None all, as far as the caller may access them; None for
        all that there are."""
        if camera is None:
            return self.cameras
        return frozenset({camera} if self.may_see(camera) else ())


DEVICE = Caller("device", frozenset({Scope.UPLOAD}))
ANONYMOUS = Caller("anybody", frozenset())


def token_label(name: str) -> str:
    """Return how the audit log calls the token of this name."""
    return _TOKEN_LABEL + name


def is_token_label(actor: str) -> bool:
    """Return whether an actor of the audit log is a token."""
    return actor.startswith(_TOKEN_LABEL)


def is_valid_name(name: str) -> bool:
    """Return whether a user or a token may have this name. It is a key in a table, where other
    characters are not allowed."""
    return _NAME.fullmatch(name) is not None


def check_name(name: object, field: str) -> str:
    """Return the name if it is valid. Raises WireError for `field` if it is not."""
    if not isinstance(name, str) or not is_valid_name(name):
        raise WireError(field, f"{quoted_json(name)} must be 1 to 32 of a-z, 0-9, '.', '-' and '_'")
    return name


def parse_cameras(cameras: object) -> frozenset[str] | None:
    """Return the cameras of a JSON list, or None (null) for all. Raises WireError."""
    if cameras is None:
        return None
    if not isinstance(cameras, list) or not all(isinstance(one, str) for one in cameras):
        raise WireError("cameras", "must be a list of camera names, or null for all")
    for one in cameras:
        check_camera(one, "cameras")
    return frozenset(cameras)


def parse_camera_limit(cameras: object) -> frozenset[str] | None:
    """Return the cameras that a caller is to be limited to, at most MAX_LIMITED_CAMERAS;
    None for all. Raises WireError."""
    parsed = parse_cameras(cameras)
    if parsed is not None and len(parsed) > MAX_LIMITED_CAMERAS:
        raise WireError(
            "cameras",
            f"has {len(parsed)} names: give at most {MAX_LIMITED_CAMERAS}, or null for all",
        )
    return parsed


def cameras_to_json(cameras: frozenset[str] | None) -> list[str] | None:
    """Return the cameras as the API has them; null for all."""
    return None if cameras is None else sorted(cameras)


def cameras_to_text(cameras: frozenset[str] | None) -> str:
    """Return the cameras as a record stores them: names with spaces in between, `*` for all."""
    return "*" if cameras is None else " ".join(sorted(cameras))


def cameras_from_text(text: str) -> frozenset[str] | None:
    """Return the cameras of a record; None for all."""
    return None if text == "*" else frozenset(text.split())
