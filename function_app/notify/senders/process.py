"""Start the process that sends, give it jobs, and end it when it takes too long."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from function_app.media.thumbnails import python

MAX_START_SECONDS = 20
PACKAGES = ("requests", "cryptography", "standardwebhooks", "apprise")
_CODE = "import sys; sys.path[:0] = sys.argv[1:]; from send_process.main import main; main()"
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")


class SendProcessError(Exception):
    """The process did not answer. The text says why, without a secret."""


class SendProcess:
    """A process of send_process/, which is started for the first job and again after one that
    failed. One thread uses it. `setup` is its first line (send_process/jobs.py)."""

    def __init__(self, setup: Mapping[str, Any], command: Sequence[str] | None = None) -> None:
        self._setup = {**setup, "packages": package_folders()}
        self._command = command or (*_python(), "-c", _CODE, str(Path(__file__).parent))
        self._process: subprocess.Popen[bytes] | None = None
        self._output = b""

    def do(self, job: Mapping[str, Any], max_seconds: float) -> dict[str, Any]:
        """Return the reply to a job. Raises SendProcessError if none comes in time; the process is
        ended then."""
        try:
            if self._process is None:
                self._start()
            return self._exchange(job, max_seconds)
        except (OSError, ValueError) as error:
            self.close()
            name = type(error).__name__
            raise SendProcessError(f"the sending process failed ({name}); try again") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        process, self._process, self._output = self._process, None, b""
        if process is None:
            return
        process.kill()
        with process:  # closes the pipes, and waits
            pass

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what Apprise writes may have addresses
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            bufsize=0,
        )
        self._exchange(self._setup, MAX_START_SECONDS)

    def _exchange(self, message: Mapping[str, Any], max_seconds: float) -> dict[str, Any]:
        process = self._process
        assert process
        assert process.stdin
        assert process.stdout
        deadline = time.monotonic() + max_seconds
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:  # the process reads it before it does anything
            line = line[process.stdin.write(line) :]
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._output:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise SendProcessError(
                        f"it did not answer within {max_seconds:g} s; check that the receiver is "
                        "running"
                    )
                if not (piece := os.read(process.stdout.fileno(), 65536)):
                    raise SendProcessError("the sending process ended; try again")
                self._output += piece
        reply, _, self._output = self._output.partition(b"\n")
        parsed = json.loads(reply)
        assert isinstance(parsed, dict)
        return parsed


@cache
def package_folders() -> list[str]:
    """Return the folders with the packages that the process needs. They are found without being
    loaded."""
    specs = [spec for name in PACKAGES if (spec := find_spec(name)) and spec.origin]
    return sorted({str(Path(str(spec.origin)).parents[1]) for spec in specs})


@cache
def _python() -> tuple[str, ...]:
    return (python(), "-I", "-S")
