"""The settings of the device's own page."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, ClassVar, Self

from pi_uploader.settings import values
from pi_uploader.settings.device import DeviceSettings
from pi_uploader.settings.setting import SettingsError, setting
from pi_uploader.settings.source import Environment, Source, credential, is_switched_on, secret_in
from pi_uploader.settings.system_zone import system_zone

CREDENTIAL = "serve_password"
MIN_PASSWORD, MIN_DISTINCT = 10, 5  # characters; as of the gallery's passwords


@dataclass(frozen=True, kw_only=True)
class ServeSettings(DeviceSettings):
    """The settings of `pi-uploader serve`. `address` is None where the page is off; else the
    `password` is set. `zone` is that of the site, in which days and hours are shown."""

    title: ClassVar[str] = "the device's own page"

    address: values.Address | None = setting(
        "CAMERA_SERVE",
        values.address_and_port,
        "an IP address and a port such as 192.168.1.20:8080 (0.0.0.0:8080: every network), or off",
        "Address on which this device shows its own page to the local network. It needs the "
        "extra serve, and a password. It is not encrypted.",
        default="off",
    )
    password_file: Path | None = setting(
        "CAMERA_SERVE_PASSWORD_FILE",
        values.path,
        "the absolute path of a file with the password and nothing else",
        "File with the password of the page: ten characters or more. The systemd credential "
        "serve_password is the better place for it.",
    )
    frames_per_second: int = setting(
        "CAMERA_SERVE_FPS",
        lambda text: values.number(text, 5, least=1),
        "a number from 1 to 5",
        "Live pictures a second on the page.",
        default="2",
    )
    names: tuple[str, ...] | None = setting(
        "CAMERA_SERVE_NAMES",
        values.host_names,
        "host names, separated by commas, such as gate.example.org",
        "Further host names under which browsers reach the page. IP addresses, the host's own name "
        "and names that end in .local, .lan, .home.arpa or .internal always work.",
    )
    password: str = field(default="", repr=False)
    zone: tzinfo = UTC

    @classmethod
    def read(cls, source: Source, **others: Any) -> Self:
        settings = super().read(source, **others)
        if settings.address is None:
            return settings
        return replace(
            settings, password=_password(settings.password_file, source), zone=_zone(source)
        )


def is_serve_set(environ: Environment) -> bool:
    """Return whether CAMERA_SERVE is set, right or wrong."""
    return is_switched_on(environ, "CAMERA_SERVE")


def _zone(source: Source) -> tzinfo:
    """Return the zone of the site. A mistake in CAMERA_ZONE is the capture process's."""
    try:
        chosen = values.zone(source.text("CAMERA_ZONE") or "local")
    except ValueError:
        chosen = None
    return chosen or system_zone(source.environ).zone or UTC


def _password(file: Path | None, source: Source) -> str:
    """Return the password of the page. Raises SettingsError if there is none, or a weak one."""
    try:
        password = credential(source.environ, CREDENTIAL) if file is None else secret_in(file)
        if not password:
            raise ValueError("has no password")
        if len(password) < MIN_PASSWORD or len(set(password)) < MIN_DISTINCT:
            raise ValueError(
                f"has a password that is easy to guess; expected {MIN_PASSWORD} characters or "
                f"more, {MIN_DISTINCT} of them different"
            )
        if not password.isprintable():
            raise ValueError("has more than one line, or control characters")
    except ValueError as problem:
        where = f"the systemd credential {CREDENTIAL}" if file is None else str(file)
        reason = f"{where} {problem}"
        if file is None and not source.environ.get("CREDENTIALS_DIRECTORY"):  # started by hand
            reason = "CAMERA_SERVE_PASSWORD_FILE names no file"
        raise SettingsError(
            [
                f"{source.location('CAMERA_SERVE')}: the page needs a password, and "
                f"{reason}; write one into a file that CAMERA_SERVE_PASSWORD_FILE "
                f"names (for the service: into /etc/pi-uploader/{CREDENTIAL}), "
                "or set CAMERA_SERVE=off"
            ]
        ) from None
    return password
