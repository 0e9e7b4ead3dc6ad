"""From a pin to the gallery's list: the real gpiozero on mock pins, the real service, the real
backend on Azurite."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pi_uploader.spool.admin import count_spool
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.program import SlowPicture
from tests.support.waiting import wait_for

CONFIG = """\
[camera.{yard}]
source = "simulated"
pir_pin = 17
cooldown = "0s"
{more}

[camera.{gate}]
source = "simulated"
pin = 18
debounce = "30s"
"""


class Service:
    """Capture and upload of one device as processes, with pins that the test drives."""

    def __init__(self, folder: Path, backend: Backend, log: Path, name: str, more: str) -> None:
        self.yard, self.gate = f"{name}-yard", f"{name}-gate"
        self.spool = folder / "spool"
        self.log = log
        self._api = Api(backend)
        config = folder / "config.toml"
        config.write_text(CONFIG.format(yard=self.yard, gate=self.gate, more=more))
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CAMERA_CONFIG": str(config),
            "CAMERA_SPOOL": str(self.spool),
            "CAMERA_CLOCK": "trusted",
            "BASE_URL": backend.base_url,
            "AZURE_FUNCTION_KEY": backend.function_key,
        }
        with log.open("ab") as output:
            self.capture = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.pins_program", "capture"],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )
            self.upload = subprocess.Popen(
                [sys.executable, "-m", "pi_uploader", "upload"], env=env, stderr=output
            )
        wait_for(lambda: f"capturing with {self.gate}" in log.read_text(), what="the service")

    def pin(self, command: str) -> None:
        """Send a command to a pin, and wait until it is carried out."""
        assert self.capture.stdin
        assert self.capture.stdout
        self.capture.stdin.write(command.encode() + b"\n")
        self.capture.stdin.flush()
        assert self.capture.stdout.readline() == b"done\n"

    def listed(self, camera: str) -> list[str]:
        """Return the triggers of the camera's photos in the gallery's list, newest first."""
        return [photo["trigger"] for photo in self._api.all_listed(camera)]

    def end(self) -> dict[str, dict[str, int]]:
        """Stop capturing; return what it logged about each camera's triggers."""
        self.capture.send_signal(signal.SIGTERM)
        assert self.capture.wait(90) == 0
        output = re.findall(r"capture with (\S+) stopped: (.+)", self.log.read_text())
        return {
            camera: {
                word: int(number) for number, word in re.findall(r"(\d+) (?:\w+ )?(\w+)", text)
            }
            for camera, text in output
        }


MakeService = Callable[..., Service]


@pytest.fixture
def service(tmp_path: Path, backend: Backend, log_folder: Path) -> Iterator[MakeService]:
    """service(name, more="") -> a Service, which ends with the test."""
    made: list[Service] = []

    def make(name: str, more: str = "") -> Service:
        made.append(Service(tmp_path, backend, log_folder / f"pins-{name}.log", name, more))
        return made[-1]

    yield make
    for one in made:
        for process in (one.capture, one.upload):
            process.kill()
            process.wait(90)


def test_each_pulse_of_the_sensor_is_a_photo_in_the_list(service: MakeService) -> None:
    """Pulses of 20 ms, as a PIR may give them."""
    device = service("pulses")
    for count in range(1, 6):
        device.pin("pulse 17 20")
        wait_for(lambda count=count: len(device.listed(device.yard)) == count, what="the photo")  # type: ignore[misc]
    assert device.listed(device.yard) == ["motion"] * 5
    assert device.listed(device.gate) == []


def test_a_contact_that_bounces_is_one_photo(service: MakeService) -> None:
    """Closed for good after 50 ms of chatter; opened and closed again it is another."""
    device = service("bounces")
    device.pin("high 18")
    device.pin("bounce 18 5 5")
    wait_for(lambda: device.listed(device.gate), what="the photo")
    device.pin("high 18")
    assert device.listed(device.gate) == ["gpio"]
    assert device.end()[device.gate]["stored"] == 1


@pytest.mark.slow
def test_a_flood_while_the_camera_is_busy_is_counted(service: MakeService, tmp_path: Path) -> None:
    """While the camera takes a photo, all further triggers become one photo, and are counted."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    slow = SlowPicture(pictures / "a.jpg")
    device = service("flood", more=f'replay = "{pictures}"')
    device.pin("pulse 17 5")
    slow.wait_for_reader()
    for _ in range(50):
        device.pin("pulse 17 1")
    picture = jpeg(640, 480, seed=4)
    slow.give(picture)
    slow.give(picture)
    wait_for(lambda: len(device.listed(device.yard)) == 2, what="both photos")
    wait_for(lambda: count_spool(device.spool).waiting == 0, what="an empty spool")
    output = device.end()[device.yard]
    assert output["stored"] == 2
    assert output["coalesced"] + output["stored"] == 51
