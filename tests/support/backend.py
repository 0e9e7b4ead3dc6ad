"""The backend as a child process: the local host over the real function_app. Only the cost of
hashing passwords is another."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from local.ports import free_ports
from local.processes import answers, kill, start, stop, wait_until
from tests.support.password_cost import TEST_COST
from tests.support.waiting import wait_for

# They run when a test says so, and at no other moment.
TIMERS = ("every_minute", "hourly_cleanup", "weekly_repair")


@dataclass
class Backend:
    """One backend. After `stop` or `kill` and `start` it has the same port and keys.

    `log` is appended to at each start; `env` adds to the environment of the next start.
    """

    connection_string: str = field(repr=False)
    log: Path
    function_key: str = field(repr=False)
    read_token: str = field(repr=False)
    admin_token: str = field(repr=False)
    password: str = field(repr=False)  # the owner's first password
    master_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers with any status. Raises StartError if it does not."""
        command = [*self._command(), "--port", str(self.port)]
        env = self._environment()
        with self.log.open("ab") as output:
            self.process = start(command, env=env, output=output)
        health = f"{self.base_url}/api/health"
        try:
            wait_until(lambda: answers(health), self.process, f"the backend (log: {self.log})", 120)
        except BaseException:
            self.kill()
            print(self.log.read_text())  # pytest shows it beside the failure
            raise

    def start_timer(self, name: str) -> None:
        """Have a timer's function run now; do not wait for its end."""
        response = requests.post(
            f"{self.base_url}/admin/functions/{name}",
            json={"input": ""},
            headers={"x-functions-key": self.master_key},
            timeout=90,
        )
        assert response.status_code == 202, response.text

    def count(self) -> None:
        """Count all that is stored now: have the counting timer run, and wait until it has."""
        before = self._as_of()
        self.start_timer("every_minute")
        wait_for(lambda: self._as_of() != before, 90, "the count")

    def _as_of(self) -> str | None:
        bearer = {"Authorization": f"Bearer {self.read_token}"}
        response = requests.get(f"{self.base_url}/api/status", headers=bearer, timeout=90)
        assert response.status_code == 200, response.text
        as_of: str | None = response.json()["as_of"]
        return as_of

    def stop(self) -> None:
        """Stop it with SIGTERM."""
        if self.process:
            stop(self.process)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        if self.process:
            kill(self.process)

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.support.host"]

    def _environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "AzureWebJobsStorage": self.connection_string,
            "READ_TOKEN": self.read_token,
            "ADMIN_TOKEN": self.admin_token,
            "GALLERY_PASSWORD": self.password,
            "FUNCTION_KEY": self.function_key,
            "MASTER_KEY": self.master_key,
            **{f"AzureWebJobs__{name}__Disabled": "true" for name in TIMERS},
            "PASSWORD_COST": str(TEST_COST),
            "TRUSTED_PROXY_COUNT": "2",  # the local host, and a test that sends a client's address
            **self.env,
        }
