"""The backend under Azure Functions Core Tools (`func`), for `make func`.

Core Tools download their binary from outside of the package registries, so that they cannot be
installed everywhere. No test here starts them: tests check the command line, and the error text
where they are missing.
"""

import os
import shutil
import sys
from pathlib import Path

from local.processes import StartError

INSTALL_ADVICE = """\
`func` (Azure Functions Core Tools 4) is not on PATH. Get it with one of these, then try again:
    npm install -g azure-functions-core-tools@4
    brew tap azure/functions && brew install azure-functions-core-tools@4
    winget install Microsoft.Azure.FunctionsCoreTools
    apt: https://learn.microsoft.com/azure/azure-functions/functions-run-local
Or use `make run`, which does not need it."""


def command(port: int) -> list[str]:
    """Return the command that starts the host on this port. Without --enableAuth the host accepts
    any function key. Raises StartError, with how to install it, if `func` is missing."""
    program = shutil.which("func")
    if program is None:
        raise StartError(INSTALL_ADVICE)
    return [program, "start", "--port", str(port)]


def environment() -> dict[str, str]:
    """Return what the host needs beside the app's own settings: the worker's language, and this
    Python, for which it looks in the active virtual environment and on PATH."""
    venv = Path(sys.prefix)
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "VIRTUAL_ENV": str(venv),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
