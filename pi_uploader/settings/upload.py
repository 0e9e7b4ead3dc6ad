"""The settings of uploading."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from pi_uploader.settings import values
from pi_uploader.settings.capture import detectors_of
from pi_uploader.settings.device import DeviceSettings
from pi_uploader.settings.setting import Default, required, secret, setting
from pi_uploader.settings.source import ConfigFile, Environment, Source, credential

MAX_UPLOAD_SECONDS = 220.0  # of one photo; Azure's load balancer ends a request after 230
FULL_PHOTO_SIZE = 5_000_000  # bytes; a JPEG of 12 megapixels


def required_to_upload(source: Source) -> str | None:
    """Return None if CAMERA_UPLOAD is off. Raises ValueError if not: this is the default of a
    setting that must be set then."""
    return None if source.text("CAMERA_UPLOAD") == "off" else required(source)


@dataclass(frozen=True, kw_only=True)
class UploadSettings(DeviceSettings):
    """The settings of `pi-uploader upload`. `base_url` has no slash at its end; it is None where
    nothing is uploaded, whatever BASE_URL says. `detectors` are the cameras whose photos of motion
    get labels, each with whether its own network makes them."""

    title: ClassVar[str] = "uploading"

    base_url: str | None = setting(
        "BASE_URL",
        values.base_url,
        "https://HOST with nothing after it, such as https://my-nightjar.azurewebsites.net",
        "URL of the backend. http:// is unencrypted: the key is readable in transit.",
        default=Default(required_to_upload, "none: it has to be set"),
        redact=values.redact_url,
    )
    function_key: str | None = setting(
        "AZURE_FUNCTION_KEY",
        values.function_key,
        "the function key as the portal shows it",
        "Function key of this device. It is never shown.",
        default=Default(
            lambda source: credential(source.environ, "azure_function_key"),
            "the systemd credential azure_function_key, if there is one",
        ),
        redact=secret,
    )
    uploads: int = setting(
        "CAMERA_UPLOADS",
        values.uploads,
        f"a number from 1 to {values.MAX_UPLOADS}",
        "Parallel uploads; more help on high-latency connections.",
        default="2",
    )
    bytes_per_second: float | None = setting(
        "CAMERA_MAX_KBPS",
        values.kilobits,
        "a whole number of kilobits per second, or off",
        "Upload rate limit of all photos together, so that others on the connection can work. The "
        "backend's platform ends a request after 230 s: at 100 a photo of more than 2.7 MB waits "
        "in the spool, and an alert is sent.",
        default="off",
    )
    monthly_bytes: int | None = setting(
        "CAMERA_MONTHLY_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Monthly data quota (calendar month, UTC). Above it photos wait for the next month.",
        default="off",
    )

    heartbeat: float | None = setting(
        "CAMERA_HEARTBEAT",
        values.heartbeat_interval,
        "a duration from 1m to 1h, or off",
        "Time between two reports of this device's state to the backend, which raises an alert if "
        "they stay away. off: no reports, and no commands from the gallery.",
        default="5m",
    )
    poll: float | None = setting(
        "CAMERA_POLL",
        values.poll_interval,
        "a duration from 5s to 10m, or off",
        "Time between two looks for commands, such as for a photo now. Each takes about 1 KB: at "
        "20s that is 140 MB a month. off: commands come with the reports.",
        default="20s",
    )

    detectors: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def read_others(
        cls, environ: Environment, file: ConfigFile | None
    ) -> tuple[dict[str, Any], list[str]]:
        return {"detectors": detectors_of(environ, file)}, []

    @classmethod
    def read(cls, source: Source, **others: Any) -> Self:
        settings = super().read(source, **others)
        return settings if settings.upload else replace(settings, base_url=None)

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
        warnings = self.missing
        if self.base_url is not None and values.is_unencrypted(self.base_url):
            warnings.append(
                f"BASE_URL: {self.base_url} is not https; the key and the photos are readable in "
                "transit"
            )
        if self.base_url is not None and (slow := _too_slow(self.bytes_per_second)):
            warnings.append(slow)
        return warnings


def _too_slow(bytes_per_second: float | None) -> str | None:
    """Return a warning if a full photo of a Pi's camera would not arrive at this rate."""
    if bytes_per_second is None or bytes_per_second * MAX_UPLOAD_SECONDS >= FULL_PHOTO_SIZE:
        return None
    needed = math.ceil(FULL_PHOTO_SIZE * 8 / 1000 / MAX_UPLOAD_SECONDS)
    arrives = math.floor(bytes_per_second * MAX_UPLOAD_SECONDS / 1e5) / 10
    return (
        f"CAMERA_MAX_KBPS: at {bytes_per_second * 8 / 1000:g} no photo above "
        f"{arrives:g} MB arrives, since the backend's "
        f"platform ends a request after 230 s; a photo of 12 megapixels "
        f"({FULL_PHOTO_SIZE / 1e6:g} MB) needs {needed}, a clip or a DNG more"
    )
