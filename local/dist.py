"""Build a release into dist/: the wheel for the Pi, and the zip for Azure.

    python -m local.dist [--only zip | --only wheel] [--to FOLDER] [--python VERSION] [--packages]
                         [--compiled]

Builds are reproducible, byte by byte, on any machine: only files that git tracks are included,
sorted, not compressed (deflate differs between machines), and with one date, SOURCE_DATE_EPOCH or
else that of the last commit. Building the zip needs only Python and git; building the wheel needs
the setuptools that requirements-dev.txt pins. Beside the wheel go the lists of what a Pi installs
with it, one of them for the device's own page alone, and into the zip the list of what Azure
installs for its version of Python: each package pinned, with its hash. --packages includes these
packages themselves, for an Azure whose own build uses another Python; then nothing is built there.
--compiled includes bytecode, too, if this is Azure's version of Python; such a zip is the same only
where Python is the same."""

import argparse
import hashlib
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from importlib.metadata import version as version_of
from pathlib import Path

from local.lock_files import AZURE_PYTHONS, EXTRA_LOCKS, PI_LOCK, azure_lock, azure_platform
from local.processes import ROOT
from photo_wire import __version__

AZURE_CONTENT = {"function_app.py", "function_app", "photo_wire", "host.json", "requirements.txt"}
PI_CONTENT = ("pyproject.toml", "README.md", "LICENSE", "photo_wire", "pi_uploader")
_MIN_DATE = 315532800  # 1980-01-01, the earliest date of a zip
_BUILD_CODE = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


