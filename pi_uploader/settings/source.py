"""Where settings come from: environment variables, and the tables of a config file.

In the file a setting has its variable's name in lower case, without CAMERA_: CAMERA_EVERY is
`every`, PIR_PIN is `pir_pin`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Environment = Mapping[str, str]
PREFIX = "CAMERA_"  # variables that begin with it are ours, known or not
CONFIG = "CAMERA_CONFIG"
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # set by systemd
MAX_SECRET_FILE = 4096  # bytes
DEFAULT_CONFIG = Path("/etc/pi-uploader/config.toml")
DEFAULT_ENVIRONMENT = Path("/etc/pi-uploader/environment")  # of the services
CAMERAS = "camera"  # [camera.NAME]


def key_of(name: str) -> str:
    """Return the name of a variable in the config file."""
    return name.removeprefix(PREFIX).lower()


class Source(Protocol):
    """Returns a setting's text by its variable's name, and where it is set. `camera` is the name
    of the camera whose table this is, None for the environment and the top table."""

    @property
    def environ(self) -> Environment: ...

    @property
    def camera(self) -> str | None: ...

    def text(self, name: str) -> str | None:
        """Return the text that is set; None for nothing or an empty text."""

    def location(self, name: str) -> str:
        """Return where the setting is, for a message."""


@dataclass(frozen=True)
class Variables:
    """The environment variables."""

    environ: Environment = field(repr=False)
    camera: str | None = None

    def text(self, name: str) -> str | None:
        return self.environ.get(name) or None

    def location(self, name: str) -> str:
        return name


@dataclass(frozen=True)
class Table:
    """A table of the config file: that of one camera, or the top one. An environment variable
    overrides the top table."""

    file: "ConfigFile"
    entries: Mapping[str, Any] = field(repr=False)
    camera: str | None = None

    @property
    def environ(self) -> Environment:
        return self.file.environ

    def text(self, name: str) -> str | None:
        if self._variable(name):
            return self._variable(name)
        return _as_text(self.entries.get(key_of(name))) or None

    def location(self, name: str) -> str:
        if self._variable(name):
            return name
        key = key_of(name)
        if self.camera is not None:
            return f"{self.file.location(self.camera, key)} {CAMERAS}.{self.camera}.{key}"
        return f"{self.file.location(None, key)} {key}" if key in self.entries else name

    def _variable(self, name: str) -> str | None:
        return self.environ.get(name) or None if self.camera is None else None


@dataclass(frozen=True)
class ConfigFile:
    """A config file that could be read. `cameras` are their tables by name, in the file's order."""

    path: Path
    text: str = field(repr=False)
    environ: Environment = field(repr=False)
    top: Mapping[str, Any] = field(repr=False)
    cameras: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def location(self, camera: str | None, key: str) -> str:
        """Return the file and the line of a key, or of the table in which it is missing."""
        return f"{self.path}:{_line(self.text, camera, key)}"

    @property
    def device(self) -> Table:
        return Table(self, self.top)

    def table(self, camera: str) -> Table:
        return Table(self, self.cameras[camera], camera)


def config_path(environ: Environment) -> Path:
    """Return the path of the config file that CAMERA_CONFIG names, or of the default one."""
    return Path(environ.get(CONFIG) or DEFAULT_CONFIG)


def config_file(environ: Environment) -> ConfigFile | None:
    """Return the config file that CAMERA_CONFIG names, or the default one; None if that is
    missing.

    Raises ValueError, with its path, if it cannot be read or is not TOML.
    """
    path = config_path(environ)
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows begin it with a BOM
        import tomllib  # only if there is a config file

        content = tomllib.loads(text)
    except FileNotFoundError:
        if environ.get(CONFIG):
            raise ValueError(f"{CONFIG}: there is no file {path}") from None
        return None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # tomllib's names line and column
        raise ValueError(f"{path}: is not TOML: {error}") from None
    cameras = content.pop(CAMERAS, {})
    if not isinstance(cameras, dict) or not all(isinstance(one, dict) for one in cameras.values()):
        raise ValueError(
            f"{path}:{_line(text, None, CAMERAS)} {CAMERAS}: expected a table for each camera, "
            "such as [camera.entry]"
        )
    return ConfigFile(path, text, environ, content, cameras)


def credential(environ: Environment, name: str) -> str | None:
    """Return a secret from systemd's LoadCredential= (systemd.exec(5)); None if there is none.

    Raises ValueError if it cannot be read.
    """
    folder = environ.get(CREDENTIALS)
    if not folder:
        return None
    try:
        return (Path(folder) / name).read_text(encoding="utf-8-sig").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"the systemd credential {name} cannot be read") from None


def secret_in(file: Path) -> str:
    """Return the text of a small file. Raises ValueError with the reason if that fails."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SECRET_FILE + 1)
        if len(content) > MAX_SECRET_FILE:
            raise ValueError("is too long for a password")
        return content.decode("utf-8-sig").strip()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


def is_switched_on(environ: Environment, name: str) -> bool:
    """Return whether a setting of the device is set, right or wrong, and not to off. A config file
    that cannot be read counts as none; the processes report it."""
    try:
        file = config_file(environ)
    except ValueError:
        file = None
    source: Source = file.device if file else Variables(environ)
    return source.text(name) not in (None, "off")


def _as_text(value: Any) -> str:
    """Return a value of the file as the text of a variable."""
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case list():
            return ", ".join(map(_as_text, value))
    return str(value)


def _line(text: str, camera: str | None, key: str) -> int:
    """Return the number of the line that sets a key; of its table's header if none does."""
    header = 1
    table: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[\s*(.+?)\s*\]", line):
            name = match[1].replace('"', "").replace("'", "").replace(" ", "")
            table = name.removeprefix(f"{CAMERAS}.") if name.startswith(CAMERAS) else name
            if table == camera:
                header = number
        elif table == camera and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return header
