"""What Azure and the Pi install: each package pinned, with a hash, and in step with the rest."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.dist import default_python
from local.hashed import AZURE_PYTHONS, PI_LOCK, azure_lock
from local.lock import azure_pins
from local.processes import ROOT

WRITE_ANEW = "run: make lock"


def locked(file: Path) -> dict[str, str]:
    """The packages with their versions; each line has one hash and no marker."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    pins = [re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert all(pins), f"{file.name} holds a line that is no pin with a hash; {WRITE_ANEW}"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def pins(*lines: str) -> dict[str, str]:
    split = (line.partition("#")[0].partition("==") for line in lines)
    return {canonicalize_name(name): version.strip() for name, _, version in split if version}


@pytest.mark.parametrize("python", AZURE_PYTHONS)
def test_azure_installs_the_pinned_requirements(python: str) -> None:
    assert locked(azure_lock(python)) == pins(*azure_pins(python)), WRITE_ANEW


def test_each_python_has_its_own_azure_functions() -> None:
    """Built with another Python it fails, instead of leaving an app without functions."""
    versions = {python: locked(azure_lock(python))["azure-functions"] for python in AZURE_PYTHONS}
    assert versions["3.11"].startswith("1.")
    assert versions["3.13"].startswith("2.")
    assert default_python() in AZURE_PYTHONS


def test_the_pi_installs_what_the_tests_run_with() -> None:
    lock = locked(PI_LOCK)
    files = [ROOT / f"requirements{part}.txt" for part in ("", "-local", "-dev")]
    tested = pins(*(line for file in files for line in file.read_text().splitlines()))
    assert lock == {name: tested.get(name) for name in lock}, WRITE_ANEW


def test_the_pi_installs_all_that_the_wheel_needs() -> None:
    lock = locked(PI_LOCK)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for text in [*project["project"]["dependencies"], *project["build-system"]["requires"]]:
        needed = Requirement(text)
        version = lock.get(canonicalize_name(needed.name))
        assert version in needed.specifier if version else False, f"{text}: {WRITE_ANEW}"
