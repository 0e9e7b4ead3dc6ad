"""The settings that capturing and uploading have in common.

Capturing (capture.py) and uploading (upload.py) each read their own, so that a mistake in one never
stops the other. load.py reads them from the environment and the config file.
"""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pi_uploader.settings import values
from pi_uploader.settings.setting import Default, Group, Setting, setting
from pi_uploader.settings.source import ConfigFile, Environment, Source


def spool_folder(source: Source) -> str:
    """Return the default folder of the spool: in systemd's state directory, else in the user's."""
    environ = source.environ
    if state := environ.get("STATE_DIRECTORY", "").partition(":")[0]:  # systemd may give several
        return f"{state}/spool"
    state = environ.get("XDG_STATE_HOME", "")
    home = environ.get("HOME") or "~"
    # The XDG specification has relative paths ignored.
    return f"{state if state.startswith('/') else home + '/.local/state'}/pi-uploader/spool"


def runtime_folder(source: Source) -> str:
    """Return systemd's runtime directory, else a folder in the user's, else a temporary folder of
    our own."""
    environ = source.environ
    for folder in environ.get("RUNTIME_DIRECTORY", "").split(":"):  # systemd may give several
        if folder.endswith("/pi-uploader"):
            return folder
    if environ.get("XDG_RUNTIME_DIR", "").startswith("/"):
        return f"{environ['XDG_RUNTIME_DIR']}/pi-uploader"
    import tempfile  # not on an installed Pi, where systemd makes the folder

    return f"{tempfile.gettempdir()}/pi-uploader-{os.getuid()}"


@dataclass(frozen=True, kw_only=True)
class Settings(Group):
    """The settings of capturing and uploading. `keep` is seconds, None: a photo leaves the device
    when it is uploaded. `upload` False: photos stay on the device."""

    title: ClassVar[str] = "capturing and uploading"

    spool: Path = setting(
        "CAMERA_SPOOL",
        values.folder,
        "the absolute path of a folder, such as /var/lib/pi-uploader/spool",
        "Folder in which photos wait until the backend has confirmed them.",
        default=Default(
            spool_folder,
            "$STATE_DIRECTORY/spool under systemd, else "
            "$XDG_STATE_HOME/pi-uploader/spool, else ~/.local/state/pi-uploader/spool",
        ),
    )
    runtime: Path = setting(
        "CAMERA_RUNTIME_FOLDER",
        values.folder,
        "the absolute path of a folder on another disk or in memory, such as /run/pi-uploader",
        "Folder for records of lost photos while the spool's own disk takes none: it is read-only "
        "or full.",
        default=Default(
            runtime_folder,
            "/run/pi-uploader under systemd, else $XDG_RUNTIME_DIR/pi-uploader, else a "
            "folder of temporary files",
        ),
    )
    upload: bool = setting(
        "CAMERA_UPLOAD",
        values.switch,
        "on or off",
        "off: the photos stay on this device, in the folder kept of the spool.",
        default="on",
    )
    keep: float | None = setting(
        "CAMERA_KEEP",
        values.interval,
        "a duration such as 120d, or off",
        "Time for which photos are kept on this device, too, after they were uploaded.",
        default="off",
    )
    keep_bytes: int | None = setting(
        "CAMERA_KEEP_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Maximum disk space for kept photos. Above it the oldest are deleted.",
        default="off",
    )
    spool_bytes: int | None = setting(
        "CAMERA_SPOOL_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Maximum disk space for photos. Above it the least valuable is evicted, and its loss "
        "reported.",
        default="off",
    )
    reserve_bytes: int = setting(
        "CAMERA_RESERVE_MB",
        values.reserve,
        "a whole number of megabytes",
        "Free space to reserve for the system.",
        default="64",
    )
    clock_is_trusted: bool = setting(
        "CAMERA_CLOCK",
        values.is_trusted,
        "ntp or trusted",
        "ntp: the clock counts as set once the network has set it; trusted: always, since the "
        "device has a clock chip, or is a PC or a container.",
        default="ntp",
    )

    @classmethod
    def read_others(
        cls, environ: Environment, file: ConfigFile | None
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the fields that are not settings of the device, and what is wrong with them."""
        return {}, []

    @property
    def missing(self) -> list[str]:
        """Return a line for each secret that is needed and not set, as far as that is known."""
        return []

    @property
    def warnings(self) -> list[str]:
        """Return what a person should know about settings that are right."""
        return self.missing

    @classmethod
    def all_settings(cls) -> list[Setting]:
        """Return the settings of the table, and those of the cameras that belong to it."""
        return [one for _, one in cls.table()]
