"""What is known of a photo's id, also when the photo is not listed."""

from enum import IntEnum, StrEnum

from photo_wire.media import Media
from photo_wire.name import PhotoName


class State(StrEnum):
    """What is known of a photo's id. The words are kept in the store."""

    LISTED = "listed"
    LOST = "lost"  # its device reported it lost, and it never came
    DELETED = "deleted"  # a person deleted it
    EXPIRED = "expired"  # retention deleted it
    MISSING = "missing"  # its bytes were gone from the store


CAME = (State.LISTED, State.DELETED, State.EXPIRED)
"""The states of a photo that was stored, and of which nothing was lost."""


class PhotoStateError(Exception):
    """A photo is not listed because of what is known of its id. `media`: of which kind it was."""

    def __init__(self, name: PhotoName, state: State, media: Media) -> None:
        super().__init__(f"{name} is {state}")
        self.state = state
        self.media = media


class Relisted(IntEnum):
    """What `PhotoIndex.relist` did. The first counts as false."""

    OTHER_FORMAT = 0  # nothing: a photo of another kind is listed under the id
    REWRITTEN = 1  # its rows were there
    ADDED = 2  # it had none
