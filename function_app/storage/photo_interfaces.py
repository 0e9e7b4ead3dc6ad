"""The interfaces of the stores of photos: their bytes, their index and their thumbnails. Every
method may raise StorageUnavailableError."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from function_app.storage.models import (
    LastSeen,
    NameReservation,
    Photo,
    PhotoTimes,
    Reindexed,
    State,
)
from function_app.storage.photo_counts import Arrival, PhotoCounts
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity
from photo_wire.media import Media
from photo_wire.name import PhotoName


class PhotoBlobs(Protocol):
    """The photos' bytes."""

    def add(self, photo: Photo, body: bytes) -> Photo | None:
        """Store the bytes, unless something is stored under the photo's path already: then change
        nothing and return that photo, or the tombstone that it left. Raises DamagedRecordError if
        it is neither."""
        ...

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        """Return `count` bytes of the photo from byte `first` on; None if it is not stored."""
        ...

    def find(self, name: PhotoName, media: Media) -> Photo | None:
        """Return the photo of this name and format, if its bytes are stored."""
        ...

    def find_or_tombstone(self, name: PhotoName, media: Media) -> Photo | None:
        """Return the photo of this name and format, or the tombstone that it left."""
        ...

    def remove(self, photo: Photo) -> None:
        """Remove the photo's bytes or its tombstone, if there is one."""
        ...

    def remove_unchanged(self, photo: Photo) -> None:
        """Remove the photo's bytes or its tombstone, unless something else is stored under its path
        since."""
        ...

    def write_tombstone(self, photo: Photo, now: datetime) -> None:
        """Replace the photo's bytes with a tombstone, so that they are not stored again."""
        ...

    def update(
        self, name: PhotoName, media: Media, change: Callable[[Photo], Photo | None]
    ) -> Photo | None:
        """Replace what is stored of a photo by what `change` makes of it, unless somebody else
        changed it meanwhile: then `change` is asked again. Its bytes stay, unless it becomes a
        tombstone; with None everything is removed. Return what is stored afterwards; None if
        nothing is.

        The same as was stored costs one request, anything else two. Raises DamagedRecordError if
        what is stored is neither a photo nor a tombstone.
        """
        ...

    def renew(self, photo: Photo) -> None:
        """Write what is stored of a photo beside its bytes once more as it is, if it is stored: the
        storage account deletes photos that nobody has written for long."""
        ...

    def cameras(self) -> list[str]:
        """Return the cameras of which something is stored."""
        ...

    def list_photos(self, camera: str) -> Iterator[Photo | None]:
        """Yield what is stored of a camera, the oldest photo first, tombstones included; None for
        each blob that Nightjar did not write."""
        ...

    def check(self) -> None:
        """Return if the store can be reached."""
        ...


