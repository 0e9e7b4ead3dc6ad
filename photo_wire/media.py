"""The three kinds of photo, each with its Content-Type and the suffix of its files."""

from enum import Enum


class Media(Enum):
    """A JPEG, a raw DNG, or a short MP4 clip."""

    JPEG = ("image/jpeg", "jpg")
    DNG = ("image/x-adobe-dng", "dng")
    MP4 = ("video/mp4", "mp4")

    def __init__(self, content_type: str, suffix: str) -> None:
        self.content_type = content_type
        self.suffix = suffix

    @classmethod
    def of_content_type(cls, text: str) -> "Media | None":
        """Return the kind that a Content-Type names; None if it names none. Parameters and case are
        ignored."""
        essence = text.partition(";")[0].strip().lower()
        return next((kind for kind in cls if kind.content_type == essence), None)

    @classmethod
    def of_suffix(cls, suffix: str) -> "Media | None":
        """Return the kind whose files end in `suffix` (without the dot); None if there is none."""
        return next((kind for kind in cls if kind.suffix == suffix), None)
