"""The device's own page over HTTP, in a process as on a Pi, with a simulated camera or without."""

from dataclasses import dataclass, field
from typing import Any

import requests

from local.ports import free_ports
from tests.support.program import Program, StartProgram

PASSWORD = "a password for the page"
MAX_SECONDS = 60.0  # of a request; far more than a picture takes on a busy machine


@dataclass
class CameraPage:
    """`start` starts the page; `capture` also starts the camera `gate`, which takes a photo an
    hour."""

    start_program: StartProgram
    env: dict[str, str]
    port: int = field(default_factory=lambda: free_ports(1)[0])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **env: str) -> Program:
        """Start `pi-uploader serve`, and wait until it listens."""
        program = self.start_program("serve", **self.env | env)
        program.wait_for_output("the page is at http")
        return program

    def capture(self, **env: str) -> Program:
        program = self.start_program("capture", **self.env | env)
        program.wait_for_output("photo taken")
        return program

    def ask(
        self, path: str, method: str = "GET", password: str | None = PASSWORD, **more: Any
    ) -> requests.Response:
        """Send a request with this password, or with none. Redirects are not followed."""
        auth = None if password is None else ("", password)
        more = {"allow_redirects": False, **more}
        return requests.request(method, f"{self.url}{path}", auth=auth, timeout=MAX_SECONDS, **more)
