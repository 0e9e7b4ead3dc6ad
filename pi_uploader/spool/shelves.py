"""The two folders of photos that wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pi_uploader.spool.entry import SpooledPhoto


@dataclass(frozen=True, slots=True)
class Shelves:
    """`waiting`: photos that wait to be sent. `undated`: those that wait for the clock to be set
    before."""

    waiting: Path
    undated: Path

    def __iter__(self) -> Iterator[Path]:
        return iter((self.waiting, self.undated))

    def path(self, photo: SpooledPhoto) -> Path:
        """Where this photo lies while it waits."""
        return (self.undated if photo.taken else self.waiting) / photo.path
