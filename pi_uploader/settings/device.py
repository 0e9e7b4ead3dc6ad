"""The settings of the whole device: where its spool is, how it captures, how it uploads.

Capturing and uploading each have their own, so that a mistake in one never stops the other.
"""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

import math
import os
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pi_uploader.settings import values
from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.setting import Group, Setting, SettingsError, required, setting
from pi_uploader.settings.source import (
    ConfigFile,
    Environment,
    Source,
    Variables,
    config_file,
)
from pi_uploader.settings.system_zone import system_zone
from pi_uploader.settings.unknown_settings import misspelt
from pi_uploader.settings.used_twice import cameras_used_twice, pins_used_twice

MAX_UPLOAD_SECONDS = 220.0  # for a photo to go up; Azure's load balancer ends a request after 230
FULL_PHOTO = 5_000_000  # bytes; a JPEG of 12 megapixels


def spool_folder(source: Source) -> str:
    """Where the spool lies by default: in systemd's state directory, else in the user's."""
    environ = source.environ
    if state := environ.get("STATE_DIRECTORY", "").partition(":")[0]:  # systemd may give several
        return f"{state}/spool"
    state = environ.get("XDG_STATE_HOME", "")
    home = environ.get("HOME") or "~"
    # The XDG specification has relative paths ignored.
    return f"{state if state.startswith('/') else home + '/.local/state'}/pi-uploader/spool"


def runtime_folder(source: Source) -> str:
    """Where systemd's runtime directory is, else the user's, else a folder of our own among the
    temporary files."""
    environ = source.environ
    for folder in environ.get("RUNTIME_DIRECTORY", "").split(":"):  # systemd may give several
        if folder.endswith("/pi-uploader"):
            return folder
    if environ.get("XDG_RUNTIME_DIR", "").startswith("/"):
        return f"{environ['XDG_RUNTIME_DIR']}/pi-uploader"
    return f"{tempfile.gettempdir()}/pi-uploader-{os.getuid()}"


@dataclass(frozen=True, kw_only=True)
class Settings(Group):
    """What capturing and uploading have in common. `keep` is seconds; None: a photo leaves the
    device when it is uploaded. `upload` False: none leaves it, none is uploaded."""

    where: ClassVar[str] = "capturing and uploading"

    spool: Path = setting(
        "CAMERA_SPOOL",
        values.folder,
        "the absolute path of a folder, such as /var/lib/pi-uploader/spool",
        "Folder in which photos wait until the backend has confirmed them.",
        default=spool_folder,
        default_words="$STATE_DIRECTORY/spool under systemd, else "
        "$XDG_STATE_HOME/pi-uploader/spool, else ~/.local/state/pi-uploader/spool",
    )
    runtime: Path = setting(
        "CAMERA_RUNTIME_FOLDER",
        values.folder,
        "the absolute path of a folder on another disk or in memory, such as /run/pi-uploader",
        "Folder for records of lost photos while the spool's own disk takes none: it is read-only "
        "or full.",
        default=runtime_folder,
        default_words="/run/pi-uploader under systemd, else $XDG_RUNTIME_DIR/pi-uploader, else a "
        "folder of temporary files",
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
        "Most that kept photos may take on the disk. Above it the oldest are deleted.",
        default="off",
    )
    spool_bytes: int | None = setting(
        "CAMERA_SPOOL_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Most that photos may take on the disk. Above it the least valuable is given up, and its "
        "loss reported.",
        default="off",
    )
    reserve_bytes: int = setting(
        "CAMERA_RESERVE_MB",
        values.reserve,
        "a whole number of megabytes",
        "Room on the disk that photos leave to the system.",
        default="64",
    )
    clock_is_trusted: bool = setting(
        "CAMERA_CLOCK",
        values.trust_in_clock,
        "ntp or trusted",
        "ntp: the clock counts as set once the network has set it; trusted: always, since the "
        "device has a clock chip, or is a PC or a container.",
        default="ntp",
    )

    @classmethod
    def from_environ(cls, environ: Environment) -> Self:
        """The settings that these variables and the config file make; an empty variable counts as
        not set.

        Raises SettingsError with everything that is wrong with these settings, and with variables
        that begin with CAMERA_ and are none.
        """
        try:
            file = config_file(environ)
        except ValueError as problem:
            raise SettingsError([str(problem)]) from None
        problems: list[str] = []
        source: Source = file.device if file else Variables(environ)
        found: Self | None = None
        try:
            found = cls.read(source, **cls._more(environ, file, problems))
        except SettingsError as error:
            problems[:0] = error.problems
        own = [one.name for one in cls.all_settings()]
        known = [one.name for one in all_settings()]
        of_cameras = [one.name for _, one in CameraSettings.table()]
        problems += misspelt(environ, file, own, known, of_cameras)
        if problems or found is None:
            raise SettingsError(problems)
        return found

    @classmethod
    def _more(
        cls, environ: Environment, file: ConfigFile | None, problems: list[str]
    ) -> dict[str, Any]:
        """The fields that are no settings of the device. What is wrong goes into `problems`."""
        return {}

    @property
    def missing(self) -> list[str]:
        """A line for each secret that is not set although it is needed, as far as can be known."""
        return []

    @property
    def warnings(self) -> list[str]:
        """What a person should know about settings that are right."""
        return self.missing

    @classmethod
    def all_settings(cls) -> list[Setting]:
        """Those of the table, and of what belongs to it."""
        return [one for _, one in cls.table()]


