"""`make run` installs only what running needs."""

import json
import re

from local.processes import ROOT

TESTS_ONLY = ("pytest", "playwright", "hypothesis", "mypy", "ruff")


def test_running_needs_no_test_package() -> None:
    files = (ROOT / "requirements.txt", ROOT / "requirements-local.txt")
    names = re.findall(r"^([\w.-]+)==", "".join(file.read_text() for file in files), re.MULTILINE)
    assert "gpiozero" in names
    assert not set(names) & set(TESTS_ONLY)


def test_unneeded_dependencies_of_azurite_are_left_out() -> None:
    """Telemetry and SQL databases were two thirds of its packages."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    left_out = {folder.name for folder in (ROOT / "local" / "left_out").iterdir()}
    for name in left_out:
        assert packages[f"node_modules/{name}"]["link"] is True
    for prefix in ("node_modules/@opentelemetry/", "node_modules/@azure/identity"):
        assert not [name for name in packages if name.startswith(prefix)]