class PhotoIndex(Protocol):
    """Which photos are indexed, how many there are, and what is known of their ids and cameras.
    Stubs are photos whose views are separate (View.stubs)."""

    def add(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        """Index the photo at this moment, unless one is indexed under its id already: then change
        nothing and return that one. `waiting` is how many others the device has in its backlog.

        Raises PhotoStateError, and changes nothing, if a photo of this id was reported as lost, or
        was deleted by a person.
        """
        ...

    def add_anyway(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        """As `add`, whatever became of a photo of this id."""
        ...

    def reindex(self, photo: Photo) -> Reindexed:
        """Write the photo's rows, whatever became of it since, with the time at which it was
        indexed before, or else was received. If another format is indexed under its id, that one
        stays."""
        ...

    def remove(self, photo: Photo, state: State) -> None:
        """Remove the photo from the index if it is there, subtract it from the counts, and record
        the state of its id: all of it, or nothing."""
        ...

    def unindex(self, photo: Photo, state: State) -> None:
        """As `remove`, but leave the counts alone: they do not contain the photo, or are to be
        invalidated."""
        ...

    def trash(self, photo: Photo) -> None:
        """Move a photo that is in the trash since its `deleted_at` from the index into the list of
        the trash, subtract it from the counts, and record that a person deleted it: all of it, or
        nothing. If it was not indexed, only list it there."""
        ...

    def restore(self, photo: Photo) -> bool:
        """Move a photo from the list of the trash back into the index, where it was among the
        arrivals, too, and add it to the counts: all of it, or nothing. Return False if it is not
        in that list, or other bytes with its id are."""
        ...

    def get_trashed(self, name: PhotoName) -> Photo | None:
        """Return the photo of this name, if it is in the list of the trash."""
        ...

    def list_trash(self, count: int, after: str = "", camera: str | None = None) -> list[Photo]:
        """Return up to `count` photos of the list of the trash, of one camera or of all, what was
        deleted last first; those after the position `after` (row_keys.trash_position)."""
        ...

    def forget_trashed(self, photo: Photo) -> None:
        """Remove a photo that was deleted at its `deleted_at` from the list of the trash, if it is
        there, and nothing else."""
        ...

    def update(self, photo: Photo) -> None:
        """Have the photo's rows, if it is indexed, agree with whether it is protected, and whether
        it is a stub: then the counts follow in the same transaction."""
        ...

    def retention_positions(self) -> dict[str, Entity]:
        """Return the row of each camera of which protected photos are older than retention allows:
        up to its position (`position_in`), retention has nothing to delete. One request for each
        thousand."""
        ...

    def save_retention_position(self, camera: str, position: str, read: Entity | None) -> bool:
        """Write such a row in place of the one that was `read`, or as the first one. Return False
        if it was changed since: a photo before this position may have to be deleted now."""
        ...

    def get(self, name: PhotoName) -> Photo | None:
        """Return the photo of this name, if it is indexed."""
        ...

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        """Return up to `count` photos of a view, or stubs, in its order, those that follow the
        photo `after`, which need not exist."""
        ...

    def query_some(self, view: View, cameras: Collection[str], count: int) -> list[Photo] | None:
        """Return up to `count` photos of a view of all cameras, in its order: those of these
        cameras, one at least. One request for up to 200 cameras, which looks through the photos of
        all cameras in the view; None if these are too many to find all."""
        ...

    def query_times(
        self, view: View, count: int, after: PhotoName | None = None
    ) -> list[PhotoTimes]:
        """As `query`, but read only when the photos were taken and received."""
        ...

    def list_arrivals(
        self, camera: str, before: datetime, count: int, after: str = ""
    ) -> list[Arrival]:
        """Return up to `count` of a camera's photos that were indexed before that moment, in the
        order in which they were, each with its position in that order; those after the position
        `after`."""
        ...

    def position(self, name: PhotoName) -> str | None:
        """Return the photo's position among its camera's arrivals; None if it is not indexed."""
        ...

    def list_orphans(self, camera: str) -> Iterator[str]:
        """Yield the positions among a camera's arrivals that belong to no indexed photo."""
        ...

    def remove_orphan(self, camera: str, position: str, counted: Photo | None = None) -> None:
        """Remove what is at this position among the camera's arrivals, and nothing else, unless its
        photo is indexed there again. If the counts contain it as a photo, `counted` is that photo:
        it is subtracted in the same transaction."""
        ...

    def count_photos(
        self, now: datetime, cameras: Mapping[str, LastSeen] | None = None
    ) -> dict[str, PhotoCounts]:
        """Return how many photos each camera has at this moment, by day, and save what was counted,
        so that the next count goes on from there. `cameras` spares one request if the caller has
        read them already."""
        ...

    def invalidate_counts(self, camera: str, until: datetime) -> None:
        """Have the next count of this camera begin anew, because photos that were indexed before
        `until` may have been removed without it."""
        ...

    def state(self, name: PhotoName) -> State | None:
        """Return what is known of this id; None if nothing is. Older versions recorded nothing."""
        ...

    def query_states(
        self, camera: str, start: datetime, end: datetime
    ) -> list[tuple[PhotoName, State]]:
        """Return what is known of the ids of a camera's photos that were taken from `start` until
        before `end` (whole seconds) and are not indexed."""
        ...

    def purge_states(self, camera: str, before: datetime) -> None:
        """Remove what was recorded before that moment of a camera's ids that are not indexed."""
        ...

    def record_losses(self, losses: Mapping[PhotoName, str]) -> set[PhotoName]:
        """Record that these photos, up to 100, were reported as lost, each with its SHA-256 (empty
        if not known). Return those that were not recorded because the photo had been stored (a
        state in CAME): one of this SHA-256, or any if it is not known."""
        ...

    def cameras(self, among: Collection[str] | None = None) -> dict[str, LastSeen]:
        """Return every camera that ever had a photo indexed, by its name; `among` limits them to
        these names. One request for each thousand."""
        ...

    def last_seen(self, camera: str) -> LastSeen | None:
        """Return what was last indexed of this camera; None if nothing ever was."""
        ...

    def update_last_seen(self, photo: Photo) -> None:
        """Make this photo its camera's last seen, unless a photo that was indexed later is; a stub
        its last stub."""
        ...

    def update_waiting(self, camera: str, waiting: int) -> None:
        """Record how many photos the camera's device has in its backlog, if the camera is known."""
        ...

    def first_seen(self) -> dict[str, datetime]:
        """Return when something of each camera first came; older versions did not record it."""
        ...

    def is_first_seen_known(self, camera: str) -> bool:
        """Return whether it is recorded when something of this camera first came."""
        ...

    def record_first_seen(self, camera: str, now: datetime) -> None:
        """Record that something of this camera came now, unless something is recorded already."""
        ...

    def forget_camera(self, camera: str) -> None:
        """Remove the counts and all that is known of a camera that has no indexed photos. Its ids
        stay known."""
        ...

    def reserve_name(self, reservation: NameReservation) -> NameReservation:
        """Keep the reservation, unless one is kept for the same camera and bytes; return the kept
        one."""
        ...

    def check(self) -> None:
        """Return if the index can be reached."""
        ...


class Thumbnails(Protocol):
    """Small pictures of photos."""

    def read(self, photo: Photo) -> bytes | None:
        """Return the photo's thumbnail; None if none was made yet, empty if none can be made."""
        ...

    def write(self, photo: Photo, body: bytes) -> None:
        """Store a thumbnail; an empty one records that none can be made."""
        ...

    def remove(self, name: PhotoName) -> None:
        """Remove the photo's thumbnail, if there is one."""
        ...

    def list_names(self, camera: str) -> Iterator[PhotoName]:
        """Yield the photos of a camera that have thumbnails, the oldest first."""
        ...