@dataclass(frozen=True, kw_only=True)
class CaptureSettings(Settings):
    """The settings of `pi-uploader capture`, those of each camera among them."""

    where: ClassVar[str] = "capturing"
    needs_triggers: ClassVar[bool] = True

    chosen_zone: ZoneInfo | None = setting(
        "CAMERA_ZONE",
        values.zone,
        "a time zone such as Europe/Berlin, or local",
        "Time zone of the site: times of day and hours are in it. local: the system's, as TZ or "
        "/etc/localtime has it.",
        default="local",
    )
    cameras: tuple[CameraSettings, ...] = ()
    zone: tzinfo = UTC
    zone_origin: str = "CAMERA_ZONE"
    zone_is_known: bool = True

    @classmethod
    def read(cls, source: Source, **more: Any) -> Self:
        found = super().read(source, **more)
        if found.chosen_zone:
            return replace(found, zone=found.chosen_zone)
        system = system_zone(source.environ)
        if system.zone is None and any(one.times or one.armed for one in found.cameras):
            raise SettingsError(
                [
                    f"{source.place('CAMERA_ZONE')}: the system's time zone is not known "
                    f"({system.origin}), and CAMERA_TIMES or CAMERA_ARMED is set; expected a time "
                    "zone such as Europe/Berlin"
                ]
            )
        return replace(
            found,
            zone=system.zone or UTC,
            zone_origin=system.origin,
            zone_is_known=system.zone is not None,
        )

    @property
    def zone_sentence(self) -> str:
        """What a person reads of the zone."""
        if self.zone_is_known:
            return f"the time zone is {self.zone} ({self.zone_origin})"
        return f"the time zone is not known ({self.zone_origin})"

    @classmethod
    def _more(
        cls, environ: Environment, file: ConfigFile | None, problems: list[str]
    ) -> dict[str, Any]:
        sources: list[Source] = (
            [file.table(name) for name in file.cameras]
            if file and file.cameras
            else [Variables(environ)]
        )
        cameras = []
        for source in sources:
            try:
                camera = CameraSettings.read(source)
            except SettingsError as error:
                problems += error.problems
                continue
            cameras.append(camera)
            if cls.needs_triggers and camera.enabled and not camera.has_trigger:
                problems.append(_no_trigger(source))
        problems += pins_used_twice(cameras)
        problems += cameras_used_twice(cameras)
        return {"cameras": tuple(one for one in cameras if one.enabled)}

    @property
    def missing(self) -> list[str]:
        return [line for one in self.cameras if (line := one.missing_password)]

    @classmethod
    def all_settings(cls) -> list[Setting]:
        return [*super().all_settings(), *(one for _, one in CameraSettings.table())]


@dataclass(frozen=True, kw_only=True)
class OnceSettings(CaptureSettings):
    """The same for `pi-uploader capture --once`, which a timer or a person starts: no camera needs
    a trigger."""

    needs_triggers: ClassVar[bool] = False


