"""The settings of one camera: its kind, when it takes photos, and how."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, ClassVar

from photo_wire.media import Media
from pi_uploader.settings import camera_checks, camera_values, values
from pi_uploader.settings.camera_detect import DetectionSettings
from pi_uploader.settings.setting import Default, Setting, required, secret, setting
from pi_uploader.settings.source import DEFAULT_ENVIRONMENT, Source
from pi_uploader.settings.times_of_day import DailyHours, parse_daily_hours, parse_times_of_day

MAX_WAIT_SECONDS = 5.0  # from a trigger to its photo, in which the pictures of then are kept


def table_name(source: Source) -> str:
    """Return the default name: a camera in the config file has its table's name."""
    return source.camera or "camera"


def default_pir_pin(source: Source) -> str:
    """Return the pin of the first clients for the one camera of the environment. Several cameras
    cannot share it."""
    return "17" if source.camera is None else "none"


@dataclass(frozen=True, kw_only=True)
class CameraSettings(DetectionSettings):
    """One camera. Times are seconds, sizes pixels, focus dioptres."""

    title: ClassVar[str] = "each camera"

    name: str = setting(
        "CAMERA_NAME",
        camera_values.camera_name,
        "1 to 32 of a-z, 0-9 and -, beginning with a letter or digit",
        "Name of the camera. It begins the name of every photo.",
        default=Default(table_name, "camera; in the config file the name of its table"),
    )
    enabled: bool = setting(
        "CAMERA_ENABLED",
        values.switch,
        "on or off",
        "off: the camera takes no photos, and its other settings stay where they are.",
        default="on",
    )
    source: str = setting(
        "CAMERA_SOURCE",
        values.one_of(*camera_checks.FORMATS),
        "picamera2, rtsp, usb or simulated",
        "Kind of camera: the Pi's own, one on the network, one on a USB port, or one that draws "
        "its photos or replays a folder's.",
        default=Default(required, "none: it must be set, so that nothing is simulated by accident"),
    )
    sensor: str | None = setting(
        "CAMERA_SENSOR",
        camera_values.sensor,
        "a number from 0 to 9 or an id, as pi-uploader doctor lists them",
        "Which of the Pi's own cameras (picamera2). A number changes when another camera is "
        "plugged in or out, an id does not.",
        default=Default(None, "the first of the Pi's own"),
    )
    replay: Path | None = setting(
        "CAMERA_REPLAY",
        values.path,
        "the absolute path of a folder with .jpg, .jpeg, .dng or .mp4 files",
        "Folder whose pictures the simulated camera repeats, in the order of their names.",
    )
    url: str | None = setting(
        "CAMERA_URL",
        camera_values.rtsp_url,
        "rtsp://HOST/PATH or rtsps://HOST/PATH, without user and password",
        "URL of the network camera's stream.",
        redact=camera_values.redact_rtsp_url,
    )
    user: str | None = setting(
        "CAMERA_USER",
        values.printable,
        "a name without line breaks",
        "User of the network camera.",
        redact=secret,
    )
    password: str | None = setting(
        "CAMERA_PASSWORD",
        values.printable,
        "a text without line breaks",
        "Password of the network camera's user. It is never shown.",
        default=Default(
            camera_values.camera_password,
            "the systemd credential camera_password, or NAME_password, if there is one",
        ),
        redact=secret,
    )
    auth: str = setting(
        "CAMERA_AUTH",
        values.one_of("digest", "basic"),
        "digest or basic",
        "How the network camera gets the password where the connection is not encrypted. digest: "
        "never readable; basic: readable in transit, if the camera asks for that.",
        default="digest",
    )
    ca: Path | None = setting(
        "CAMERA_CA",
        values.path,
        "the absolute path of a PEM file",
        "Certificate authority that the network camera's certificate (rtsps) is verified with.",
        default=Default(None, "the system's authorities"),
    )
    fingerprint: str | None = setting(
        "CAMERA_FINGERPRINT",
        camera_values.fingerprint,
        "64 hexadecimal digits, with or without colons",
        "SHA-256 of the network camera's certificate (rtsps), for one that it signed itself.",
    )
    transport: str = setting(
        "CAMERA_TRANSPORT",
        values.one_of("tcp", "udp"),
        "tcp or udp",
        "How the network camera sends its pictures. udp is for cameras that cannot do tcp: a lost "
        "packet is a broken picture, and nothing is encrypted.",
        default="tcp",
    )
    device: str = setting(
        "CAMERA_DEVICE",
        camera_values.device,
        "the absolute path of a video device",
        "Device of the USB camera.",
        default="/dev/video0",
    )
    format: Media = setting(
        "CAMERA_FORMAT",
        camera_values.media,
        "jpeg, dng or mp4",
        "What it takes: pictures, raw pictures (picamera2), or clips (not simulated). A camera of "
        "the Pi records clips on request with mp4 alone.",
        default="jpeg",
    )
    clip: float = setting(
        "CAMERA_CLIP",
        camera_values.clip_length,
        "a duration from 1s to 60s",
        "Length of a clip that a trigger takes (CAMERA_FORMAT=mp4). One on request is as long as "
        "the person asks for.",
        default="10s",
    )
    preroll: float = setting(
        "CAMERA_PREROLL",
        camera_values.pre_roll,
        f"a duration from 0s to {camera_values.MAX_PRE_ROLL_SECONDS}s, of the Pi's own camera to "
        f"{camera_values.MAX_PRE_ROLL_SECONDS_OF_PI}s",
        "What a clip shows from before its trigger, also one on request. It is kept in memory: the "
        "camera is read all the time for it.",
        default="0s",
    )
    size: tuple[int, int] | None = setting(
        "CAMERA_SIZE",
        camera_values.size,
        "width x height in pixels such as 1920x1080, or full",
        "Size of the picture (picamera2, usb).",
        default="full",
    )
    rotation: int = setting(
        "CAMERA_ROTATION",
        camera_values.rotation,
        "0 or 180",
        "Rotation of the picture in degrees (picamera2).",
        default="0",
    )
    focus: float | None = setting(
        "CAMERA_FOCUS",
        camera_values.focus,
        "dioptres from 0 (far) to 15 (near), or auto",
        "Focus distance, for cameras with autofocus (picamera2).",
        default="auto",
    )
    exposure: float | None = setting(
        "CAMERA_EXPOSURE",
        camera_values.exposure,
        "a duration such as 0.01s, or auto",
        "Exposure time (picamera2).",
        default="auto",
    )
    pir_pin: int | None = setting(
        "PIR_PIN",
        camera_values.pin,
        f"a BCM number from 0 to {camera_values.MAX_PIN}, or none",
        "Pin of the motion sensor (PIR), BCM number; none: motion takes no photo.",
        default=Default(default_pir_pin, "17; in the config file none"),
    )
    pin: int | None = setting(
        "CAMERA_PIN",
        camera_values.pin,
        f"a BCM number from 0 to {camera_values.MAX_PIN}, or none",
        "Pin that takes a photo when it is pulled LOW (a button, a relay, a gate's contact).",
        default="none",
    )
    debounce: float = setting(
        "CAMERA_DEBOUNCE",
        values.duration,
        "a duration such as 0.3s",
        "Debounce time of the contact.",
        default="0.3s",
    )
    every: float | None = setting(
        "CAMERA_EVERY",
        values.interval,
        "a duration such as 30s, 5m or 1h, or off",
        "Time between photos on a schedule, the first at the start.",
        default="off",
    )
    times: tuple[time, ...] = setting(
        "CAMERA_TIMES",
        parse_times_of_day,
        "times of day such as 09:00, 12:00, 18:00, or off",
        "Times of day at which a photo is taken.",
        default="off",
    )
    armed: tuple[DailyHours, ...] = setting(
        "CAMERA_ARMED",
        parse_daily_hours,
        "always, or hours such as 22:00-06:00, 12:00-13:00",
        "Hours in which the camera takes photos. Outside of them triggers are counted only; a "
        "photo on demand is taken always.",
        default="always",
    )
    live_when_disarmed: bool = setting(
        "CAMERA_LIVE_WHEN_DISARMED",
        values.switch,
        "on or off",
        "off: while the camera is disarmed, it shows no live picture either. A photo on demand is "
        "taken always.",
        default="on",
    )
    cooldown: float = setting(
        "CAMERA_COOLDOWN",
        values.duration,
        "a duration such as 0s, 2s or 1m",
        "Time after a motion photo in which motion is counted but takes no photo.",
        default="2s",
    )
    burst: int = setting(
        "CAMERA_BURST",
        camera_values.burst,
        "a number from 1 to 20",
        "Photos for each trigger.",
        default="1",
    )
    burst_gap: float = setting(
        "CAMERA_BURST_GAP",
        values.duration,
        "a duration such as 0.5s",
        "Time between the photos of a burst.",
        default="0.5s",
    )
    photos_before: int = setting(
        "CAMERA_PHOTOS_BEFORE",
        camera_values.photos_around,
        "0, 1 or 2",
        "Photos of 1 and 2 seconds before the trigger, for each photo that a motion sensor, the "
        "picture or the contact triggers (not picamera2). The camera is read all the time for it.",
        default="0",
    )
    photos_after: int = setting(
        "CAMERA_PHOTOS_AFTER",
        camera_values.photos_around,
        "0, 1 or 2",
        "Photos of 1 and 2 seconds after the trigger, likewise.",
        default="0",
    )

    @classmethod
    def table(cls) -> list[tuple[str, Setting]]:
        """Return every setting with the name of its field, those of motion and detection last."""
        table, inherited = super().table(), len(DetectionSettings.table())
        return table[inherited:] + table[:inherited]

    @property
    def has_trigger(self) -> bool:
        """Return whether it takes photos by itself, not only for a person and `capture --once`."""
        triggers = (self.pir_pin, self.pin, self.every, self.motion)
        return bool(self.times) or any(one is not None for one in triggers)

    @property
    def kept_seconds(self) -> float:
        """Return how much of its stream a camera keeps in memory; 0 if it is not read all the time.
        A photo may have to wait for another one."""
        longest = max(self.preroll, self.photos_before * 1.0)
        return longest + MAX_WAIT_SECONDS if longest or self.is_watched else 0.0

    @property
    def photos_per_trigger(self) -> int:
        """Return how many photos a trigger takes at most."""
        return self.burst + self.photos_before + self.photos_after

    @property
    def missing_password(self) -> str | None:
        """Return a line for a network camera that has a user without a password."""
        if self.source != "rtsp" or self.user is None or self.password is not None:
            return None
        credentials = dict.fromkeys((f"{self.name}_password", "camera_password"))
        return (
            f"CAMERA_PASSWORD: {self.name} has a user and no password; expected it as the systemd "
            f"credential {' or '.join(credentials)} (on a Pi the file of that name "
            f"in {DEFAULT_ENVIRONMENT.parent})"
        )

    @classmethod
    def _contradictions(cls, values: Mapping[str, Any], source: Source) -> list[str]:
        return camera_checks.contradictions(values, source)
