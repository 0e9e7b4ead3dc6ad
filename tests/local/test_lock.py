"""What Azure and the Pi install: each package pinned, with a hash, in the tested version."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.dist import default_python
from local.lock import azure_pins
from local.lock_files import (
    AZURE_PYTHONS,
    CONTAINER_PYTHON,
    DEVICE_LOCK,
    PI_LOCK,
    PI_PYTHONS,
    azure_lock,
    bench_lock,
    detect_lock,
)
from local.processes import ROOT

RUN_LOCK = "run: make lock"


def locked(file: Path) -> dict[str, str]:
    """Return the packages with their versions. Each line must have one hash and no marker."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    pins = [re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert all(pins), f"{file.name} has a line that is not a pin with a hash; {RUN_LOCK}"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def pins(*lines: str) -> dict[str, str]:
    pairs = (line.partition("#")[0].partition("==") for line in lines)
    return {canonicalize_name(name): version.strip() for name, _, version in pairs if version}


@pytest.mark.parametrize("python", AZURE_PYTHONS)
def test_azure_installs_the_pinned_requirements(python: str) -> None:
    assert locked(azure_lock(python)) == pins(*azure_pins(python)), RUN_LOCK


@pytest.mark.parametrize("python", AZURE_PYTHONS)
def test_the_bench_installs_the_pinned_peers(python: str) -> None:
    lock = locked(bench_lock(python))
    peers = pins(*(ROOT / "requirements-bench.txt").read_text().splitlines())
    assert peers.items() <= lock.items(), RUN_LOCK


def test_each_python_has_its_own_azure_functions() -> None:
    """A build with another Python fails, instead of making an app without functions."""
    versions = {python: locked(azure_lock(python))["azure-functions"] for python in AZURE_PYTHONS}
    assert versions["3.11"].startswith("1.")
    assert versions["3.13"].startswith("2.")
    assert default_python() in AZURE_PYTHONS


def test_the_pi_installs_the_tested_versions() -> None:
    lock = locked(PI_LOCK)
    files = [ROOT / f"requirements{part}.txt" for part in ("", "-local", "-dev")]
    tested = pins(*(line for file in files for line in file.read_text().splitlines()))
    assert lock == {name: tested.get(name) for name in lock}, RUN_LOCK


def test_the_container_of_the_device_can_look_for_motion() -> None:
    """By the tested numpy; what draws its pictures is among the packages of Azure."""
    tested = pins(*(ROOT / "requirements-local.txt").read_text().splitlines())
    assert locked(DEVICE_LOCK) == {"numpy": tested["numpy"]}, RUN_LOCK
    assert "pillow" in locked(azure_lock(CONTAINER_PYTHON))


@pytest.mark.parametrize("python", PI_PYTHONS)
def test_the_pi_runs_models_with_the_tested_versions_and_debians_numpy(python: str) -> None:
    lock = locked(detect_lock(python))
    tested = pins(*(ROOT / "requirements-dev.txt").read_text().splitlines())
    tested |= pins(*(ROOT / "requirements.txt").read_text().splitlines())
    assert lock == {name: tested.get(name) for name in lock}, RUN_LOCK
    assert {"onnxruntime", "ai-edge-litert"} < lock.keys()
    assert not {"numpy", "pillow"} & lock.keys()


def test_the_pi_installs_everything_that_the_wheel_needs() -> None:
    lock = locked(PI_LOCK)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for text in [*project["project"]["dependencies"], *project["build-system"]["requires"]]:
        requirement = Requirement(text)
        version = lock.get(canonicalize_name(requirement.name))
        assert version in requirement.specifier if version else False, f"{text}: {RUN_LOCK}"
