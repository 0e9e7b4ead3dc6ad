"""Write the requirements files with hashes, from which Azure and the Pi install.

    python -m local.lock

They are made from the pinned requirements: run this after a change of requirements.txt,
requirements-local.txt, requirements-dev.txt or requirements-bench.txt. Each package has one hash,
of the wheel to be installed; pip ignores all other files, such as wheels for another Python, and
piwheels' own builds for a Pi (docs/decisions/0040-one-hash-for-each-package.md). It queries the
package index, as pip does, and downloads nothing.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence

from packaging.requirements import Requirement

from local.lock_files import (
    AZURE_PYTHONS,
    CONTAINER_PYTHON,
    DEVICE_LOCK,
    MQTT_LOCK,
    PI_LOCK,
    PI_PYTHONS,
    SERVE_LOCK,
    azure_lock,
    azure_platform,
    bench_lock,
    detect_lock,
    pi_platform,
)
from local.processes import ROOT

_HEADER = "# Written by `python -m local.lock`: {content}.\n# pip checks each hash.\n"
_OF_DEBIAN = ("numpy==", "pillow==")  # picamera2 is built for Debian's, which the Pi keeps


class LockError(Exception):
    """pip could not resolve the requirements; the text says why."""


def azure_pins(python: str) -> list[str]:
    """Return the pins of requirements.txt for this version of Python, each as NAME==VERSION.

    pip itself compares their markers with the Python on which it runs."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    requirements = [Requirement(pin) for line in lines if (pin := line.partition("#")[0].strip())]
    environment = {"python_version": python}
    return [
        f"{one.name}{one.specifier}"
        for one in requirements
        if one.marker is None or one.marker.evaluate(environment)
    ]


def main() -> int:
    try:
        for python in AZURE_PYTHONS:
            text = _lock(["--no-deps", *azure_pins(python)], azure_platform(python))
            content = f"what Azure installs for Python {python}"
            azure_lock(python).write_text(_HEADER.format(content=content) + text)
            bench = ["--requirement", "requirements-bench.txt"]
            text = _lock_with_our_pins(bench, azure_platform(python))
            content = f"what make bench compares Nightjar with, for Python {python} on x86-64"
            bench_lock(python).write_text(_HEADER.format(content=content) + text)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        motion = project["optional-dependencies"]["motion"]
        text = _lock_with_our_pins(motion, azure_platform(CONTAINER_PYTHON))
        content = "what the device's container installs beside Azure's packages"
        DEVICE_LOCK.write_text(_HEADER.format(content=content) + text)
        requirements = [*project["dependencies"], "setuptools"]  # setuptools builds the wheel there
        any_machine = ["--platform", "any", "--abi", "none", "--implementation", "py"]
        any_machine += ["--python-version", AZURE_PYTHONS[0]]
        text = _lock_with_our_pins(requirements, any_machine)
        PI_LOCK.write_text(_HEADER.format(content="what a Pi installs beside the wheel") + text)
        for extra, lock, what in (
            ("serve", SERVE_LOCK, "the device's own page"),
            ("mqtt", MQTT_LOCK, "MQTT"),
        ):
            text = _lock_with_our_pins(project["optional-dependencies"][extra], any_machine)
            content = f"what a Pi with {what} installs, too"
            lock.write_text(_HEADER.format(content=content) + text)
        for python in PI_PYTHONS:
            requirements = project["optional-dependencies"]["detect"]
            lines = _lock_with_our_pins(requirements, pi_platform(python)).splitlines(True)
            text = "".join(line for line in lines if not line.startswith(_OF_DEBIAN))
            content = f"what a Pi with Python {python} and CAMERA_DETECT installs, too"
            detect_lock(python).write_text(_HEADER.format(content=content) + text)
    except LockError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _lock_with_our_pins(requirements: Sequence[str], platform: Sequence[str]) -> str:
    """Return the lines of what pip would install on a platform, in the versions with which the
    tests run."""
    files = [ROOT / f"requirements{part}.txt" for part in ("", "-local", "-dev")]
    pins = [line for file in files for line in file.read_text().splitlines() if "==" in line]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(pins))
        constraints.flush()
        return _lock(["--constraint", constraints.name, *requirements], platform)


def _lock(requirements: Sequence[str], platform: Sequence[str]) -> str:
    """Return one line for each package that pip would install: its pin and its hash. Raises
    LockError if pip fails."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--dry-run", "--ignore-installed", "--only-binary", ":all:", "--target", "unused"]
    command += [*options, "--report", "-", *platform, *requirements]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LockError(f"pip could not resolve {' '.join(requirements)}:\n{done.stderr}")
    return "".join(sorted(_lines(json.loads(done.stdout)["install"])))


def _lines(installed: Iterable[dict[str, dict[str, object]]]) -> Iterable[str]:
    for package in installed:
        archive = package["download_info"]["archive_info"]
        assert isinstance(archive, dict)
        pin = f"{package['metadata']['name']}=={package['metadata']['version']}"
        yield f"{pin} --hash=sha256:{archive['hashes']['sha256']}\n"


if __name__ == "__main__":
    sys.exit(main())
