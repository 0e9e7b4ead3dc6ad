"""A shared link: it opens one photo, or the photos of one camera between two moments, to whoever
has it, until it expires or is revoked. The table keeps a hash of its secret."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from function_app.auth.origin import Origin, origin_of
from function_app.auth.secret_hash import hash_secret
from function_app.storage.account_keys import LINKS, link_key
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name


@dataclass(frozen=True, slots=True)
class Share:
    """What a link opens: `photo`, or what `camera` took from `first` to `last`, both included.
    `with_location`: with the place where it was taken, and all else that EXIF tells."""

    key: str
    camera: str
    first: datetime
    last: datetime
    until: datetime
    origin: Origin
    photo: PhotoName | None = None
    with_location: bool = False

    def opens(self, name: PhotoName) -> bool:
        if self.photo:
            return name == self.photo
        return name.camera == self.camera and self.first <= name.captured_at <= self.last

    def to_properties(self) -> dict[str, str]:
        properties = {
            "camera": self.camera,
            "first": format_time(self.first),
            "last": format_time(self.last),
            "until": format_time(self.until),
            **self.origin.to_properties(),
        }
        properties |= {"photo": str(self.photo)} if self.photo else {}
        return properties | ({"with_location": "yes"} if self.with_location else {})

    @property
    def view(self) -> View:
        """Photos of the link, and perhaps others of its last millisecond and after."""
        return View(self.camera, since=self.first, oldest_first=True)


def of_photo(name: PhotoName, until: datetime, origin: Origin) -> Share:
    return Share("", name.camera, name.captured_at, name.captured_at, until, origin, name)


def keep(rows: TableStore, share: Share) -> tuple[str, str]:
    """Put the link on record; returns its key, and its secret, which is never shown again."""
    secret = secrets.token_urlsafe(24)
    key = _key(secret)
    rows.upsert(LINKS, key, share.to_properties())
    return key, secret


def find(rows: TableStore, secret: str, now: datetime) -> Share | None:
    """What this link opens; None if it was revoked, is over, or never was."""
    row = rows.get(LINKS, _key(secret))
    return None if row is None or is_over(row, now) else _share(row)


def called(key: str) -> str:
    """What the access log calls the link of this key: enough to tell it from others."""
    return f"link {key[:8]}"


def is_over(row: Entity, now: datetime) -> bool:
    """Whether the link of this row has expired."""
    return parse_time(row.properties["until"]) <= now


def all_shares(rows: TableStore) -> list[Share]:
    return [_share(row) for row in query_all(rows, LINKS)]


def revoke(rows: TableStore, key: str) -> bool:
    """Whether there was one with this key."""
    is_there = rows.get(LINKS, key) is not None
    rows.remove(LINKS, key)
    return is_there


def _share(row: Entity) -> Share:
    properties = row.properties
    return Share(
        row.key,
        properties["camera"],
        parse_time(properties["first"]),
        parse_time(properties["last"]),
        parse_time(properties["until"]),
        origin_of(properties),
        parse_name(properties["photo"]) if "photo" in properties else None,
        with_location="with_location" in properties,
    )


def _key(secret: str) -> str:
    return link_key(hash_secret(secret))
