"""What is released, into dist/: the wheel for the Pi, and the zip that Azure gets.

    python -m local.dist [--only zip | --only wheel] [--to FOLDER] [--python VERSION] [--packages]

Two builds of the same files are the same bytes, whoever makes them and wherever: only files that
git knows go in, sorted, not compressed (deflate differs between machines), and with one date,
SOURCE_DATE_EPOCH or else the last commit's. The zip needs nothing but Python and git; the wheel
the very setuptools that requirements-dev.txt names. With the wheel comes what a Pi installs
beside it, and in the zip is what Azure installs for the one version of Python that runs there: each
package pinned, with its hash. --packages puts these packages themselves into the zip, for an Azure
whose own build takes another Python; then nothing has to be built there.
"""

import argparse
import hashlib
import json
import os
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

from local.hashed import AZURE_PYTHONS, PI_LOCK, azure_lock, azure_platform
from local.processes import ROOT
from photo_wire import __version__

GOES_TO_AZURE = {"function_app.py", "function_app", "photo_wire", "host.json", "requirements.txt"}
GOES_TO_THE_PI = ("pyproject.toml", "README.md", "LICENSE", "photo_wire", "pi_uploader")
_EARLIEST = 315532800  # 1980-01-01: a zip knows no earlier date
_BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


class DistError(Exception):
    """Nothing was built; the text says why, and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.dist", description=__doc__)
    parser.add_argument("--only", choices=("zip", "wheel"), help="build just this one")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder (dist)")
    python = default_python()
    parser.add_argument("--python", choices=AZURE_PYTHONS, default=python, help=f"({python})")
    parser.add_argument("--packages", action="store_true", help="put the packages into the zip")
    words = parser.parse_args(argv)
    try:
        words.to.mkdir(parents=True, exist_ok=True)
        date = release_date()
        built = []
        if words.only != "wheel":
            built.append(build_zip(words.to, date, words.python, packages=words.packages))
        if words.only != "zip":
            built.append(build_wheel(words.to, date))
            beside = words.to / f"nightjar-{__version__}-requirements.txt"
            built.append(Path(shutil.copyfile(PI_LOCK, beside)))
    except DistError as error:
        print(error, file=sys.stderr)
        return 1
    for state, name in _not_committed():
        problem = "left out, git does not know it" if state == "??" else "in, but not committed"
        print(f"{problem}: {name}", file=sys.stderr)
    for file in built:
        content = file.read_bytes()
        print(f"{hashlib.sha256(content).hexdigest()}  {file.name}  {len(content):,} bytes")
    return 0


def release_date() -> int:
    """The date of everything in a release, in seconds since 1970."""
    said = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct").strip()
    if not re.fullmatch(r"[0-9]{1,11}", said):
        raise DistError(f"SOURCE_DATE_EPOCH is {said!r}; it is a number of seconds since 1970.")
    return max(int(said), _EARLIEST)


def default_python() -> str:
    """Return the version of Python that runs in Azure, as main.json has it."""
    template = json.loads((ROOT / "infra" / "main.json").read_text())
    return str(template["parameters"]["pythonVersion"]["defaultValue"])


def build_zip(folder: Path, date: int, python: str = "", packages: bool = False) -> Path:
    """Build the function app's zip in `folder`, for this version of Python."""
    files = azure_files()
    for name in sorted({name.partition("/")[0] for name in files} ^ GOES_TO_AZURE):
        raise DistError(
            f"{name}: what goes to Azure is {', '.join(sorted(GOES_TO_AZURE))}; all else stands in "
            ".funcignore. Commit it, or name it there."
        )
    for name in sorted(set(tracked(*GOES_TO_AZURE)) - set(files)):
        raise DistError(
            f"{name}: a pattern of .funcignore leaves it out of the zip, since patterns match any "
            "part of a path. Give it another name."
        )
    python = python or default_python()
    content = {name: (ROOT / name).read_bytes() for name in files}
    content["requirements.txt"] = azure_lock(python).read_bytes()
    if packages:
        content |= installed_packages(python)
    target = folder / f"nightjar-function-{__version__}.zip"
    write_zip(target, content, date)
    return target


def installed_packages(python: str) -> dict[str, bytes]:
    """Install what Azure would, for its machines and this version of Python, and check the hashes.
    Return the files by their names in the zip, where the Functions worker looks for packages."""
    with tempfile.TemporaryDirectory() as scratch:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        checked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"]
        target = ["--target", scratch, *azure_platform(python), "-r", str(azure_lock(python))]
        done = subprocess.run(
            [*install, *checked, *target], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DistError(f"The packages could not be installed with pip:\n{done.stderr}")
        return {
            f".python_packages/lib/site-packages/{name}": file.read_bytes()
            for file in sorted(Path(scratch).rglob("*"))
            # no programs: each names the Python here that installed it
            if file.is_file()
            and not (name := file.relative_to(scratch).as_posix()).startswith("bin/")
        }


def azure_files() -> list[str]:
    """The files that git knows and .funcignore does not keep here."""
    lines = (ROOT / ".funcignore").read_text().splitlines()
    patterns = [line.strip("/") for line in lines if line and not line.startswith("#")]
    return [
        name
        for name in tracked()
        if not any(fnmatch(part, pattern) for part in name.split("/") for pattern in patterns)
    ]


def build_wheel(folder: Path, date: int) -> Path:
    """The Pi's wheel, in `folder`. It is built from copies, so that nothing of an earlier build and
    no file mode gets into it."""
    _check_setuptools()
    with tempfile.TemporaryDirectory() as scratch:
        source, built = Path(scratch, "source"), Path(scratch, "built")
        built.mkdir()
        for name in tracked(*GOES_TO_THE_PI):
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
            copy.chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", _BUILD, str(built)],
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
    wanted = re.search(r"^setuptools==([0-9.]+)", (ROOT / "requirements-dev.txt").read_text(), re.M)
    found = version_of("setuptools")
    if wanted is None or wanted[1] != found:
        raise DistError(
            f"The wheel is built with setuptools {wanted[1] if wanted else '?'}, and {found} is "
            "here: run `make setup`, then `make dist`."
        )


def write_zip(target: Path, content: Mapping[str, bytes], date: int) -> None:
    """These files as a zip that depends on nothing else; a wheel's list of files comes last."""
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
    """The files under these paths that git knows, as they are in the folder now."""
    names = sorted(filter(None, _git("ls-files", "-z", "--", *paths).split("\0")))
    for name in names:
        if not (ROOT / name).is_file():
            raise DistError(f"{name} is gone: `git rm` it, or bring it back with `git restore`.")
    return names


def _not_committed() -> Iterable[tuple[str, str]]:
    """What differs from the last commit, as git's two letters and the file's name."""
    released = sorted(GOES_TO_AZURE | set(GOES_TO_THE_PI))
    for line in _git("status", "--porcelain", "--", *released).splitlines():
        yield line[:2], line[3:]


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise DistError("There is no git here: a release is built from what git knows.") from None
    if done.returncode != 0:
        raise DistError(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
