"""`make dist`: the content of the wheel and the zip, and reproducible builds."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.dist import (
    AZURE_CONTENT,
    DistError,
    _check_setuptools,
    azure_files,
    build_zip,
    default_python,
    main,
    tracked,
    write_zip,
)
from local.lock_files import AZURE_PYTHONS, EXTRA_LOCKS, PI_LOCK, azure_lock
from local.processes import ROOT
from photo_wire import __version__

DATE = "1795000000"
ZIP = f"nightjar-function-{__version__}.zip"
WHEEL = f"nightjar-{__version__}-py3-none-any.whl"
RUNNING = "{}.{}".format(*sys.version_info)
REQUIREMENTS = f"nightjar-{__version__}-requirements.txt"
EXTRAS = {f"nightjar-{__version__}-{lock.name}": lock for lock in EXTRA_LOCKS}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of this folder."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files in another folder, with other times and modes, and with untracked files."""
    folder = tmp_path_factory.mktemp("elsewhere") / "a copy"
    for number, name in enumerate(reversed(tracked())):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(0o600 if number % 2 else 0o755)
        os.utime(copy, (number, number))
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    untracked = [
        "function_app/__pycache__/routes.cpython-311.pyc",
        "build/lib/pi_uploader/old.py",
        "nightjar.egg-info/SOURCES.txt",
        "local.settings.json",
        "function_app/notes.txt",
        "photo_wire/draft.py",
    ]
    for name in untracked:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("untracked")
    return folder


def build(source: Path, folder: Path, *args: str, **env: str) -> str:
    """Run the command on the files of `source`, and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "local.dist", "--to", folder, *args],
        cwd=source,
        env={**_environ(source), "SOURCE_DATE_EPOCH": DATE, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _environ(source: Path) -> dict[str, str]:
    """Return an environment that does not find the modules of another copy."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    python_path = [str(source), *(path for path in paths if path and Path(path) != ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(python_path)}


@pytest.mark.slow
def test_two_builds_are_the_same_bytes(dist: Path, elsewhere: Path, tmp_path: Path) -> None:
    """With another folder, time zone, umask, hash seed, and other times and modes of files."""
    umask = os.umask(0o077)
    try:
        output = build(elsewhere, tmp_path, TZ="Asia/Tokyo", PYTHONHASHSEED="42", LC_ALL="C")
    finally:
        os.umask(umask)
    names = {file.name for file in dist.iterdir()}
    assert names == {ZIP, WHEEL, REQUIREMENTS, *EXTRAS}
    assert names == {file.name for file in tmp_path.iterdir()}
    assert (dist / REQUIREMENTS).read_bytes() == PI_LOCK.read_bytes()
    for name, lock in EXTRAS.items():
        assert (dist / name).read_bytes() == lock.read_bytes()
    for name in names:
        assert (tmp_path / name).read_bytes() == (dist / name).read_bytes(), name
    assert "left out, git does not track it: photo_wire/draft.py" in output


@pytest.mark.slow
def test_a_changed_source_changes_the_build(elsewhere: Path, dist: Path, tmp_path: Path) -> None:
    changed = elsewhere / "photo_wire" / "moment.py"
    before = changed.read_bytes()
    changed.write_bytes(before + b"# changed\n")
    try:
        build(elsewhere, tmp_path)
    finally:
        changed.write_bytes(before)
    for name in (ZIP, WHEEL):
        assert (tmp_path / name).read_bytes() != (dist / name).read_bytes()


def test_the_zip_holds_the_backend_and_nothing_else(dist: Path) -> None:
    with zipfile.ZipFile(dist / ZIP) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert {name.partition("/")[0] for name in names} == AZURE_CONTENT
        assert names == sorted(azure_files()) == sorted(set(names))
        assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
        for name in set(names) - {"requirements.txt"}:
            assert packed.read(name) == (ROOT / name).read_bytes()
        # of the one Python that runs in Azure, with hashes and without markers (test_lock.py)
        assert packed.read("requirements.txt") == azure_lock(default_python()).read_bytes()
    assert (dist / ZIP).stat().st_size < 2_500_000


