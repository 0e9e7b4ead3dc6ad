"""The settings of one camera that concern motion in its picture."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

from dataclasses import dataclass
from typing import ClassVar

from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.zones import Polygon, Zones
from pi_uploader.settings import camera_values, polygons
from pi_uploader.settings.setting import Default, Group, setting


@dataclass(frozen=True, kw_only=True)
class MotionSettings(Group):
    """What of a camera's picture is looked at, and what for. Times are seconds, points shares of
    the picture. `motion` is None if motion in the picture takes no photo."""

    title: ClassVar[str] = "motion in the picture of each camera"

    motion: Sensitivity | None = setting(
        "CAMERA_MOTION",
        camera_values.sensitivity,
        "off, low, medium or high",
        "How readily motion in the picture takes a photo. low: what is large and clear; high: also "
        "what is small, faint or short. It needs numpy, the extra motion.",
        default="off",
    )
    substream: str | None = setting(
        "CAMERA_SUBSTREAM",
        camera_values.rtsp_url,
        "rtsp://HOST/PATH or rtsps://HOST/PATH, without user and password",
        "URL of the network camera's second, smaller stream, in which motion is looked for: less "
        "work than in the first one. User and password are those of CAMERA_URL.",
        default=Default(None, "none: the stream of CAMERA_URL"),
        redact=camera_values.redact_rtsp_url,
    )
    motion_min: float = setting(
        "CAMERA_MOTION_MIN",
        camera_values.motion_duration,
        "a duration from 0s to 10s",
        "How long something has to move before it counts as motion in the picture.",
        default="0.4s",
    )
    zones: tuple[Polygon, ...] = setting(
        "CAMERA_ZONES",
        polygons.zones,
        'all, or polygons in percent of the picture, such as "10,20 90,20 50,80; 0,0 5,0 0,5"',
        "Parts of the picture in which motion counts.",
        default="all",
    )
    masks: tuple[Polygon, ...] = setting(
        "CAMERA_MASKS",
        polygons.masks,
        'none, or polygons in percent of the picture, such as "10,20 90,20 50,80; 0,0 5,0 0,5"',
        "Parts of the picture in which motion does not count, such as a tree or a road.",
        default="none",
    )
    confirms: bool = setting(
        "CAMERA_CONFIRM",
        camera_values.is_confirmed_by_picture,
        "off or picture",
        "picture: the picture decides whether there was motion when the motion sensor (PIR) or the "
        "contact takes a photo. It needs numpy as CAMERA_MOTION does.",
        default="off",
    )
    keeps_unconfirmed: bool = setting(
        "CAMERA_UNCONFIRMED",
        camera_values.is_kept_whole,
        "stub or photo",
        "What is kept of a photo for whose trigger the picture shows no motion: a stub of about "
        "10 KB, or the whole photo.",
        default="stub",
    )

    @property
    def is_watched(self) -> bool:
        """Return whether the picture is looked at all the time."""
        return self.motion is not None or self.confirms

    @property
    def motion_zones(self) -> Zones:
        """Return where in the picture motion counts."""
        return Zones(self.zones, self.masks)
