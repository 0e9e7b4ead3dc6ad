"""Devices that end with their test, and one browser for all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.device import Device
from tests.support.chromium import chromium
from tests.support.uploading import authority, quick_client

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["authority", "make_device", "quick_client"]

MakeDevice = Callable[[str], Device]


@pytest.fixture
def make_device(tmp_path: Path, log_folder: Path) -> Iterator[MakeDevice]:
    """make_device(camera) -> a device whose processes end with the test."""
    made: list[Device] = []

    def make(camera: str) -> Device:
        made.append(Device(tmp_path / camera, camera, log_folder / f"device-{camera}.log"))
        return made[-1]

    yield make
    for device in made:
        device.end()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    with chromium() as one:
        yield one
