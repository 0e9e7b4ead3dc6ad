"""Loading settings from the environment and the config file, all mistakes reported at once."""

import re
from collections.abc import Collection, Iterator
from typing import TypeVar

from photo_wire.errors import quoted
from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.capture import CaptureSettings, detectors_of
from pi_uploader.settings.common import Settings
from pi_uploader.settings.mqtt import MqttSettings
from pi_uploader.settings.serve import ServeSettings
from pi_uploader.settings.setting import Setting, SettingsError
from pi_uploader.settings.source import (
    CAMERAS,
    CONFIG,
    CREDENTIALS,
    DEFAULT_ENVIRONMENT,
    PREFIX,
    ConfigFile,
    Environment,
    Source,
    Variables,
    config_file,
    config_path,
    key_of,
)
from pi_uploader.settings.upload import UploadSettings

IN_EVERY_TABLE = ("CAMERA_NAME", "CAMERA_SOURCE")

Kind = TypeVar("Kind", bound=Settings)


def load_settings(kind: type[Kind], environ: Environment) -> Kind:
    """Return the settings of this kind, from these variables and the config file. An empty variable
    counts as not set.

    Raises SettingsError with everything that is wrong with these settings, and with variables and
    keys that are no settings.
    """
    try:
        file = config_file(environ)
    except ValueError as problem:
        raise SettingsError([str(problem)]) from None
    source: Source = file.device if file else Variables(environ)
    others, problems = kind.read_others(environ, file)
    settings: Kind | None = None
    try:
        settings = kind.read(source, **others)
    except SettingsError as error:
        problems[:0] = error.problems
    problems += unknown_settings(environ, file, [one.name for one in kind.all_settings()])
    if problems or settings is None:
        raise SettingsError(sort_by_line(problems, environ))
    return settings


def detectors(environ: Environment) -> dict[str, bool]:
    """Return what `detectors_of` does; nothing if the config file cannot be read."""
    try:
        return detectors_of(environ, config_file(environ))
    except ValueError:
        return {}


def secret_settings() -> list[str]:
    """Return the names of the variables that hold secrets."""
    return [one.name for one in all_settings() if one.is_secret]


def without_secrets(environ: Environment) -> dict[str, str]:
    """Return the environment for a process that needs no key and no password: that reads files
    which somebody else made, and could be taken over by one. Proxies may have a password, too."""
    doomed = {*secret_settings(), CREDENTIALS}
    return {
        name: value
        for name, value in environ.items()
        if name not in doomed and not name.lower().endswith("_proxy")
    }


def sort_by_line(problems: list[str], environ: Environment) -> list[str]:
    """Sort the lines of several problems by the line of the config file, those without one
    first."""
    file = re.escape(str(config_path(environ)))

    def line(problem: str) -> int:
        match = re.match(rf"{file}:([0-9]+) ", problem)
        return int(match[1]) if match else 0

    return sorted(problems, key=line)


def all_settings() -> list[Setting]:
    """Return every setting once, those of capturing first."""
    parts: tuple[type[Settings], ...] = (
        CaptureSettings,
        UploadSettings,
        ServeSettings,
        MqttSettings,
    )
    every = [one for part in parts for one in part.all_settings()]
    return list({one.name: one for one in every}.values())


def unknown_settings(
    environ: Environment, file: ConfigFile | None, own: Collection[str]
) -> list[str]:
    """Return a line for each variable that begins with CAMERA_ and each key of the file that is
    not a setting, with the nearest name.

    `own` are the names of this process's settings. A name that is nearer to a setting of the other
    process is left to that process.
    """
    known = [one.name for one in all_settings()]
    of_cameras = [one.name for _, one in CameraSettings.table()]
    problems = list(_unknown_variables(environ, own, known))
    if file:
        of_device = [name for name in known if name not in of_cameras]
        problems += _unknown_keys(file, None, own, of_device)
        for camera in file.cameras:
            problems += _unknown_keys(file, camera, own, of_cameras)
        problems += _variables_beside_tables(environ, file, own, of_cameras)
    return problems


def _unknown_variables(
    environ: Environment, own: Collection[str], known: Collection[str]
) -> Iterator[str]:
    short = {name.removeprefix(PREFIX): name for name in known}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in known or name == CONFIG:
            continue
        nearest = _nearest(name.removeprefix(PREFIX), short)
        if not set(own).isdisjoint(nearest):
            yield f"{quoted(name)[1:-1]}: no setting has this name; expected {', '.join(nearest)}"


def _unknown_keys(
    file: ConfigFile,
    camera: str | None,
    own: Collection[str],
    known: Collection[str],
) -> Iterator[str]:
    entries = file.top if camera is None else file.cameras[camera]
    keys = {key_of(name): name for name in known}
    for key in entries:
        if key in keys:
            continue
        nearest = _nearest(key, keys)
        if not set(own).isdisjoint(nearest):
            full = key if camera is None else f"{CAMERAS}.{camera}.{key}"
            yield (
                f"{file.location(camera, key)} {quoted(full)[1:-1]}: no setting has this name; "
                f"expected {', '.join(map(key_of, nearest))}"
            )


def _variables_beside_tables(
    environ: Environment, file: ConfigFile, own: Collection[str], of_cameras: Collection[str]
) -> Iterator[str]:
    """Yield a line for each camera variable that is set although the file has its own cameras.

    CAMERA_NAME and CAMERA_SOURCE are allowed: install.sh writes them for one camera, and each table
    must have its own, so that no table gets those of the environment.
    """
    if not file.cameras:
        return
    first = next(iter(file.cameras))
    for name in sorted(set(of_cameras).difference(IN_EVERY_TABLE)):
        if name in own and environ.get(name):
            location = f"there, as {key_of(name)} in [{CAMERAS}.{first}]"
            if name == "CAMERA_PASSWORD":
                location = (
                    "as the systemd credential camera_password for all cameras, or "
                    f"{first}_password for {first} (on a Pi the file of that name in "
                    f"{DEFAULT_ENVIRONMENT.parent})"
                )
            yield (
                f"{name}: is set, but {file.path} has cameras of its own; expected it {location}, "
                f"and no {name} in the environment ({DEFAULT_ENVIRONMENT} on a Pi)"
            )


def _nearest(name: str, names: dict[str, str]) -> list[str]:
    import difflib  # for a mistake alone

    return [names[one] for one in difflib.get_close_matches(name, names, n=1) or names]
