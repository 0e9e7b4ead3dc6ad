"""How many photos the folders of the spool hold, of which cameras, and how many bytes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.photo import cameras_and_sizes


class Totals(NamedTuple):
    """The photos of one folder: the bytes of all, and the number of each camera."""

    bytes: int = 0
    cameras: Mapping[str, int] = MappingProxyType({})

    @property
    def photos(self) -> int:
        return sum(self.cameras.values())


class CachedTotals:
    """The totals of the folders that `list_folders` returns. Only a folder that has changed is read
    again. Several threads may use it."""

    def __init__(self, list_folders: Callable[[], Iterable[Path]], disk: Disk) -> None:
        self._list_folders = list_folders
        self._disk = disk
        self._known: dict[Path, tuple[int | None, Totals]] = {}  # folder: when it changed, totals

    def read(self) -> list[Totals]:
        """Return the totals of each folder. One that cannot be read counts as it was."""
        known: dict[Path, tuple[int | None, Totals]] = {}
        for folder in self._list_folders():
            known[folder] = self._known.get(folder, (None, Totals()))
            try:
                changed_at = self._disk.changed_at(folder)
                if changed_at is None or changed_at != known[folder][0]:
                    known[folder] = changed_at, self._read(folder)
            except FileNotFoundError:  # the uploader has just removed the empty folder
                del known[folder]
            except OSError:
                continue
        self._known = known
        return [totals for _, totals in known.values()]

    def _read(self, folder: Path) -> Totals:
        photos = cameras_and_sizes(self._disk.names(folder))
        cameras = Counter(camera for camera, _ in photos)
        return Totals(sum(size for _, size in photos), cameras)
