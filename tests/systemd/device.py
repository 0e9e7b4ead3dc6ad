"""A machine with an installed device, and what an administrator does there."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.processes import ROOT
from tests.support.pictures import jpeg
from tests.support.systemd_machine.machine import SHARED, Machine
from tests.support.waiting import wait_for

CAPTURE, UPLOAD = "pi-uploader-capture.service", "pi-uploader-upload.service"
SCHEDULED, TIMER = "pi-uploader-scheduled.service", "pi-uploader-scheduled.timer"
SERVE, MQTT = "pi-uploader-serve.service", "pi-uploader-mqtt.service"
DETECT = "pi-uploader-detect.service"
SOCKET = "pi-uploader-serve.socket"
UNITS = (SOCKET, TIMER, SCHEDULED, CAPTURE, UPLOAD, SERVE, MQTT, DETECT)
SPOOL = "/var/lib/pi-uploader/spool"
INSTALL = f"{SHARED}/source/systemd/install.sh"
UNINSTALL = f"{SHARED}/source/systemd/uninstall.sh"


@dataclass
class Device:
    """`key` is the function key with which it was installed, `page_password` that of its page."""

    machine: Machine
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    page_password: str = field(default="", repr=False)
    _cursor: str = ""

    def install(self, *options: str, url: str = "", name: str = "") -> str:
        """Run install.sh, without Debian's packages; return its output."""
        key = "" if "--key-file" in options else self.key
        env = {"BASE_URL": url, "CAMERA_NAME": name, "AZURE_FUNCTION_KEY": key}
        env |= {"SERVE_PASSWORD": self.page_password} if self.page_password else {}
        command = ("sh", INSTALL, "--packages", "none", *options)
        return self.machine.run(*command, env=env, timeout=300).stdout

    def bring_source(self) -> None:
        """Copy what install.sh installs to the machine, and pictures to replay."""
        source = self.machine.shared / "source"
        unneeded = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
        for folder in ("photo_wire", "pi_uploader", "systemd"):
            shutil.copytree(ROOT / folder, source / folder, ignore=unneeded)
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / file, source)
        pictures = self.machine.shared / "pictures"
        pictures.mkdir()
        for number in range(5):
            (pictures / f"{number}.jpg").write_bytes(jpeg(seed=number))

    def reset(self) -> None:
        """Stop everything, delete all photos and changes of a test, and begin a new part of the
        journal."""
        run = self.machine.run
        run("systemctl", "stop", *UNITS, "time-sync.target")
        run("rm", "-rf", SPOOL)
        run("find", "/run/systemd/system", "-mindepth", "1", "-delete")
        run("systemctl", "daemon-reload")
        run("systemctl", "reset-failed")
        self.machine.sync_journal()
        shown = run("journalctl", "--lines=0", "--show-cursor").stdout
        self._cursor = shown.partition("cursor: ")[2].strip()

    def configure(self, **settings: str) -> None:
        """Write these settings, for a camera that replays a picture each second."""
        defaults = {
            "CAMERA_SOURCE": "simulated",
            "CAMERA_REPLAY": f"{SHARED}/pictures",
            "CAMERA_EVERY": "1s",
            "CAMERA_CLOCK": "trusted",
            "PIR_PIN": "none",
        }
        lines = [f"{name}={value}\n" for name, value in (defaults | settings).items()]
        self.machine.write("/etc/pi-uploader/environment", "".join(lines), 0o600)

    def change(self, unit: str, *lines: str) -> None:
        """Change a unit as `systemctl edit --runtime` does, until the next `reset`."""
        self.machine.write(f"/run/systemd/system/{unit}.d/test.conf", "\n".join((*lines, "")))
        self.machine.run("systemctl", "daemon-reload")

    def start(self, *units: str) -> None:
        self.machine.run("systemctl", "start", *units)

    def stop(self, *units: str) -> None:
        self.machine.run("systemctl", "stop", *units)

    def state(self, unit: str) -> str:
        return self.machine.property(unit, "ActiveState")

    def restarts(self, unit: str) -> int:
        return int(self.machine.property(unit, "NRestarts"))

    def signal(self, unit: str, name: str) -> None:
        """Send a signal to the unit's main process alone."""
        self.machine.run("systemctl", "kill", "--kill-whom=main", f"--signal={name}", unit)

    def journal(self, unit: str) -> str:
        """Return the journal of this unit since the test began."""
        after = (f"--after-cursor={self._cursor}",) if self._cursor else ()
        return self.machine.journal(unit, *after)

    def taken(self) -> set[str]:
        """Return the ids of the photos that were taken, according to the log."""
        entries = "".join(self.journal(unit) for unit in (CAPTURE, SCHEDULED))
        lines = [line.split() for line in entries.splitlines() if ": photo taken " in line]
        return {fields[fields.index("taken") + 1] for fields in lines}

    def waiting(self) -> set[str]:
        """Return the ids of the photos in the spool."""
        paths = self.machine.run("find", SPOOL, "-name", "*~*", "-type", "f").stdout.splitlines()
        return {path.rpartition("/")[2].split("~")[1] for path in paths}

    def wait_for_photos(self, count: int) -> None:
        """Wait until `count` more photos are taken."""
        before = len(self.taken())
        wait_for(lambda: len(self.taken()) >= before + count, what=f"{count} more photos")

    def wait_for_journal(self, unit: str, texts: str | Sequence[str]) -> None:
        expected = [texts] if isinstance(texts, str) else texts
        wait_for(
            lambda: all(one in self.journal(unit) for one in expected),
            what=f"{expected} in the journal",
        )