class DistError(Exception):
    """Nothing was built; the text says why, and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.dist", description=__doc__)
    parser.add_argument("--only", choices=("zip", "wheel"), help="build only this one")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder (dist)")
    python = default_python()
    parser.add_argument("--python", choices=AZURE_PYTHONS, default=python, help=f"({python})")
    parser.add_argument("--packages", action="store_true", help="include the packages in the zip")
    parser.add_argument("--compiled", action="store_true", help="include bytecode in the zip")
    args = parser.parse_args(argv)
    try:
        args.to.mkdir(parents=True, exist_ok=True)
        date = release_date()
        files = []
        if args.only != "wheel":
            files.append(build_zip(args.to, date, args.python, args.packages, args.compiled))
        if args.only != "zip":
            files.append(build_wheel(args.to, date))
            for lock in (PI_LOCK, *EXTRA_LOCKS):
                copy = args.to / f"nightjar-{__version__}-{lock.name}"
                files.append(Path(shutil.copyfile(lock, copy)))
    except DistError as error:
        print(error, file=sys.stderr)
        return 1
    for state, name in _uncommitted():
        problem = (
            "left out, git does not track it" if state == "??" else "included, but not committed"
        )
        print(f"{problem}: {name}", file=sys.stderr)
    for file in files:
        content = file.read_bytes()
        print(f"{hashlib.sha256(content).hexdigest()}  {file.name}  {len(content):,} bytes")
    return 0


def release_date() -> int:
    """Return the date of every file in a release, in seconds since 1970. Raises DistError if
    SOURCE_DATE_EPOCH is not a number."""
    text = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct").strip()
    if not re.fullmatch(r"[0-9]{1,11}", text):
        raise DistError(
            f"SOURCE_DATE_EPOCH is {text!r}; it must be a number of seconds since 1970."
        )
    return max(int(text), _MIN_DATE)


def default_python() -> str:
    """Return the version of Python that runs in Azure, from infra/main.json."""
    template = json.loads((ROOT / "infra" / "main.json").read_text())
    return str(template["parameters"]["pythonVersion"]["defaultValue"])


def build_zip(
    folder: Path,
    date: int,
    python: str = "",
    packages: bool = False,
    compiled: bool = False,
) -> Path:
    """Build the function app's zip in `folder`, for this version of Python (by default Azure's).
    Return its path. Raises DistError if a file is in the wrong place."""
    files = azure_files()
    for name in sorted({name.partition("/")[0] for name in files} ^ AZURE_CONTENT):
        raise DistError(
            f"{name}: what goes to Azure is {', '.join(sorted(AZURE_CONTENT))}; .funcignore must "
            "list everything else. Commit the file, or add it to .funcignore."
        )
    for name in sorted(set(tracked(*AZURE_CONTENT)) - set(files)):
        raise DistError(
            f"{name}: a pattern of .funcignore leaves it out of the zip, since patterns match any "
            "part of a path. Rename the file."
        )
    python = python or default_python()
    content = {name: (ROOT / name).read_bytes() for name in files}
    content["requirements.txt"] = azure_lock(python).read_bytes()
    if packages:
        content |= installed_packages(python)
    if compiled:
        content |= bytecode(content, python)
    target = folder / f"nightjar-function-{__version__}.zip"
    write_zip(target, content, date)
    return target


def installed_packages(python: str) -> dict[str, bytes]:
    """Install the packages that Azure would, for its machines and this version of Python, and check
    their hashes. Return the files by their names in the zip, where the Functions worker looks for
    packages. Raises DistError if pip fails."""
    with tempfile.TemporaryDirectory() as scratch:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"]
        target = ["--target", scratch, *azure_platform(python), "-r", str(azure_lock(python))]
        done = subprocess.run(
            [*install, *options, *target], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DistError(f"The packages could not be installed with pip:\n{done.stderr}")
        return {
            f".python_packages/lib/site-packages/{name}": file.read_bytes()
            for file in sorted(Path(scratch).rglob("*"))
            # no programs: each names the Python on this machine
            if file.is_file()
            and not (name := file.relative_to(scratch).as_posix()).startswith("bin/")
        }


def bytecode(content: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """Return the bytecode of these modules by its name in the zip; none if this is another version
    of Python. Unpacking may change the times of files, so the bytecode does not depend on them."""
    running = "{}.{}".format(*sys.version_info)
    if running != python:
        print(f"without bytecode: this is Python {running}, the app runs Python {python}")
        return {}
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch, "module.py"), Path(scratch, "module.pyc")
        for name in sorted(name for name in content if name.endswith(".py")):
            source.write_bytes(content[name])
            try:
                py_compile.compile(
                    str(source),
                    str(target),
                    name,
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )
            except py_compile.PyCompileError:
                continue  # a package's template, or code for another Python: it is not imported
            folder, _, stem = name.removesuffix(".py").rpartition("/")
            cached = f"__pycache__/{stem}.{sys.implementation.cache_tag}.pyc"
            found[f"{folder}/{cached}" if folder else cached] = target.read_bytes()
    return found


def azure_files() -> list[str]:
    """Return the files that git tracks and .funcignore does not exclude."""
    lines = (ROOT / ".funcignore").read_text().splitlines()
    patterns = [line.strip("/") for line in lines if line and not line.startswith("#")]
    return [
        name
        for name in tracked()
        if not any(fnmatch(part, pattern) for part in name.split("/") for pattern in patterns)
    ]


def build_wheel(folder: Path, date: int) -> Path:
    """Build the Pi's wheel in `folder`, and return its path. It is built from copies, so that it
    has nothing of an earlier build, and no file modes. Raises DistError if that fails."""
    _check_setuptools()
    with tempfile.TemporaryDirectory() as scratch:
        source, built = Path(scratch, "source"), Path(scratch, "built")
        built.mkdir()
        for name in tracked(*PI_CONTENT):
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
            copy.chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", _BUILD_CODE, str(built)],
            cwd=source,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(date), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DistError(f"The wheel could not be built:\n{done.stderr}")
        (wheel,) = built.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            content = {name: packed.read(name) for name in packed.namelist()}
        target = folder / wheel.name
        write_zip(target, content, date)
        return target


def _check_setuptools() -> None:
    pinned = re.search(r"^setuptools==([0-9.]+)", (ROOT / "requirements-dev.txt").read_text(), re.M)
    installed = version_of("setuptools")
    if pinned is None or pinned[1] != installed:
        raise DistError(
            f"The wheel is built with setuptools {pinned[1] if pinned else '?'}, and {installed} "
            "is installed: run `make setup`, then `make dist`."
        )


def write_zip(target: Path, content: Mapping[str, bytes], date: int) -> None:
    """Write these files as a zip whose bytes depend on nothing else. A wheel's list of files
    (RECORD) comes last."""
    names = sorted(content, key=lambda name: (name.endswith("/RECORD"), name))
    draft = target.with_suffix(".tmp")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as packed:
        for name in names:
            entry = zipfile.ZipInfo(name, time.gmtime(date)[:6])
            entry.create_system = 3  # Unix, where the mode below means something
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, content[name])
    draft.replace(target)


def tracked(*paths: str) -> list[str]:
    """Return the files under these paths that git tracks. Raises DistError if one is missing from
    the folder."""
    names = sorted(filter(None, _git("ls-files", "-z", "--", *paths).split("\0")))
    for name in names:
        if not (ROOT / name).is_file():
            raise DistError(f"{name} is missing: `git rm` it, or bring it back with `git restore`.")
    return names


def _uncommitted() -> Iterable[tuple[str, str]]:
    """Yield what differs from the last commit: git's two letters, and the file's name."""
    paths = sorted(AZURE_CONTENT | set(PI_CONTENT))
    for line in _git("status", "--porcelain", "--", *paths).splitlines():
        yield line[:2], line[3:]


def _git(*args: str) -> str:
    try:
        done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise DistError(
            "There is no git here: a release is built from the files that git tracks."
        ) from None
    if done.returncode != 0:
        raise DistError(f"git {args[0]}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
