"""A device that sends signed heartbeats over HTTP when a test says so, and executes nothing."""

from typing import Any

import requests

from photo_wire.camera_state import CameraState
from photo_wire.command import CommandResult
from photo_wire.headers import FUNCTION_KEY
from photo_wire.heartbeat import heartbeat_path
from tests.support.backend import Backend
from tests.support.devices import heartbeat
from tests.support.signing_device import SigningDevice

CAN = ("photo", "clip", "live")


class ReportingDevice:
    """The device `name`, whose cameras can take photos, clips and live pictures."""

    def __init__(self, backend: Backend, name: str, *cameras: str) -> None:
        self.key = SigningDevice(name)
        self.name = name
        self.cameras = {camera: CameraState(armed=True, can=CAN) for camera in cameras}
        self.backend = backend

    def report(self, *results: CommandResult, expected: int = 200, **members: Any) -> None:
        """Send a heartbeat with the state of the cameras, what became of commands, and these other
        members."""
        path = heartbeat_path(self.name)
        body = heartbeat(cameras=self.cameras, commands=results, **members).to_json()
        reply = requests.post(
            self.backend.base_url + path,
            data=body,
            headers={FUNCTION_KEY: self.backend.function_key, **self.key.sign("POST", path, body)},
            timeout=90,
        )
        assert reply.status_code == expected, reply.text
