"""A machine of its own: a real systemd as the first process of fresh namespaces.

    with Machine(folder) as machine:
        machine.run("systemctl", "start", "some.service")

It stands on this host's root as an overlay, so that everything installed here is there, and what
it writes goes into memory and is gone at the end. The network is the host's: what listens on
loopback can be reached. `folder/shared` is /srv/shared inside. What such a machine has not:
devices, udev, memory limits, a clock of its own.
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
# A kill of this process, or the end of the thread that started it, kills the whole machine.
CONTAINED = ("setpriv", "--pdeathsig", "KILL", "unshare", *NAMESPACES, "--fork", "--kill-child")
CGROUP = "nightjar-machine"

_numbers = itertools.count(1)


def missing() -> str | None:
    """Why no machine can be booted here; None if one can."""
    if os.geteuid() != 0:
        return "a systemd in namespaces has to be booted by root"
    if not SYSTEMD.exists():
        return f"there is no {SYSTEMD}: run tests/support/systemd_machine/install.sh"
    for command in ("setpriv", "unshare", "nsenter", "mount", "pivot_root"):
        if not shutil.which(command, path=search_path()):
            return f"there is no {command}: run tests/support/systemd_machine/install.sh"
    home = _cgroups()
    if home is None or not os.access(home, os.W_OK):
        return "a systemd in namespaces needs a cgroup2 file system in which it may make a group"
    tried = subprocess.run([*CONTAINED, "unshare", "--cgroup", "true"], capture_output=True)
    if tried.returncode != 0:
        return "a systemd in namespaces needs the right to make namespaces"
    return None


def search_path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Machine:
    """One machine, from `with` on. `folder` is an empty one on a real file system."""

    def __init__(self, folder: Path) -> None:
        self.shared = folder / "shared"
        self.cgroup = (_cgroups() or Path()) / f"{CGROUP}-{os.getpid()}-{next(_numbers)}"
        self._root = folder / "machine"
        self._output = folder / "boot.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._init = 0

    def __enter__(self) -> Self:
        for left in self.cgroup.parent.glob(f"{CGROUP}-*"):
            if not Path(f"/proc/{left.name.split('-')[-2]}").exists():  # who made it was killed
                _removed(left)
        for one in (self.shared, self._root, self.cgroup):
            one.mkdir()
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
        """Run a command inside, as root; the result has its whole output, errors too, as `stdout`.

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
        """What runs this command inside when it is run outside."""
        enter = ("nsenter", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd")
        return [*enter, f"--target={self._init}", "--", *map(str, command)]

    def property(self, unit: str, name: str) -> str:
        """A property of a unit, as `systemctl show` gives it."""
        return self.run("systemctl", "show", unit, f"--property={name}", "--value").stdout.strip()

    def journal(self, unit: str | None = None, *options: str) -> str:
        """What the journal holds, of one unit or all, one message a line. `options` are further
        ones of journalctl."""
        of_unit = [f"--unit={unit}"] if unit else []
        return self.run("journalctl", "--no-pager", "--output=cat", *of_unit, *options).stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside. The folders above it are made."""
        passed = self.shared / "passed"
        passed.write_text(text)
        self.run("install", "-D", f"-m{mode:o}", SHARED / passed.name, path)
        passed.unlink()

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def power_off(self) -> None:
        """Shut down in order, as `poweroff` does, and wait for the end."""
        assert self._process
        self.run("systemctl", "poweroff", "--no-block")
        self._process.wait(120)

    def kill(self) -> None:
        """End it at once, as a power cut does, and take away what it stood on."""
        if self._process:
            self._process.kill()
            self._process.wait()
        wait_for(lambda: _removed(self.cgroup), what="the end of the machine's processes")


def _cgroups() -> Path | None:
    """Where the host has its cgroup2 file system."""
    for mount in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = mount.split(" ")
        if kind == "cgroup2":
            return Path(place)
    return None


def _removed(cgroup: Path) -> bool:
    """Try to remove a cgroup and those in it; no process may be left in them."""
    with suppress(OSError):
        for inner, _, _ in os.walk(cgroup, topdown=False):
            Path(inner).rmdir()
    return not cgroup.exists()
