"""Writes the files with hashes from which Azure and the Pi install, from the pinned requirements.

    python -m local.lock

Each package has one hash, of the very wheel that is to be installed; pip passes over every other
file, and so over another Python's wheels and over piwheels' own builds for a Pi
(docs/decisions/0040-one-hash-for-each-package.md). Run it after a change of requirements.txt,
requirements-local.txt or requirements-dev.txt. It asks the package index, as pip does, and
downloads nothing.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence

from packaging.requirements import Requirement

from local.hashed import AZURE_PYTHONS, PI_LOCK, azure_lock, azure_platform
from local.processes import ROOT

_HEADER = "# Written by `python -m local.lock`: {what}.\n# pip checks each hash.\n"


class LockError(Exception):
    """Nothing was written; the text says why."""


def azure_pins(python: str) -> list[str]:
    """Return the pins of requirements.txt for this version of Python, each as NAME==VERSION.

    pip would compare their markers with the Python that it runs on."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    needed = [Requirement(pin) for line in lines if (pin := line.partition("#")[0].strip())]
    about = {"python_version": python}
    return [
        f"{one.name}{one.specifier}"
        for one in needed
        if one.marker is None or one.marker.evaluate(about)
    ]


def main() -> int:
    try:
        for python in AZURE_PYTHONS:
            text = _lock(["--no-deps", *azure_pins(python)], azure_platform(python))
            what = f"what Azure installs for Python {python}"
            azure_lock(python).write_text(_HEADER.format(what=what) + text)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        text = _lock_any([*project["dependencies"], "setuptools"])  # which builds the wheel there
        PI_LOCK.write_text(_HEADER.format(what="what a Pi installs beside the wheel") + text)
    except LockError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _lock_any(requirements: Sequence[str]) -> str:
    """The same of wheels for any machine, in the versions that the tests run with."""
    files = [ROOT / f"requirements{part}.txt" for part in ("", "-local", "-dev")]
    pins = [line for file in files for line in file.read_text().splitlines() if "==" in line]
    any_machine = ["--platform", "any", "--abi", "none", "--implementation", "py"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(pins))
        constraints.flush()
        pinned = ["--constraint", constraints.name]
        return _lock([*pinned, *requirements], [*any_machine, "--python-version", AZURE_PYTHONS[0]])


def _lock(requirements: Sequence[str], platform: Sequence[str]) -> str:
    """Return what pip would install, a pinned line with its hash for each package."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    ways = ["--dry-run", "--ignore-installed", "--only-binary", ":all:", "--target", "unused"]
    asked = [*command, *ways, "--report", "-", *platform, *requirements]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LockError(f"pip could not resolve {' '.join(requirements)}:\n{done.stderr}")
    return "".join(sorted(_lines(json.loads(done.stdout)["install"])))


def _lines(installed: Iterable[dict[str, dict[str, object]]]) -> Iterable[str]:
    for one in installed:
        archive = one["download_info"]["archive_info"]
        assert isinstance(archive, dict)
        pin = f"{one['metadata']['name']}=={one['metadata']['version']}"
        yield f"{pin} --hash=sha256:{archive['hashes']['sha256']}\n"


if __name__ == "__main__":
    sys.exit(main())
