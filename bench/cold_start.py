"""The cold import of the backend, beside that of a minimal app that uses the same SDKs."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.effort import Effort
from bench.memory import peak_memory
from bench.repeat import in_turns, seconds
from bench.report import Figure
from local.processes import ROOT

OURS = "from function_app import app; app.get_functions()"
MINIMAL = "from bench.peers.functions_app import app; app.get_functions()"
FUNCTIONS = "import azure.functions"
MEMORY = "; print(open('/proc/self/status').read())"


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure new processes that import an app and list its functions, as Azure's worker does."""
    ways: list[Callable[[], float]] = [
        lambda code=code: seconds(lambda: _run(code))  # type: ignore[misc]
        for code in (OURS, MINIMAL, FUNCTIONS, "pass")
    ]
    ours, minimal, functions, python = in_turns(effort, *ways, what="cold import")
    return [
        Figure("cold import, in terms of a minimal app's", ours / minimal, "times", 1.15, True),
        Figure("  the backend's", ours * 1000, "ms"),
        Figure("  that of a minimal app with the SDKs", minimal * 1000, "ms"),
        Figure("  that of azure.functions alone", functions * 1000, "ms"),
        Figure("  Python's own start, which each contains", python * 1000, "ms"),
        Figure("memory after the import", peak_memory(_run(OURS + MEMORY)), "MB"),
        Figure("  a minimal app's", peak_memory(_run(MINIMAL + MEMORY)), "MB"),
    ]


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return re.sub(r"\A.*?(?=Name:)", "", done.stdout, flags=re.DOTALL)
