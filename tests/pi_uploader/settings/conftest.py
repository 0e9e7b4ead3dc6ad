"""An installed Pi with the camera's stand-in, gpiozero's mock pins and a backend on loopback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader import clock
from tests.pi_uploader.conftest import pins  # noqa: F401  the fixture
from tests.support.fault_server import FaultServer
from tests.support.installed_pi import InstalledPi, installed_settings
from tests.support.pi_camera import fake_picamera2


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The fake picamera2's camera, which also knows how it was configured."""
    with fake_picamera2(monkeypatch) as fake:
        yield fake


@pytest.fixture
def pi(
    tmp_path: Path,
    server: FaultServer,
    camera: Any,
    pins: MockFactory,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> InstalledPi:
    """The Pi; its clock is set, as systemd-timesyncd says, and no other setting is in the way."""
    marker = tmp_path / "synchronized"
    marker.touch()
    monkeypatch.setattr(clock, "TIMESYNCD_MARKER", marker)
    return InstalledPi(installed_settings(tmp_path, server.base_url))
