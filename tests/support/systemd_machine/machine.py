"""A virtual machine in namespaces: a real systemd as their first process.

    with Machine(folder) as machine:
        machine.run("systemctl", "start", "some.service")

Its root is an overlay over the host's root: everything installed here is available, and what it
writes is in memory and discarded at the end. It has the host's network, so that servers on loopback
are reachable. `folder/shared` is /srv/shared inside. It has no devices, no udev, no memory limits,
and no clock of its own.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from tests.support.waiting import wait_for

BOOT = Path(__file__).with_name("boot.sh")
SYSTEMD = Path("/lib/systemd/systemd")
SHARED = Path("/srv/shared")
NAMESPACES = ("--mount", "--pid", "--uts", "--ipc")
# If this process is killed, or the thread that started it ends, the whole machine is killed.
CONTAINED = ("setpriv", "--pdeathsig", "KILL", "unshare", *NAMESPACES, "--fork", "--kill-child")
CGROUP = "nightjar-machine"

_numbers = itertools.count(1)


def missing() -> str | None:
    """Return why no machine can be booted here; None if it can."""
    if os.geteuid() != 0:
        return "a systemd in namespaces must be booted by root"
    if not SYSTEMD.exists():
        return f"there is no {SYSTEMD}: run tests/support/systemd_machine/install.sh"
    for command in ("setpriv", "unshare", "nsenter", "mount", "pivot_root"):
        if not shutil.which(command, path=search_path()):
            return f"there is no {command}: run tests/support/systemd_machine/install.sh"
    home = _cgroups()
    if home is None or not os.access(home, os.W_OK):
        return "a systemd in namespaces needs a cgroup2 file system in which it may create a group"
    unshared = subprocess.run([*CONTAINED, "unshare", "--cgroup", "true"], capture_output=True)
    if unshared.returncode != 0:
        return "a systemd in namespaces needs the permission to create namespaces"
    return None


def search_path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Machine:
    """One machine, running inside of `with`. `folder` must be empty and on a real file system."""

    def __init__(self, folder: Path) -> None:
        self.shared = folder / "shared"
        self.cgroup = (_cgroups() or Path()) / f"{CGROUP}-{os.getpid()}-{next(_numbers)}"
        self._root = folder / "machine"
        self._output = folder / "boot.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._init = 0

    def __enter__(self) -> Self:
        for cgroup in self.cgroup.parent.glob(f"{CGROUP}-*"):
            if not Path(f"/proc/{cgroup.name.split('-')[-2]}").exists():  # its creator was killed
                _remove(cgroup)
        for folder in (self.shared, self._root, self.cgroup):
            folder.mkdir()
        try:
            self._boot()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _boot(self) -> None:
        boot = ("sh", f"{BOOT}", f"{self._root}", f"{self.shared}", f"{self.cgroup}")
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*CONTAINED, *boot],
                env={**os.environ, "PATH": search_path()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._is_up, what=f"the machine (its output: {self._output})")

    def _is_up(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"no machine: {self._output.read_text()}"
        if not self._init:
            children = psutil.Process(self._process.pid).children()
            self._init = children[0].pid if children else 0
        if not self._init or Path(f"/proc/{self._init}/comm").read_text().strip() != "systemd":
            return False
        return self.run("systemctl", "is-active", "basic.target", check=False).returncode == 0

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside as root, and return the result; its `stdout` includes stderr.

        Raises AssertionError with that output if it fails and `check` is set. `env` adds to the
        environment; `timeout` is in seconds.
        """
        done = subprocess.run(
            self.inside(*command),
            env={**os.environ, "PATH": search_path(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
        return done

    def inside(self, *command: str | Path) -> list[str]:
        """Return the command that, run outside, runs this command inside."""
        enter = ("nsenter", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd")
        return [*enter, f"--target={self._init}", "--", *map(str, command)]

    def property(self, unit: str, name: str) -> str:
        """Return a property of a unit, as `systemctl show` prints it."""
        return self.run("systemctl", "show", unit, f"--property={name}", "--value").stdout.strip()

    def journal(self, unit: str | None = None, *options: str) -> str:
        """Return the messages of one unit, or of all, one a line. `options` are further options of
        journalctl."""
        self.sync_journal()
        of_unit = [f"--unit={unit}"] if unit else []
        return self.run("journalctl", "--no-pager", "--output=cat", *of_unit, *options).stdout

    def sync_journal(self) -> None:
        """Wait until all is stored that was logged until now: on a busy machine journald is late
        with what a service logged before it ended."""
        self.run("journalctl", "--sync")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside, and create its parent folders."""
        draft = self.shared / "draft"
        draft.write_text(text)
        self.run("install", "-D", f"-m{mode:o}", SHARED / draft.name, path)
        draft.unlink()

    def read(self, path: str) -> str:
        """Return the content of a file inside."""
        return self.run("cat", path).stdout

    def power_off(self) -> None:
        """Shut down cleanly by `poweroff`, and wait for the end."""
        assert self._process
        self.run("systemctl", "poweroff", "--no-block")
        self._process.wait(120)

    def kill(self) -> None:
        """Kill it, as a power cut does, and remove its cgroup."""
        if self._process:
            self._process.kill()
            self._process.wait()
        wait_for(lambda: _remove(self.cgroup), what="the end of the machine's processes")


def _cgroups() -> Path | None:
    """Return where the host has mounted its cgroup2 file system; None if it has none."""
    for mount in Path("/proc/mounts").read_text().splitlines():
        _, mount_point, kind, *_ = mount.split(" ")
        if kind == "cgroup2":
            return Path(mount_point)
    return None


def _remove(cgroup: Path) -> bool:
    """Remove a cgroup and those in it, and return whether that succeeded: it fails while a process
    is in them."""
    with suppress(OSError):
        for inner, _, _ in os.walk(cgroup, topdown=False):
            Path(inner).rmdir()
    return not cgroup.exists()
