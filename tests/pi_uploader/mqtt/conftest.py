"""A broker, and the settings of a device that publishes to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mosquitto.broker import PASSWORD, USER, Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that is running, and needs a password."""
    one = Mosquitto(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def env(tmp_path: Path, secrets_used: set[str]) -> dict[str, str]:
    """The settings of the device `yard`, without the broker's address."""
    secrets_used.add(PASSWORD)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return {
        "CAMERA_SPOOL": str(tmp_path / "spool"),
        "CAMERA_RUNTIME_FOLDER": str(tmp_path / "run"),
        "CAMERA_CLOCK": "trusted",
        "CAMERA_DEVICE_NAME": "yard",
        "CAMERA_MQTT_USER": USER,
        "CAMERA_MQTT_PASSWORD_FILE": str(tmp_path / "password"),
    }
