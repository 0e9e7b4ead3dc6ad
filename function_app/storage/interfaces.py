"""What the rest of the backend asks of the stores."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from function_app.storage.models import KeptAlert, NameReservation, Photo, Relisted, Seen, State
from function_app.storage.row_keys import View
from function_app.storage.table_store import ConditionalUpdate
from photo_wire.media import Media
from photo_wire.name import PhotoName


class PhotoBlobs(Protocol):
    """The photos' bytes. Every method may raise StorageUnavailableError."""

    def add(self, photo: Photo, body: bytes) -> Photo | None:
        """Store the bytes, unless there is something under the photo's path already: then change
        nothing and return the photo that is there (or was, and left its mark), or raise
        DamagedRecordError if it is none."""
        ...

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        """`count` bytes of the photo from byte `first` on; None if it is gone."""
        ...

    def find(self, name: PhotoName, media: Media) -> Photo | None:
        """The photo of this name and kind, if its bytes are stored."""
        ...

    def find_or_tombstone(self, name: PhotoName, media: Media) -> Photo | None:
        """The photo of this name and kind, also if its bytes were stored and left a mark."""
        ...

    def remove(self, photo: Photo) -> None:
        """Remove the photo's bytes or the mark that they left, if they are there."""
        ...

    def mark_deleted(self, photo: Photo, now: datetime) -> None:
        """Leave a mark in the place of the photo's bytes, so that they are not stored again."""
        ...

    def cameras(self) -> list[str]:
        """The cameras of which something is stored."""
        ...

    def query(self, camera: str) -> Iterator[Photo | None]:
        """What is stored of a camera, the oldest photo first, with the marks of deleted ones; None
        where it is no photo of Nightjar's."""
        ...

    def check(self) -> None:
        """Return if the store answers."""
        ...


Uncount = Callable[[str], ConditionalUpdate]
"""What changes in the tally when the photo at this place among its camera's arrivals goes."""


class PhotoIndex(Protocol):
    """Which photos there are. Every method may raise StorageUnavailableError."""

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        """List the photo at this moment, unless one is listed under its id already: then change
        nothing and return that one. `waiting` is what the device says of the others.

        Raises PhotoStateError, and changes nothing, if a photo of this id was reported as lost, or
        was deleted by a person.
        """
        ...

    def add_anyway(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        """As `add`, whatever became of a photo of this id."""
        ...

    def get(self, name: PhotoName) -> Photo | None:
        """The photo of this name, if it is listed."""
        ...

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        """Up to `count` photos of a view, in its order; `after` leaves out the photos up to and
        including the one of that name, which need not exist."""
        ...

    def arrived(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[tuple[str, Photo]]:
        """Up to `count` of a camera's photos that were listed before that moment, in that order,
        each with its place in it; behind the place `after`."""
        ...

    def place(self, name: PhotoName) -> str | None:
        """The listed photo's place among its camera's arrivals; None if it is not listed."""
        ...

    def strays(self, camera: str) -> Iterator[str]:
        """The places among a camera's arrivals that are no listed photo's own."""
        ...

    def forget(self, camera: str, place: str, uncount: Uncount | None = None) -> None:
        """Remove what is at this place among the camera's arrivals, if something is, and nothing
        else; with `uncount`'s change to the tally: both, or neither."""
        ...

    def relist(self, photo: Photo) -> Relisted:
        """List the photo, at the moment at which it was listed before, or else at the one at which
        it was received, whatever became of it since. If a photo of another kind is listed under
        its id, that one stays."""
        ...

    def state(self, name: PhotoName) -> State | None:
        """What is known of this id; None if nothing is. An older version noted it of no photo."""
        ...

    def forget_states(self, camera: str, before: datetime) -> None:
        """Forget what was noted before that moment of a camera's photos that are not listed."""
        ...

    def note_losses(self, lost: Mapping[PhotoName, str]) -> set[PhotoName]:
        """Note that these photos were reported as lost, up to 100, each with its SHA-256 (empty if
        that is not known). Return those of which nothing is noted, because they came (CAME): the
        photo of this SHA-256, or any if it is not known, was stored under this id."""
        ...

    def note(self, photo: Photo) -> None:
        """Note this photo as the last that was listed of its camera, if none is noted that was
        listed later."""
        ...

    def remove(
        self, photo: Photo, uncount: Uncount | None = None, state: State = State.EXPIRED
    ) -> None:
        """Take the photo off the list, if it is there, note the state of its id, and make
        `uncount`'s change to the tally: all of it, or nothing."""
        ...

    def note_waiting(self, camera: str, waiting: int) -> None:
        """Note how many photos wait on the camera's device, if the camera is known."""
        ...

    def forget_camera(self, camera: str) -> None:
        """Forget what is noted and counted of a camera of which nothing is listed."""
        ...

    def last_seen(self, camera: str) -> Seen | None:
        """Return what was last listed of this camera; None if nothing ever was."""
        ...

    def cameras(self) -> dict[str, Seen]:
        """Every camera that ever had a photo listed, by its name."""
        ...

    def claim(self, claim: NameReservation) -> NameReservation:
        """Keep the claim, unless one is kept for the same camera and bytes; return the kept one."""
        ...

    def check(self) -> None:
        """Return if the index answers."""
        ...


class Thumbnails(Protocol):
    """Small pictures of photos. Every method may raise StorageUnavailableError."""

    def read(self, photo: Photo) -> bytes | None:
        """The photo's thumbnail; None if none was made yet, nothing if none can be made."""
        ...

    def write(self, photo: Photo, body: bytes) -> None:
        """Keep a thumbnail, or that none can be made."""
        ...

    def remove(self, name: PhotoName) -> None:
        """Remove it, if there is one."""
        ...

    def query(self, camera: str) -> Iterator[PhotoName]:
        """The photos of a camera of which there are thumbnails, the oldest first."""
        ...


class Alerts(Protocol):
    """What the devices told. Every method may raise StorageUnavailableError."""

    def add(self, alerts: list[KeptAlert]) -> None:
        """Keep these alerts, but for those of which one of the same id and kind is kept already, or
        comes before them here."""
        ...

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[KeptAlert]:
        """Up to `count` alerts, the last that came in first, those that were taken back among them:
        those behind the key `after`, and before the key `end`."""
        ...

    def newest_of(self, camera: str, count: int, after: str | None) -> list[KeptAlert]:
        """Up to `count` alerts of a camera that were not taken back, the last that came in first:
        those behind the key `after`, which may be another camera's."""
        ...

    def index_by_camera(self) -> None:
        """Copy alerts of before there were lists by camera into them; return at once when all are.
        The first calls read all alerts, so they are a timer's."""
        ...

    def find(self, name: PhotoName, kind: str) -> KeptAlert | None:
        """The alert of this id and kind, also if it was taken back; None for one that is not kept,
        or was by an older version."""
        ...

    def take_back(self, kept: KeptAlert) -> None:
        """Leave an alert out of the lists from now on."""
        ...

    def remove_some_of(self, camera: str) -> int:
        """Remove some alerts of a camera; return how many, 0 if there are none."""
        ...
