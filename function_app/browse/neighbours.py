"""A photo between the next newer and the next older one, of its camera or of all."""

from typing import NamedTuple

from function_app.storage.models import Photo
from function_app.storage.photo_interfaces import PhotoIndex
from function_app.storage.row_keys import View
from photo_wire.moment import just_after
from photo_wire.name import PhotoName

MAX_TIES = 20  # photos of one millisecond that are read at once


class Neighbours(NamedTuple):
    """`photo` is None if it is not indexed. The others are then those beside its place."""

    photo: Photo | None
    newer: Photo | None
    older: Photo | None


def find_neighbours(
    index: PhotoIndex, name: PhotoName, camera: str | None, stubs: bool = False
) -> Neighbours:
    """Return a photo with its neighbours among those of this camera (None: all), or a stub with
    its neighbours among the stubs, in the order of the list, in which photos of the same
    millisecond are sorted by their ids. It takes two requests to the table, and further ones if
    over MAX_TIES photos have the same millisecond."""
    until_then = View(camera, until=just_after(name.captured_at), stubs=stubs)
    # The two orders differ among photos of one millisecond, so these are looked through here.
    here = index.query(until_then, MAX_TIES + 2)
    position = sum(_precedes(one.name, name) for one in here)
    if len(here) == MAX_TIES + 2 and position > MAX_TIES:  # it is further down, if it is there
        here = [one for one in (index.get(name),) if one and one.is_stub is stubs]
        here += index.query(until_then, 1, name)
        position = 0
    has_photo = position < len(here) and here[position].name == name
    photo = here[position] if has_photo else None
    older = here[position + has_photo :][:1]
    newer = here[position - 1 : position] if position else _newer(index, name, camera, stubs)
    return Neighbours(photo, next(iter(newer), None), next(iter(older), None))


def _newer(index: PhotoIndex, name: PhotoName, camera: str | None, stubs: bool) -> list[Photo]:
    if (since := just_after(name.captured_at)) is None:
        return []
    later = index.query(View(camera, since, oldest_first=True, stubs=stubs), MAX_TIES)
    return [one for one in later if one.name.captured_at == later[0].name.captured_at][-1:]


def _precedes(one: PhotoName, other: PhotoName) -> bool:
    """Return whether `one` comes before `other` in the list with the newest first."""
    if one.captured_at != other.captured_at:
        return one.captured_at > other.captured_at
    return str(one) < str(other)
