"""The settings of publishing to an MQTT broker."""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from pi_uploader.settings import values
from pi_uploader.settings.device import DeviceSettings
from pi_uploader.settings.setting import Default, setting
from pi_uploader.settings.source import Environment, Source, credential, is_switched_on, secret_in

CREDENTIAL = "mqtt_password"
TLS_PORT = 8883  # IANA: secure-mqtt


def _tls_default(source: Source) -> str:
    """Return `on` for the port of MQTT with TLS, `off` for others."""
    try:
        broker = values.host_and_port(source.text("CAMERA_MQTT") or "off")
    except ValueError:  # CAMERA_MQTT reports it
        return "off"
    return "on" if broker and broker.port == TLS_PORT else "off"


@dataclass(frozen=True, kw_only=True)
class MqttSettings(DeviceSettings):
    """The settings of `pi-uploader mqtt`. `broker` is None where nothing is published. `ca_file`
    None: the system's certificates. `discovery` None: Home Assistant is not told of the device."""

    title: ClassVar[str] = "MQTT and Home Assistant"

    broker: values.Address | None = setting(
        "CAMERA_MQTT",
        values.host_and_port,
        "a host name or an IP address, and a port if it is not 1883, such as "
        "homeassistant.local:8883, or off",
        "MQTT broker to which this device publishes its state, its motions and its last photo in "
        "small, and which may ask for photos and arm cameras. It needs the extra mqtt.",
        default="off",
    )
    is_tls: bool = setting(
        "CAMERA_MQTT_TLS",
        values.switch,
        "on or off",
        "Whether the connection to the broker is encrypted.",
        default=Default(_tls_default, f"on for port {TLS_PORT}, else off"),
    )
    ca_file: Path | None = setting(
        "CAMERA_MQTT_CA_FILE",
        values.path,
        "the absolute path of a PEM file",
        "File with the certificate authority of the broker, if it is not one that the system "
        "trusts.",
    )
    user: str | None = setting(
        "CAMERA_MQTT_USER",
        values.printable,
        "printable characters",
        "Name under which this device signs in to the broker.",
    )
    password_file: Path | None = setting(
        "CAMERA_MQTT_PASSWORD_FILE",
        values.path,
        "the absolute path of a file with the password and nothing else",
        "File with the password of CAMERA_MQTT_USER. The systemd credential mqtt_password is the "
        "better place for it.",
    )
    prefix: str = setting(
        "CAMERA_MQTT_PREFIX",
        values.topic_prefix,
        "levels of letters, digits, _ and -, with / between them",
        "The first levels of this device's topics; its name follows.",
        default="nightjar",
    )
    discovery: str | None = setting(
        "CAMERA_MQTT_DISCOVERY",
        lambda text: None if text == "off" else values.topic_prefix(text),
        "levels of letters, digits, _ and -, with / between them, or off",
        "Home Assistant's discovery prefix. off: nothing is announced to Home Assistant.",
        default="homeassistant",
    )
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, source: Source, **others: Any) -> Self:
        settings = super().read(source, **others)
        if settings.broker is None:
            return settings
        return replace(settings, password=_password(settings.password_file, source))

    @classmethod
    def _contradictions(cls, values: Mapping[str, Any], source: Source) -> list[str]:
        if values.get("broker") is None:
            return []
        problems = []
        ca_file, file = values.get("ca_file"), values.get("password_file")
        if ca_file and values.get("is_tls") is False:
            problems.append(
                f"{source.location('CAMERA_MQTT_CA_FILE')}: is set, and the connection is not "
                f"encrypted; set CAMERA_MQTT_TLS=on, or port {TLS_PORT} in CAMERA_MQTT"
            )
        if ca_file and (problem := _ca_problem(ca_file)):
            problems.append(f"{source.location('CAMERA_MQTT_CA_FILE')}: {ca_file} {problem}")
        try:
            password = _password(file, source)
        except ValueError as problem:
            problems.append(f"{source.location('CAMERA_MQTT_PASSWORD_FILE')}: {problem}")
        else:
            if password and "user" in values and not values["user"]:
                problems.append(
                    f"{source.location('CAMERA_MQTT_USER')}: is not set, and there is a password "
                    "for it"
                )
        return problems

    @property
    def warnings(self) -> list[str]:
        warnings = super().warnings
        if self.broker and self.password and not self.is_tls and not _is_here(self.broker.host):
            warnings.append(
                "CAMERA_MQTT: the connection is not encrypted; the password is readable in transit"
            )
        return warnings


def is_mqtt_set(environ: Environment) -> bool:
    """Return whether CAMERA_MQTT is set, right or wrong."""
    return is_switched_on(environ, "CAMERA_MQTT")


def _password(file: Path | None, source: Source) -> str | None:
    """Return the password, None if there is none. Raises ValueError with a sentence if it cannot be
    read, or is none."""
    if file is None:
        password, where = (
            credential(source.environ, CREDENTIAL),
            f"the systemd credential {CREDENTIAL}",
        )
    else:
        where = str(file)
        try:
            password = secret_in(file)
        except ValueError as problem:
            raise ValueError(f"{where} {problem}") from None
        if not password:
            raise ValueError(f"{where} has no password")
    if password and not password.isprintable():
        raise ValueError(f"{where} has more than one line, or control characters")
    return password


def _ca_problem(file: Path) -> str | None:
    import ssl  # where there is such a file alone

    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        return "is not a PEM file with certificates"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def _is_here(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
