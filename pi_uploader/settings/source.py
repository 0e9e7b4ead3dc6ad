"""Where settings come from: environment variables, and the tables of a config file.

In the file a setting is called like its variable, in lower case and without the CAMERA_ of those
that have it: CAMERA_EVERY is `every`, PIR_PIN is `pir_pin`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Environment = Mapping[str, str]
PREFIX = "CAMERA_"  # variables that begin so are ours, even those that we don't know
CONFIG = "CAMERA_CONFIG"
USUAL_CONFIG = Path("/etc/pi-uploader/config.toml")
USUAL_ENVIRONMENT = Path("/etc/pi-uploader/environment")  # of the services
CAMERAS = "camera"  # [camera.NAME]


def key_of(name: str) -> str:
    """What a variable is called in the config file."""
    return name.removeprefix(PREFIX).lower()


class Source(Protocol):
    """Gives the text of a setting by its variable's name, and says where it stands. `camera` is
    the name of the camera whose table this is."""

    @property
    def environ(self) -> Environment: ...

    @property
    def camera(self) -> str | None: ...

    def text(self, name: str) -> str | None:
        """What is set; None for nothing, which an empty text is too."""

    def place(self, name: str) -> str:
        """How a message calls it."""


@dataclass(frozen=True)
class Variables:
    """The environment variables."""

    environ: Environment = field(repr=False)
    camera: str | None = None

    def text(self, name: str) -> str | None:
        return self.environ.get(name) or None

    def place(self, name: str) -> str:
        return name


@dataclass(frozen=True)
class Table:
    """A table of the config file: that of one camera, or the top one, for which an environment
    variable wins over the file."""

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

    def place(self, name: str) -> str:
        if self._variable(name):
            return name
        key = key_of(name)
        if self.camera is not None:
            return f"{self.file.place(self.camera, key)} {CAMERAS}.{self.camera}.{key}"
        return f"{self.file.place(None, key)} {key}" if key in self.entries else name

    def _variable(self, name: str) -> str | None:
        return self.environ.get(name) or None if self.camera is None else None


@dataclass(frozen=True)
class ConfigFile:
    """A config file that could be read. `cameras` has their tables by name, in the file's order."""

    path: Path
    text: str = field(repr=False)
    environ: Environment = field(repr=False)
    top: Mapping[str, Any] = field(repr=False)
    cameras: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def place(self, camera: str | None, key: str) -> str:
        """The file and the line of a key, or of the table that ought to have it."""
        return f"{self.path}:{_line(self.text, camera, key)}"

    @property
    def device(self) -> Table:
        return Table(self, self.top)

    def table(self, camera: str) -> Table:
        return Table(self, self.cameras[camera], camera)


def config_file(environ: Environment) -> ConfigFile | None:
    """The config file that CAMERA_CONFIG names, or the usual one; None if there is none there.

    Raises ValueError, with its place, for one that cannot be read or is no TOML.
    """
    named = environ.get(CONFIG)
    path = Path(named) if named else USUAL_CONFIG
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors begin it with a BOM
        content = tomllib.loads(text)
    except FileNotFoundError:
        if named:
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


def _as_text(value: Any) -> str:
    """What a value of the file would be in a variable."""
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case list():
            return ", ".join(map(_as_text, value))
    return str(value)


def _line(text: str, camera: str | None, key: str) -> int:
    """The number of the line that sets a key; of its table's header if none does."""
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