def _no_trigger(source: Source) -> str:
    places = map(source.place, ("PIR_PIN", "CAMERA_PIN", "CAMERA_EVERY", "CAMERA_TIMES"))
    return (
        f"{', '.join(places)}: nothing would ever take a photo; expected at least one of these "
        "(capture --once needs none)"
    )


def needed_for_uploading(source: Source) -> str | None:
    """The default of a setting without which nothing can be uploaded."""
    return None if source.text("CAMERA_UPLOAD") == "off" else required(source)


@dataclass(frozen=True, kw_only=True)
class UploadSettings(Settings):
    """The settings of `pi-uploader upload`. `base_url` has no slash at its end; it is None where
    nothing is uploaded, whatever BASE_URL says."""

    where: ClassVar[str] = "uploading"

    base_url: str | None = setting(
        "BASE_URL",
        values.base_url,
        "https://HOST with nothing after it, such as https://my-nightjar.azurewebsites.net",
        "Where the backend is. With http:// everything, the key too, travels readable.",
        default=needed_for_uploading,
        default_words="none: it has to be set",
        shown=values.showable_url,
    )
    function_key: str | None = setting(
        "AZURE_FUNCTION_KEY",
        values.key,
        "the function key as the portal shows it",
        "Key that the backend asks devices for. It is never shown.",
        default=lambda source: values.credential(source.environ, "azure_function_key"),
        default_words="the systemd credential azure_function_key, if there is one",
        secret=True,
    )
    uploads: int = setting(
        "CAMERA_UPLOADS",
        values.uploads,
        f"a number from 1 to {values.MAX_UPLOADS}",
        "Photos under way at once. More drain a backlog faster where the line has a long delay.",
        default="2",
    )
    bytes_per_second: float | None = setting(
        "CAMERA_MAX_KBPS",
        values.kilobits,
        "a whole number of kilobits per second, or off",
        "Cap on how fast photos go up, so that others on the line can work. All that are under way "
        "share it. The backend's platform ends a request after 230 s: at 100 a photo of more than "
        "2.7 MB waits in the spool, and a person is told.",
        default="off",
    )
    monthly_bytes: int | None = setting(
        "CAMERA_MONTHLY_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Data budget of a calendar month (UTC). Above it photos wait for the next month.",
        default="off",
    )

    @classmethod
    def read(cls, source: Source, **more: Any) -> Self:
        found = super().read(source, **more)
        return found if found.upload else replace(found, base_url=None)

    @property
    def missing(self) -> list[str]:
        if self.base_url is None or self.function_key:
            return []
        return [
            "AZURE_FUNCTION_KEY: is not set, nor is there a systemd credential azure_function_key; "
            "a backend on Azure takes no photo without a key"
        ]

    @property
    def warnings(self) -> list[str]:
        found = self.missing
        if self.base_url is not None and values.is_readable_on_the_way(self.base_url):
            found.append(
                f"BASE_URL: {self.base_url} is not https; the key and the photos travel readable "
                "for everyone on the way"
            )
        if self.base_url is not None and (slow := _too_slow(self.bytes_per_second)):
            found.append(slow)
        return found


def _too_slow(bytes_per_second: float | None) -> str | None:
    """A warning, if a full photo of a Pi's camera would not arrive at this pace."""
    if bytes_per_second is None or bytes_per_second * MAX_UPLOAD_SECONDS >= FULL_PHOTO:
        return None
    needed = math.ceil(FULL_PHOTO * 8 / 1000 / MAX_UPLOAD_SECONDS)
    arrives = math.floor(bytes_per_second * MAX_UPLOAD_SECONDS / 1e5) / 10
    return (
        f"CAMERA_MAX_KBPS: at {bytes_per_second * 8 / 1000:g} no photo above "
        f"{arrives:g} MB arrives, since the backend's "
        f"platform ends a request after 230 s; a photo of 12 megapixels "
        f"({FULL_PHOTO / 1e6:g} MB) needs {needed}, a clip or a DNG more"
    )


def all_settings() -> list[Setting]:
    """Every setting once, those of capturing first."""
    both = [*CaptureSettings.all_settings(), *UploadSettings.all_settings()]
    return list({one.name: one for one in both}.values())
