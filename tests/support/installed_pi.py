"""A Pi as install.sh leaves it: its settings, its camera, its pins and its two services, here as
threads of the test's process."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.processes import ROOT
from photo_wire.headers import Trigger
from pi_uploader.capture import capture_once, run_capture
from pi_uploader.settings import CaptureSettings, UploadSettings, load_settings
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.process import run_upload
from tests.support.waiting import wait_for

KEY = "the key that install.sh was given"
NAME = "entry"


def installed_settings(folder: Path, base_url: str) -> dict[str, str]:
    """The environment of the services: what environment.example sets, what install.sh asks for,
    and what systemd adds for the units."""
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "azure_function_key").write_text(KEY)
    (credentials / "camera_password").write_text("\n")
    example = (ROOT / "systemd" / "environment.example").read_text()
    return {
        **dict(re.findall(r"^(\w+)=(.*)$", example, re.M)),
        "CAMERA_NAME": NAME,
        "BASE_URL": base_url,
        "CAMERA_HEARTBEAT": "off",  # tests count requests; some set it
        "STATE_DIRECTORY": str(folder / "state"),
        "CREDENTIALS_DIRECTORY": str(credentials),
    }


class InstalledPi:
    """The Pi; a test changes `environ` first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    @property
    def spool_folder(self) -> Path:
        return Path(self.environ["STATE_DIRECTORY"]) / "spool"

    @property
    def spool(self) -> Spool:
        return Spool(self.spool_folder)

    def waiting(self) -> list[SpooledPhoto]:
        """The photos that wait to be sent, oldest first."""
        return list(self.spool.waiting_photos())

    def kept(self) -> list[Path]:
        """The files of the photos that stay on the device."""
        return sorted((self.spool_folder / "kept").rglob("*.*"))

    def once(self, trigger: Trigger = Trigger.DEMAND) -> int:
        """`pi-uploader capture --once`; returns its exit code."""
        return capture_once(load_settings(CaptureSettings, self.environ), trigger)

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """The capture service, until the end of the block."""
        settings = load_settings(CaptureSettings, self.environ)
        with _service(lambda stop: run_capture(settings, stop)):
            yield

    @contextmanager
    def uploading(self) -> Iterator[None]:
        """The upload service, until the end of the block."""
        settings = load_settings(UploadSettings, self.environ)
        with _service(lambda stop: run_upload(settings, stop)):
            yield

    def wait_for_photos(self, count: int) -> list[SpooledPhoto]:
        """Wait until that many photos are in the spool; return them, oldest first."""
        wait_for(lambda: len(self.waiting()) >= count, what=f"{count} photos in the spool")
        return self.waiting()


@contextmanager
def _service(run: Callable[[threading.Event], int]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def armed_now(zone_offset: int) -> str:
    """Hours around now in the zone that is so many hours ahead of UTC."""
    there = datetime.now(UTC) + timedelta(hours=zone_offset)
    return f"{there - timedelta(hours=2):%H:%M}-{there + timedelta(hours=2):%H:%M}"
