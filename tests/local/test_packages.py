"""What `make run` installs: no more than running needs."""

import json
import re

from local.processes import ROOT

TESTS_ONLY = ("pytest", "playwright", "hypothesis", "mypy", "ruff", "numpy")


def test_running_needs_no_package_of_the_tests() -> None:
    files = (ROOT / "requirements.txt", ROOT / "requirements-local.txt")
    names = re.findall(r"^([\w.-]+)==", "".join(file.read_text() for file in files), re.MULTILINE)
    assert "tenacity" in names
    assert not set(names) & set(TESTS_ONLY)


def test_what_azurite_does_not_need_is_left_out() -> None:
    """And nothing that comes with it: telemetry and SQL databases were two thirds of it."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    left_out = {folder.name for folder in (ROOT / "local" / "left_out").iterdir()}
    for name in left_out:
        assert packages[f"node_modules/{name}"]["link"] is True
    for prefix in ("node_modules/@opentelemetry/", "node_modules/@azure/identity"):
        assert not [name for name in packages if name.startswith(prefix)]
