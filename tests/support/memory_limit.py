"""A limit of the memory of a process and its children, by a cgroup of its own.

The process starts inside the group, so that everything it allocates is counted: what a process has
allocated before it is moved into a group stays charged to the group before.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.waiting import wait_for

_INSIDE = 'echo $$ > "$0/cgroup.procs" && exec "$@"'  # of sh: $0 is the group


@dataclass(frozen=True)
class _Files:
    """The names of a group's files in one version of cgroups (cgroups(7))."""

    limit: str
    swap_limit: str
    peak: str
    events: str  # with a line "oom_kill COUNT"


_V1 = _Files(
    "memory.limit_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.max_usage_in_bytes",
    "memory.oom_control",
)
_V2 = _Files("memory.max", "memory.swap.max", "memory.peak", "memory.events")


def missing() -> str | None:
    """Return why no memory can be limited here; None if it can."""
    if os.geteuid() != 0:
        return "only root may create a cgroup"
    found = _find_parent()
    if found is None:
        return "no cgroup file system with the memory controller is mounted"
    if not os.access(found[0], os.W_OK):
        return f"{found[0]} cannot be written"
    return None


class MemoryLimit:
    """A cgroup in which processes have `size` bytes together, and no swap. It exists inside of
    `with`; end its processes before the end of the block."""

    def __init__(self, size: int) -> None:
        found = _find_parent()
        assert found, missing()
        parent, self._files = found
        self._size = size
        self._group = parent / f"nightjar-memory-{os.getpid()}-{id(self)}"

    def __enter__(self) -> Self:
        self._group.mkdir()
        try:
            self._write(self._files.limit, self._size)
            swap = self._size if self._files is _V1 else 0  # v1 limits the sum
            if (self._group / self._files.swap_limit).exists():
                self._write(self._files.swap_limit, swap)
        except BaseException:
            self._group.rmdir()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        wait_for(self._remove, what="the end of all processes in the group")

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` inside the group."""
        return ["sh", "-c", _INSIDE, str(self._group), *command]

    @property
    def peak(self) -> int:
        """The most memory that was in use at once, in bytes: that of the processes, and of files
        that the kernel keeps for them and could drop."""
        return int((self._group / self._files.peak).read_text())

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed because the limit was reached."""
        lines = (self._group / self._files.events).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def _write(self, file: str, value: int) -> None:
        (self._group / file).write_text(str(value))

    def _remove(self) -> bool:
        try:
            self._group.rmdir()
        except FileNotFoundError:
            return True
        except OSError:  # a process is still in it
            return False
        return True


def _find_parent() -> tuple[Path, _Files] | None:
    """Return in which group a new one may be made, and how its files are named.

    With version 1 that is the group of this process, so that its own limits hold, too. With version
    2 a group that has processes cannot have groups with controllers, so it is the topmost.
    """
    for mount in Path("/proc/mounts").read_text().splitlines():
        _, mount_point, kind, options, *_ = mount.split(" ")
        if kind == "cgroup" and "memory" in options.split(","):
            groups = Path("/proc/self/cgroup").read_text().splitlines()
            own = next(path for _, names, path in _parts(groups) if "memory" in names.split(","))
            inside = Path(mount_point) / own.lstrip("/")
            return (inside if inside.exists() else Path(mount_point)), _V1
        if kind == "cgroup2":
            controllers = Path(mount_point) / "cgroup.subtree_control"
            if "memory" in controllers.read_text().split():
                return Path(mount_point), _V2
    return None


def _parts(groups: list[str]) -> list[list[str]]:
    return [line.split(":", 2) for line in groups]
