"""Shared links: each opens one photo, or the photos of one camera between two moments, to whoever
has it, until it expires or is revoked. The table stores a hash of its secret."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from function_app.auth.passwords import hash_secret
from function_app.auth.provenance import Provenance, parse_provenance
from function_app.storage.account_keys import LINKS, link_key
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """What a camera captured from `first` to `last`, both included."""

    camera: str
    first: datetime
    last: datetime

    def contains(self, name: PhotoName) -> bool:
        """Return whether the photo of this name was captured by the camera in this time."""
        return name.camera == self.camera and self.first <= name.captured_at <= self.last

    @property
    def view(self) -> View:
        """The index's view of these photos. It also has others of the last millisecond and after,
        so filter them by `contains`."""
        return View(self.camera, since=self.first, oldest_first=True)


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A link on record. It opens `photo`, or without one all photos of `span`. `with_location`:
    including the place and other metadata in the photo's EXIF."""

    key: str
    span: TimeSpan
    expires_at: datetime
    provenance: Provenance
    photo: PhotoName | None = None
    with_location: bool = False

    @property
    def target(self) -> str:
        """What it opens, as the audit log says it: a photo id or a camera."""
        return str(self.photo or self.span.camera)

    @property
    def label(self) -> str:
        """How the audit log calls it."""
        return link_label(self.key)

    def opens(self, name: PhotoName) -> bool:
        """Return whether it opens the photo of this name."""
        return name == self.photo if self.photo else self.span.contains(name)

    def to_properties(self) -> dict[str, str]:
        """Return the columns of its record."""
        properties = {
            "camera": self.span.camera,
            "first": format_time(self.span.first),
            "last": format_time(self.span.last),
            "until": format_time(self.expires_at),
            **self.provenance.to_properties(),
        }
        properties |= {"photo": str(self.photo)} if self.photo else {}
        return properties | ({"with_location": "yes"} if self.with_location else {})


def link_to_photo(
    name: PhotoName, expires_at: datetime, provenance: Provenance, with_location: bool = False
) -> SharedLink:
    """Return a link to one photo, not stored yet."""
    span = TimeSpan(name.camera, name.captured_at, name.captured_at)
    return SharedLink("", span, expires_at, provenance, name, with_location)


def store(table: TableStore, link: SharedLink) -> tuple[str, str]:
    """Store a link. Return its key, and its secret, which is never shown again."""
    secret = secrets.token_urlsafe(24)
    key = _key(secret)
    table.upsert(LINKS, key, link.to_properties())
    return key, secret


def find(table: TableStore, secret: str, now: datetime) -> SharedLink | None:
    """Return the link with this secret; None if it expired, was revoked, or never existed."""
    entity = table.get(LINKS, _key(secret))
    return None if entity is None or is_expired(entity, now) else _link(entity)


def link_label(key: str) -> str:
    """Return how the audit log calls the link of this key: enough to tell it from others."""
    return f"link {key[:8]}"


def is_expired(entity: Entity, now: datetime) -> bool:
    """Return whether the link of this record has expired."""
    return parse_time(entity.properties["until"]) <= now


def list_links(table: TableStore) -> list[SharedLink]:
    """Return all links on record, expired ones included."""
    return [_link(entity) for entity in query_all(table, LINKS)]


def revoke(table: TableStore, key: str) -> bool:
    """Remove the link of this key. Return whether there was one."""
    existed = table.get(LINKS, key) is not None
    table.remove(LINKS, key)
    return existed


def _link(entity: Entity) -> SharedLink:
    properties = entity.properties
    return SharedLink(
        entity.key,
        TimeSpan(
            properties["camera"], parse_time(properties["first"]), parse_time(properties["last"])
        ),
        parse_time(properties["until"]),
        parse_provenance(properties),
        parse_name(properties["photo"]) if "photo" in properties else None,
        with_location="with_location" in properties,
    )


def _key(secret: str) -> str:
    return link_key(hash_secret(secret))
