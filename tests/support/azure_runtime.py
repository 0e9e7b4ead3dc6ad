"""The app in Microsoft's own Functions runtime (azure-functions-runtime, Python 3.13 and later).

It has its own environment, .venv-3.13, which `make test` makes wherever it finds a Python 3.13.
"""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from function_app import build_app
from local.host import Host
from local.processes import ROOT

PYTHON = ROOT / ".venv-3.13" / "bin" / "python"
READ_TOKEN = "conformance-" + "r" * 24
PASSWORD = "conformance-password"

NEEDS_RUNTIME = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON.exists(),
        reason="Microsoft's runtime needs Python 3.13, and `make test` found none here",
    ),
]


@dataclass
class AzureResponse:
    """A response as the worker gives it to the Functions host."""

    status: int
    headers: Mapping[str, str]
    cookies: list[dict[str, Any]]
    body: bytes


class AzureWorker:
    """The app in Microsoft's runtime; the local host's routing finds the function to call."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self._input, self._output = process.stdin, process.stdout
        self.functions: list[dict[str, Any]] = self._read()
        self._host = Host(build_app().get_functions(), keys=[])

    def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        site: str = "https://nightjar.example",
    ) -> AzureResponse:
        url = urlsplit(target)
        function, route_params = next(
            (function, found)
            for function in self._host.functions
            if (found := function.route.match(url.path)) is not None and function.allows(method)
        )
        message = {
            "function": function.name,
            "method": method,
            "url": site + target,
            "headers": {name.lower(): value for name, value in (headers or {}).items()},
            "query": dict(parse_qsl(url.query)),
            "route_params": route_params,
            "body": base64.b64encode(body).decode(),
        }
        self._input.write(json.dumps(message) + "\n")
        self._input.flush()
        response = self._read()
        return AzureResponse(**{**response, "body": base64.b64decode(response["body"])})

    def _read(self) -> Any:
        line = self._output.readline()
        assert line, "the worker ended; azure-runtime.log in the session's log folder says why"
        return json.loads(line)
