"""The settings of publishing to a broker, on an installed Pi."""

from pathlib import Path

import pytest

from pi_uploader.settings import MqttSettings, SettingsError, is_mqtt_set, load_settings
from pi_uploader.settings.mqtt import CREDENTIAL
from tests.support.certificates import Authority
from tests.support.installed_pi import InstalledPi

PASSWORD = "a horse at the broker"


def settings_of(pi: InstalledPi, **env: str) -> MqttSettings:
    return load_settings(MqttSettings, {**pi.environ, **env})


def problems_of(pi: InstalledPi, **env: str) -> str:
    with pytest.raises(SettingsError) as error:
        settings_of(pi, **env)
    return str(error.value)


def test_nothing_is_published_by_default(pi: InstalledPi) -> None:
    assert settings_of(pi).broker is None
    assert not is_mqtt_set(pi.environ)


@pytest.mark.setting("CAMERA_MQTT")
@pytest.mark.parametrize(
    ("text", "broker"),
    [
        ("homeassistant.local", ("homeassistant.local", 1883)),
        ("192.168.1.5:8883", ("192.168.1.5", 8883)),
        ("[fd00::5]:1884", ("fd00::5", 1884)),
        ("mqtt://homeassistant.local", None),
        ("user:password@broker", None),
        ("broker:0", None),
        ("broker:65536", None),
        ("[broker]:1883", None),
    ],
)
def test_camera_mqtt(pi: InstalledPi, text: str, broker: tuple[str, int] | None) -> None:
    if broker:
        assert settings_of(pi, CAMERA_MQTT=text).broker == broker
    else:
        assert "CAMERA_MQTT: must be a host name" in problems_of(pi, CAMERA_MQTT=text)
    assert is_mqtt_set({**pi.environ, "CAMERA_MQTT": text})  # `run` starts it, and it says why


@pytest.mark.setting("CAMERA_MQTT_TLS")
def test_camera_mqtt_tls(pi: InstalledPi) -> None:
    assert settings_of(pi, CAMERA_MQTT="broker:8883").is_tls
    assert not settings_of(pi, CAMERA_MQTT="broker").is_tls
    assert settings_of(pi, CAMERA_MQTT="broker", CAMERA_MQTT_TLS="on").is_tls
    assert not settings_of(pi, CAMERA_MQTT="broker:8883", CAMERA_MQTT_TLS="off").is_tls


@pytest.mark.setting("CAMERA_MQTT_CA_FILE")
def test_camera_mqtt_ca_file(pi: InstalledPi, tmp_path: Path) -> None:
    bundle = str(Authority(tmp_path).bundle)
    on = {"CAMERA_MQTT": "broker:8883"}
    assert str(settings_of(pi, **on, CAMERA_MQTT_CA_FILE=bundle).ca_file) == bundle
    (tmp_path / "no.pem").write_text("no certificate")
    for file, problem in (("no.pem", "is not a PEM file"), ("none", "cannot be read")):
        assert problem in problems_of(pi, **on, CAMERA_MQTT_CA_FILE=str(tmp_path / file))
    shown = problems_of(pi, CAMERA_MQTT="broker", CAMERA_MQTT_CA_FILE=bundle)
    assert "the connection is not encrypted" in shown


@pytest.mark.setting("CAMERA_MQTT_USER")
@pytest.mark.setting("CAMERA_MQTT_PASSWORD_FILE")
def test_user_and_password(pi: InstalledPi, tmp_path: Path) -> None:
    """The password is a credential, or in a file, which comes first. It is never shown."""
    on = {"CAMERA_MQTT": "broker", "CAMERA_MQTT_USER": "gate"}
    assert settings_of(pi, **on).password is None
    (Path(pi.environ["CREDENTIALS_DIRECTORY"]) / CREDENTIAL).write_text(f"{PASSWORD}\n")
    settings = settings_of(pi, **on)
    assert (settings.user, settings.password) == ("gate", PASSWORD)
    assert PASSWORD not in repr(settings)
    assert "readable in transit" in "\n".join(settings.warnings)
    assert settings_of(pi, **on | {"CAMERA_MQTT": "127.0.0.1"}).warnings == []
    (tmp_path / "password").write_text("another horse")
    file = {"CAMERA_MQTT_PASSWORD_FILE": str(tmp_path / "password")}
    assert settings_of(pi, **on, **file).password == "another horse"
    assert "there is a password for it" in problems_of(pi, CAMERA_MQTT="broker")
    (tmp_path / "password").write_text("two\nlines")
    shown = problems_of(pi, **on, **file)
    assert "more than one line" in shown
    assert "two" not in shown


@pytest.mark.setting("CAMERA_MQTT_PREFIX")
@pytest.mark.setting("CAMERA_MQTT_DISCOVERY")
def test_prefixes(pi: InstalledPi) -> None:
    settings = settings_of(pi)
    assert (settings.prefix, settings.discovery) == ("nightjar", "homeassistant")
    settings = settings_of(pi, CAMERA_MQTT_PREFIX="house/yard", CAMERA_MQTT_DISCOVERY="off")
    assert (settings.prefix, settings.discovery) == ("house/yard", None)
    for text in ("a//b", "/a", "a/#", "+", "a b", "$SYS"):
        assert "CAMERA_MQTT_PREFIX" in problems_of(pi, CAMERA_MQTT_PREFIX=text)


def test_every_mistake_is_reported_at_once(pi: InstalledPi) -> None:
    shown = problems_of(
        pi,
        CAMERA_MQTT="broker:8883",
        CAMERA_MQTT_TLS="maybe",
        CAMERA_MQTT_PREFIX="#",
        CAMERA_MQTT_CA_FILE="/no/such/file",
        CAMERA_MQTT_PASSWORD_FILE="/no/such/password",
    )
    for name in ("TLS", "PREFIX", "CA_FILE", "PASSWORD_FILE"):
        assert f"CAMERA_MQTT_{name}: " in shown
