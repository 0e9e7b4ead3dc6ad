"""The settings of the simulated device: those that a person sets for `make run`, made whole and
checked before anything starts."""

from collections.abc import Mapping
from pathlib import Path

from pi_uploader.settings import (
    CaptureSettings,
    SettingsError,
    UploadSettings,
    all_settings,
    load_settings,
)
from pi_uploader.settings.packages import missing_packages
from pi_uploader.settings.source import CONFIG
from pi_uploader.settings.values import RelativePathError


def absolute_paths(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the variables that hold a path relative to this `folder`, as absolute paths. A service
    has no folder of its own, so that its settings must be absolute; a person at a terminal has."""
    found = {}
    for one in all_settings():
        text = environ.get(one.name)
        if not text:
            continue
        try:
            one.parse(text)
        except RelativePathError:
            whole = str(folder / text)
            try:
                one.parse(whole)
            except ValueError:
                continue  # as a person wrote it, it is reported
            found[one.name] = whole
        except ValueError:
            continue
    if environ.get(CONFIG):
        found[CONFIG] = str(folder / Path(environ[CONFIG]).expanduser())
    return found


def settings_problems(environ: Mapping[str, str]) -> list[str]:
    """Return a line for each mistake in the settings of capture and upload, for each package that
    they need and is missing, and for each model that is not there."""
    problems: list[str] = []
    for kind in (CaptureSettings, UploadSettings):
        try:
            settings = load_settings(kind, environ)
        except SettingsError as error:
            problems += error.problems
            continue
        if isinstance(settings, CaptureSettings):
            missing = (one.missing_model for one in settings.cameras)
            problems += [line.partition("; ")[0] for line in missing if line]
    problems += map(str, missing_packages(environ))
    return list(dict.fromkeys(problems))
