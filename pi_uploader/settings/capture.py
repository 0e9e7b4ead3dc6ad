"""The settings of capturing, those of the cameras among them."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pi_uploader.settings import values
from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.camera_unused import unused_settings
from pi_uploader.settings.common import Settings
from pi_uploader.settings.setting import Setting, SettingsError, setting
from pi_uploader.settings.source import ConfigFile, Environment, Source, Variables
from pi_uploader.settings.system_zone import system_zone


@dataclass(frozen=True, kw_only=True)
class CaptureSettings(Settings):
    """The settings of `pi-uploader capture`. `cameras` are the enabled ones. `zone` is the chosen
    time zone, else the system's (`zone_origin` tells where it comes from), else UTC."""

    title: ClassVar[str] = "capturing"
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
    def read(cls, source: Source, **others: Any) -> Self:
        settings = super().read(source, **others)
        if settings.chosen_zone:
            return replace(settings, zone=settings.chosen_zone)
        system = system_zone(source.environ)
        if system.zone is None and any(one.times or one.armed for one in settings.cameras):
            raise SettingsError(
                [
                    f"{source.location('CAMERA_ZONE')}: the system's time zone is not known "
                    f"({system.origin}), and CAMERA_TIMES or CAMERA_ARMED is set; expected a time "
                    "zone such as Europe/Berlin"
                ]
            )
        return replace(
            settings,
            zone=system.zone or UTC,
            zone_origin=system.origin,
            zone_is_known=system.zone is not None,
        )

    @property
    def zone_sentence(self) -> str:
        """Return the zone and where it comes from, for a person."""
        if self.zone_is_known:
            return f"the time zone is {self.zone} ({self.zone_origin})"
        return f"the time zone is not known ({self.zone_origin})"

    @classmethod
    def read_others(
        cls, environ: Environment, file: ConfigFile | None
    ) -> tuple[dict[str, Any], list[str]]:
        cameras: list[CameraSettings] = []
        problems: list[str] = []
        for source in camera_sources(environ, file):
            try:
                camera = CameraSettings.read(source)
            except SettingsError as error:
                problems += error.problems
                continue
            cameras.append(camera)
            if cls.needs_triggers and camera.enabled and not camera.has_trigger:
                problems.append(_no_trigger(source))
        problems += _shared_pins(cameras)
        problems += _shared_devices(cameras)
        return {"cameras": tuple(one for one in cameras if one.enabled)}, problems

    @property
    def missing(self) -> list[str]:
        return [line for one in self.cameras if (line := one.missing_password)]

    @property
    def warnings(self) -> list[str]:
        missing_models = [line for one in self.cameras if (line := one.missing_model)]
        unused = [line for one in self.cameras for line in unused_settings(one)]
        return [*super().warnings, *missing_models, *unused]

    @classmethod
    def all_settings(cls) -> list[Setting]:
        return [*super().all_settings(), *(one for _, one in CameraSettings.table())]


@dataclass(frozen=True, kw_only=True)
class OnceSettings(CaptureSettings):
    """The settings of `pi-uploader capture --once`, which a timer or a person starts: no camera
    needs a trigger."""

    needs_triggers: ClassVar[bool] = False


def camera_sources(environ: Environment, file: ConfigFile | None) -> list[Source]:
    """Return where the settings of each camera are: its table, or the environment for the only
    one."""
    if file and file.cameras:
        return [file.table(name) for name in file.cameras]
    return [Variables(environ)]


def detectors_of(environ: Environment, file: ConfigFile | None) -> dict[str, bool]:
    """Return the cameras whose photos of motion get labels, each with whether its own network makes
    them. A camera whose settings are wrong is left out."""
    others, _ = OnceSettings.read_others(environ, file)
    return {one.name: one.detects_in_camera for one in others["cameras"] if one.model}


def _no_trigger(source: Source) -> str:
    triggers = ("PIR_PIN", "CAMERA_PIN", "CAMERA_EVERY", "CAMERA_TIMES", "CAMERA_MOTION")
    locations = map(source.location, triggers)
    return (
        f"{', '.join(locations)}: nothing would ever take a photo; expected at least one of these "
        "(capture --once needs none)"
    )


def _shared_pins(cameras: Iterable[CameraSettings]) -> list[str]:
    """Return a line for each pin that several enabled cameras use."""
    users: dict[int, list[str]] = {}
    for camera in cameras:
        for pin in (camera.pir_pin, camera.pin):
            if pin is not None and camera.enabled:
                users.setdefault(pin, []).append(camera.name)
    return [
        f"pin {pin} is used twice, by {' and '.join(names)}; expected a pin for each"
        for pin, names in users.items()
        if len(names) > 1
    ]


def _shared_devices(cameras: Iterable[CameraSettings]) -> list[str]:
    """Return a line for each camera of this machine that has several tables. A network camera may
    have several, because it serves several clients."""
    users: dict[tuple[str, str], list[str]] = {}
    for camera in cameras:
        device = {
            "picamera2": camera.sensor or "0",
            "usb": os.path.realpath(camera.device),
        }.get(camera.source)
        if device is not None and camera.enabled:
            users.setdefault((camera.source, device), []).append(camera.name)
    expected = {
        "picamera2": "a CAMERA_SENSOR (sensor in the config file) for each; pi-uploader doctor "
        "lists them",
        "usb": "a CAMERA_DEVICE (device in the config file) for each; v4l2-ctl --list-devices "
        "lists them",
    }
    return [
        f"the {source} camera {device} is used twice, by {' and '.join(names)}; expected "
        f"{expected[source]}"
        for (source, device), names in users.items()
        if len(names) > 1
    ]
