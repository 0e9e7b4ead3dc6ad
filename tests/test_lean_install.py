"""What `pip install .` brings onto a Pi: the uploader, and nothing of Azure."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from local.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a clean environment into which a copy of the repository was installed."""
    folder = tmp_path_factory.mktemp("lean")
    unneeded = shutil.ignore_patterns(".*", "node_modules", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, folder / "source", ignore=unneeded)
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    install = ["-m", "pip", "install", "--quiet", str(folder / "source")]
    subprocess.run([programs / "python", *install], check=True, timeout=500)
    return programs


def test_no_azure_package_comes_along(programs: Path) -> None:
    listed = _run(programs / "python", "-m", "pip", "list", "--format=freeze").stdout.lower()
    assert "nightjar==" in listed
    assert "azure" not in listed


@pytest.mark.parametrize("package", ["azure", "function_app", "local", "tests"])
def test_only_the_pis_part_is_there(programs: Path, package: str) -> None:
    tried = _run(programs / "python", "-c", f"import {package}")
    assert f"No module named '{package}'" in tried.stderr


def test_its_help_teaches(programs: Path) -> None:
    shown = _run(programs / "pi-uploader", "--help")
    assert shown.returncode == 0
    for word in ["run", "capture", "upload", "status", "BASE_URL", "AZURE_FUNCTION_KEY", "PIR_PIN"]:
        assert word in shown.stdout


def test_without_settings_it_says_which_it_needs(programs: Path) -> None:
    tried = _run(programs / "pi-uploader", "run")
    assert tried.returncode != 0
    assert "BASE_URL" in tried.stderr
    assert "CAMERA_SOURCE" in tried.stderr
    assert "Traceback" not in tried.stderr


def _run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run it away from the repository, where only what is installed can be imported."""
    names = ("BASE_URL", "AZURE_FUNCTION_KEY", "PIR_PIN", "PYTHONPATH", "CAMERA_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    return subprocess.run(
        command, cwd="/", env=env, capture_output=True, text=True, timeout=90, check=False
    )