def test_the_unpacked_zip_is_the_complete_app(dist: Path, tmp_path: Path) -> None:
    """It imports nothing from outside of the zip."""
    with zipfile.ZipFile(dist / ZIP) as packed:
        packed.extractall(tmp_path)
    script = (
        "import function_app as f, photo_wire as w\n"
        "print(f.__file__, w.__file__, w.__version__)\n"
        "print(*sorted(one.get_function_name() for one in f.app.get_functions()))\n"
        "from function_app.web.assets import load_assets\n"
        "print(*sorted(load_assets()))\n"
    )
    paths = _environ(tmp_path)["PYTHONPATH"].split(os.pathsep)
    python_path = [path for path in paths if path != str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(python_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    files, functions, pages = done.stdout.splitlines()
    package, wire = tmp_path / "function_app", tmp_path / "photo_wire"
    assert files == f"{package / '__init__.py'} {wire / '__init__.py'} {__version__}"
    assert "put_photo" in functions.split()
    assert "page.js" in pages.split()


@pytest.mark.slow
def test_a_compiled_zip_needs_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its bytecode is used whatever the times and the text of the files say; for another version of
    Python there is none."""
    running, others = RUNNING, [one for one in AZURE_PYTHONS if one != RUNNING]
    with zipfile.ZipFile(build_zip(tmp_path, int(DATE), running, compiled=True)) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path)
    modules = [name for name in names if name.endswith(".py")]
    assert len([name for name in names if name.endswith(".pyc")]) == len(modules)
    assert capsys.readouterr().out == ""
    for name in modules:
        (tmp_path / name).write_text("raise ImportError('compiled anew')")
    done = subprocess.run(
        [sys.executable, "-c", "import function_app; print(len(function_app.app.get_functions()))"],
        cwd=tmp_path,
        env=_environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    for other in others:
        with zipfile.ZipFile(build_zip(tmp_path, int(DATE), other, compiled=True)) as packed:
            assert sorted(azure_files()) == packed.namelist()
        assert f"the app runs Python {other}" in capsys.readouterr().out


def test_the_wheel_holds_the_device_and_nothing_else(dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as packed:
        names = packed.namelist()
        info = f"nightjar-{__version__}.dist-info"
        assert {name.partition("/")[0] for name in names} == {"photo_wire", "pi_uploader", info}
        code = [name for name in names if not name.startswith(info)]
        assert code == tracked("photo_wire", "pi_uploader")
        metadata = packed.read(f"{info}/METADATA").decode()
        programs = packed.read(f"{info}/entry_points.txt").decode()
    assert f"\nVersion: {__version__}\n" in metadata
    assert "pi-uploader = pi_uploader.cli:main" in programs
    assert "azure" not in "".join(line for line in metadata.splitlines() if "Requires-" in line)


@pytest.mark.slow
def test_pip_installs_the_wheel(dist: Path, tmp_path: Path) -> None:
    """Its list of files is right, and its program starts."""
    offline = ["--quiet", "--no-index", "--no-deps", "--target", str(tmp_path)]
    install = [sys.executable, "-m", "pip", "install", *offline, str(dist / WHEEL)]
    subprocess.run(install, check=True, timeout=300)
    done = subprocess.run(
        [sys.executable, "-m", "pi_uploader", "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    assert "upload" in done.stdout


def test_the_zip_can_be_built_alone(elsewhere: Path, tmp_path: Path) -> None:
    """Without setuptools: to deploy, Python and git are enough."""
    build(elsewhere, tmp_path, "--only", "zip")
    assert [file.name for file in tmp_path.iterdir()] == [ZIP]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("secrets.txt", "what goes to Azure is"),
        # patterns for top-level folders, which would leave out a part of the backend
        ("function_app/docs/page.py", "a pattern of .funcignore leaves it out of the zip"),
        ("photo_wire/build/wheel.py", "a pattern of .funcignore leaves it out of the zip"),
    ],
)
def test_a_file_in_the_wrong_place_stops_the_build(
    elsewhere: Path, tmp_path: Path, name: str, problem: str
) -> None:
    misplaced = elsewhere / name
    misplaced.parent.mkdir(exist_ok=True)
    misplaced.write_text("# misplaced")
    subprocess.run(["git", "add", "--force", name], cwd=elsewhere, check=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "local.dist", "--only", "zip", "--to", tmp_path],
            cwd=elsewhere,
            env={**_environ(elsewhere), "SOURCE_DATE_EPOCH": DATE},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
    finally:
        subprocess.run(["git", "rm", "--quiet", "--force", name], cwd=elsewhere, check=True)
    assert done.returncode == 1
    assert f"{name}: {problem}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_each_python_gets_its_own_requirements(tmp_path: Path) -> None:
    """Built here, from tracked files: only the requirements differ."""
    for python in AZURE_PYTHONS:
        with zipfile.ZipFile(build_zip(tmp_path, int(DATE), python)) as packed:
            assert packed.read("requirements.txt") == azure_lock(python).read_bytes()


def test_another_setuptools_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.dist.version_of", lambda _: "65.5.0")
    with pytest.raises(DistError, match="make setup"):
        _check_setuptools()


def test_an_invalid_date_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert main(["--to", str(tmp_path)]) == 1
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err


def test_the_earliest_date_of_a_zip_is_accepted(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", {"a": b"1"}, 315532800)
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        (entry,) = packed.infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.compress_type == zipfile.ZIP_STORED
