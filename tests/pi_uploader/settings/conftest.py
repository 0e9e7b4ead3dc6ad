"""An installed Pi with the camera's stand-in, gpiozero's mock pins and a backend on loopback."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader import clock
from tests.pi_uploader.conftest import pins  # noqa: F401  the fixture
from tests.pi_uploader.settings.installed import InstalledPi, installed_settings
from tests.support.fault_server import FaultServer
from tests.support.pictures import dng, mp4

STAND_IN = Path(__file__).parents[1] / "support" / "pi_camera"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The fate of picamera2's stand-in, which also knows how it was configured."""
    monkeypatch.syspath_prepend(str(STAND_IN))
    import picamera2

    picamera2.fate.dng, picamera2.fate.mp4 = dng(1), mp4(1)
    yield picamera2.fate
    for name in [name for name in sys.modules if name.split(".")[0] in ("picamera2", "libcamera")]:
        del sys.modules[name]


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
