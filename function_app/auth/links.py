"""Shared links: each opens one photo, some photos, or the photos of one camera between two moments,
to whoever has it, until it expires or is revoked. The table stores a hash of its secret."""

import base64
import hashlib
import json
import random
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from function_app.auth.audit_log import Log
from function_app.auth.passwords import hash_secret
from function_app.auth.provenance import Provenance, parse_provenance
from function_app.storage.account_keys import LINK_FORMS, LINKS, link_key
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, just_after, milliseconds, parse_time
from photo_wire.name import PhotoName, parse_name

# The columns of how often a link was opened, and when last.
_OPENED, _OPENED_AT = "opened", "opened_at"
FORM_TTL = timedelta(days=1)
_SECRET_BYTES = 24
_ATTEMPTS = 50  # each means that somebody else opened the link, or revoked it
_MAX_PAUSE = 0.02  # seconds between two attempts


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
    """A link on record. It opens `photos`, or without them `photo`, or without it all photos of
    `span`. `with_location`: including the place and other metadata in the photo's EXIF. Of several
    photos `photo` is the first: a backend that does not know `photos` opens that one alone.
    `opened` is how often its page or its list was opened, and `opened_at` when that was last; 0 and
    None also if a version opened it that did not count. A further page counts only in an hour in
    which nothing else did."""

    key: str
    span: TimeSpan
    expires_at: datetime
    provenance: Provenance
    photo: PhotoName | None = None
    with_location: bool = False
    opened: int = 0
    opened_at: datetime | None = None
    photos: tuple[PhotoName, ...] = ()

    @property
    def target(self) -> str:
        """What it opens, as the audit log says it: a photo id or a camera, or of several photos how
        many and the first."""
        if len(self.photos) > 1:
            return f"{len(self.photos)} photos from {self.photo} on"
        return str(self.photo or self.span.camera)

    @property
    def cameras(self) -> frozenset[str]:
        """The cameras whose photos it opens."""
        return frozenset(name.camera for name in self.photos) or frozenset({self.span.camera})

    @property
    def view(self) -> View:
        """The index's view in which its photos are, and of several photos what else was taken
        between the first and the last."""
        if not self.photos:
            return self.span.view
        camera = self.span.camera if len(self.cameras) == 1 else None
        return replace(self.span.view, camera=camera, until=just_after(self.span.last))

    @property
    def label(self) -> str:
        """How the audit log calls it."""
        return link_label(self.key)

    def was_opened_in_hour(self, moment: datetime) -> bool:
        """Return whether it was opened last in the hour (UTC) of this moment."""
        last = self.opened_at
        return last is not None and f"{last:%Y%m%d%H}" == f"{moment:%Y%m%d%H}"

    def opens(self, name: PhotoName) -> bool:
        """Return whether it opens the photo of this name."""
        if self.photos:
            return name in self.photos
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
        properties |= {"photos": " ".join(map(str, self.photos))} if self.photos else {}
        return properties | ({"with_location": "yes"} if self.with_location else {})


class StoredLink(NamedTuple):
    """A link in the table: its key, and its secret, which is never shown again."""

    key: str
    secret: str
    expires_at: datetime
    is_new: bool = True


def link_to_photo(
    name: PhotoName, expires_at: datetime, provenance: Provenance, with_location: bool = False
) -> SharedLink:
    """Return a link to one photo, not stored yet."""
    span = TimeSpan(name.camera, name.captured_at, name.captured_at)
    return SharedLink("", span, expires_at, provenance, name, with_location)


def link_to_photos(
    names: Iterable[PhotoName],
    expires_at: datetime,
    provenance: Provenance,
    with_location: bool = False,
) -> SharedLink:
    """Return a link to some photos, one at least, not stored yet."""
    photos = tuple(sorted(names, key=lambda name: (name.captured_at, str(name))))
    first = photos[0]
    span = TimeSpan(first.camera, first.captured_at, photos[-1].captured_at)
    return SharedLink(
        "", span, expires_at, provenance, first, with_location=with_location, photos=photos
    )


def store(table: TableStore, link: SharedLink) -> tuple[str, str]:
    """Store a link. Return its key, and its secret, which is never shown again."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = _key(secret)
    table.upsert(LINKS, key, link.to_properties())
    return key, secret


def new_form(now: datetime) -> str:
    """Return the id of a form by which a person makes a link. It is part of the link's secret."""
    return f"{milliseconds(now)}.{secrets.token_urlsafe(_SECRET_BYTES)}"


