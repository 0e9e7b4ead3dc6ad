"""The backend under Azure Functions Core Tools (`func`), for `make func`.

Core Tools load their binary from outside the package registries while they are installed, so they
cannot be had everywhere, and no test here starts them: what is tested is the command line and what
is said where they are missing.
"""

import os
import shutil
import sys
from pathlib import Path

from local.processes import StartError

HOW_TO_GET_IT = """\
`func` (Azure Functions Core Tools 4) is not on PATH. Get it with one of these, then try again:
    npm install -g azure-functions-core-tools@4
    brew tap azure/functions && brew install azure-functions-core-tools@4
    winget install Microsoft.Azure.FunctionsCoreTools
    apt: https://learn.microsoft.com/azure/azure-functions/functions-run-local
Or use `make run`, which needs none of them."""


def command(port: int) -> list[str]:
    """What starts the host on this port. Raises StartError, saying how to get it, where `func` is
    missing. Without --enableAuth it lets every function key pass."""
    program = shutil.which("func")
    if program is None:
        raise StartError(HOW_TO_GET_IT)
    return [program, "start", "--port", str(port)]


def environment() -> dict[str, str]:
    """What the host needs beside the app's own settings: the worker's language, and this very
    Python, which it looks for in the active virtual environment and on PATH."""
    venv = Path(sys.prefix)
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "VIRTUAL_ENV": str(venv),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
