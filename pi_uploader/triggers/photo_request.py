"""A photo that somebody asked for, and waits for."""

import threading

from photo_wire.name import PhotoName


class PhotoRequest:
    """Asks a camera for one photo, whose id ends with `tag` (eight hex digits), or for a clip of
    `clip_seconds`. The camera's thread calls `finish` or `fail`, the first call counts."""

    def __init__(self, tag: str, clip_seconds: float | None = None) -> None:
        self.tag = tag
        self.clip_seconds = clip_seconds
        self.photo: PhotoName | None = None
        self.problem = ""
        self._is_answered = threading.Event()

    def finish(self, photo: PhotoName) -> None:
        """Report that the photo is in the spool."""
        self.photo = photo
        self._is_answered.set()

    def fail(self, problem: str) -> None:
        """Report that there will be no photo, unless there is one."""
        if not self.is_answered:
            self.problem = problem
            self._is_answered.set()

    @property
    def is_answered(self) -> bool:
        """Whether the photo is in the spool, or there will be none."""
        return self._is_answered.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it is answered, at most `seconds`; return whether it is."""
        return self._is_answered.wait(seconds)
