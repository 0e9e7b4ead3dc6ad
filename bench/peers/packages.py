"""The packages that Nightjar is compared with. They are in a folder of their own, where nothing but
the benchmarks finds them: `make bench` installs bench/requirements-PYTHON.txt there."""

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

from local.processes import ROOT

FOLDER = ROOT / ".venv" / "bench"


def import_peer(name: str) -> Any:
    """Return a module of these packages. Raises ModuleNotFoundError, with what to do."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"{name} is not in {FOLDER}: run `make bench-packages`") from None


def environment() -> Mapping[str, str]:
    """Return the environment of a program that uses these packages."""
    paths = [str(ROOT), str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