def store_by_form(
    table: TableStore, link: SharedLink, form: str, hours: int, now: datetime
) -> StoredLink | None:
    """Store a link, unless the same form was sent before with the same choice: a person clicked
    twice, or the browser repeated it. Return the link of before then, or None if that was revoked.

    The secret is a hash of the form's id and of what was chosen. A form that is older than FORM_TTL
    makes a new link each time, since nothing is remembered of it.
    """
    if not _is_recent(form, now):
        return StoredLink(*store(table, link), link.expires_at)
    chosen = link.to_properties() | {"until": "", "hours": str(hours), "form": form}
    digest = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).digest()
    secret = base64.urlsafe_b64encode(digest[:_SECRET_BYTES]).decode()
    key = _key(secret)
    is_known = not table.insert(LINK_FORMS, key, {"at": format_time(now)})
    row = table.get(LINK_FORMS, key) if is_known else None
    is_new = False
    if row is None or "made" not in row.properties:  # else it was revoked if it is not there
        is_new = table.insert(LINKS, key, link.to_properties())
        table.upsert(LINK_FORMS, key, {"at": format_time(now), "made": "yes"})
    stored = table.get(LINKS, key)
    return StoredLink(key, secret, _link(stored).expires_at, is_new) if stored else None


def is_form_expired(entity: Entity, now: datetime) -> bool:
    """Return whether the form of this record makes no difference any more."""
    return now - parse_time(entity.properties["at"]) > 2 * FORM_TTL


def _is_recent(form: str, now: datetime) -> bool:
    time, _, random_part = form.partition(".")
    if len(random_part) < _SECRET_BYTES or not (time.isascii() and time.isdecimal()):
        return False
    age = milliseconds(now) - int(time[:15])
    return timedelta(0) <= timedelta(milliseconds=age) < FORM_TTL


def find(table: TableStore, secret: str, now: datetime) -> SharedLink | None:
    """Return the link with this secret; None if it expired, was revoked, or never existed."""
    entity = table.get(LINKS, _key(secret))
    return None if entity is None or is_expired(entity, now) else _link(entity)


def open_link(
    table: TableStore, secret: str, now: datetime, *, is_further_page: bool = False
) -> SharedLink | None:
    """Return the link with this secret as `find` does, and count that it was opened at this moment:
    exactly, however many open it at once. A further page is not counted in an hour in which the
    link was opened before, since whoever leafs through it opened it once.

    Takes two requests, and two more for each other request that opens it at the same moment; one
    request if nothing is counted. Raises StorageUnavailableError if they are too many: nothing is
    shown that was not counted."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, _MAX_PAUSE))  # noqa: S311 - no secret
        entity = table.get(LINKS, _key(secret))
        if entity is None or is_expired(entity, now):
            return None
        link = _link(entity)
        if is_further_page and link.was_opened_in_hour(now):
            return link
        last = max(now, link.opened_at or now)
        count = {_OPENED: str(link.opened + 1), _OPENED_AT: format_time(last)}
        if table.replace(LINKS, entity, {**entity.properties, **count}):
            return link
    raise StorageUnavailableError("too many open a link at the same moment")


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


def remove_camera(table: TableStore, camera: str, log: Log) -> Iterator[SharedLink]:
    """Take a camera out of all links, so that they do not open what a later camera of its name
    sends: revoke those that open its photos alone, and take its photos out of those that open
    others, too. Yield each of them afterwards; `log` is called before. One request for each
    thousand links on record, and one or two for each of these. May be stopped at any point and
    called again."""
    for entity in query_all(table, LINKS):
        link, found = _link(entity), entity
        if camera not in link.cameras:
            continue
        is_of_others = link.cameras - {camera}
        log("took photos out of" if is_of_others else "revoked a link", link.label)
        for _ in range(_ATTEMPTS):
            if _remove_camera(table, found, camera):
                break
            if (again := table.get(LINKS, entity.key)) is None:  # somebody else revoked it
                break
            found = again  # opened at this moment
        else:
            raise StorageUnavailableError("too many open a link at the same moment")
        yield link


def _remove_camera(table: TableStore, entity: Entity, camera: str) -> bool:
    """Take a camera out of a link. Return False if somebody else changed the link just before."""
    link = _link(entity)
    left = [name for name in link.photos if name.camera != camera]
    if not left:
        table.remove(LINKS, entity.key)
        return True
    rest = link_to_photos(left, link.expires_at, link.provenance, link.with_location)
    return table.replace(LINKS, entity, {**entity.properties, **rest.to_properties()})


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
        opened=int(properties.get(_OPENED, "0")),
        opened_at=parse_time(properties[_OPENED_AT]) if _OPENED_AT in properties else None,
        photos=tuple(map(parse_name, properties.get("photos", "").split())),
    )


def _key(secret: str) -> str:
    return link_key(hash_secret(secret))
