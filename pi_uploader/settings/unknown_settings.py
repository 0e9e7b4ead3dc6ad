"""Names that are no settings: variables that begin with CAMERA_, and keys of the config file."""

import difflib
from collections.abc import Collection, Iterator

from photo_wire.errors import quoted
from pi_uploader.settings.source import (
    CAMERAS,
    CONFIG,
    PREFIX,
    USUAL_ENVIRONMENT,
    ConfigFile,
    Environment,
    key_of,
)

OF_EACH_TABLE = ("CAMERA_NAME", "CAMERA_SOURCE")


def misspelt(
    environ: Environment,
    file: ConfigFile | None,
    own: Collection[str],
    known: Collection[str],
    of_cameras: Collection[str],
) -> list[str]:
    """A line for each, with the nearest right name.

    `known` are the names of all variables, `own` those of this process: a name that resembles a
    setting of the other process is that one's affair. `of_cameras` are those that stand in the
    table of a camera, `own` if this process reads these tables.
    """
    problems = list(_variables(environ, own, known))
    if file:
        device = [name for name in known if name not in of_cameras]
        problems += _keys(file, None, file.top, own, device)
        for camera, entries in file.cameras.items():
            problems += _keys(file, camera, entries, own, of_cameras)
        problems += _variables_beside_tables(environ, file, own, of_cameras)
    return problems


def _variables(environ: Environment, own: Collection[str], known: Collection[str]) -> Iterator[str]:
    short = {name.removeprefix(PREFIX): name for name in known}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in known or name == CONFIG:
            continue
        nearest = _nearest(name.removeprefix(PREFIX), short)
        if not set(own).isdisjoint(nearest):
            yield f"{quoted(name)[1:-1]}: no setting has this name; expected {', '.join(nearest)}"


def _keys(
    file: ConfigFile,
    camera: str | None,
    entries: Collection[str],
    own: Collection[str],
    known: Collection[str],
) -> Iterator[str]:
    keys = {key_of(name): name for name in known}
    for key in entries:
        if key in keys:
            continue
        nearest = _nearest(key, keys)
        if not set(own).isdisjoint(nearest):
            full = key if camera is None else f"{CAMERAS}.{camera}.{key}"
            yield (
                f"{file.place(camera, key)} {quoted(full)[1:-1]}: no setting has this name; "
                f"expected {', '.join(map(key_of, nearest))}"
            )


def _variables_beside_tables(
    environ: Environment, file: ConfigFile, own: Collection[str], of_cameras: Collection[str]
) -> Iterator[str]:
    """The variables of the one camera that the file's cameras have replaced.

    Not its name and its source: install.sh writes them for one camera, and each table has to have
    its own, so that nobody takes those of the environment for the table's.
    """
    if not file.cameras:
        return
    first = next(iter(file.cameras))
    for name in sorted(set(of_cameras).difference(OF_EACH_TABLE)):
        if name in own and environ.get(name):
            place = f"there, as {key_of(name)} in [{CAMERAS}.{first}]"
            if name == "CAMERA_PASSWORD":
                place = (
                    "as the systemd credential camera_password for all cameras, or "
                    f"{first}_password for {first} (on a Pi the file of that name in "
                    f"{USUAL_ENVIRONMENT.parent})"
                )
            yield (
                f"{name}: is set, but {file.path} has cameras of its own; expected it {place}, "
                f"and no {name} in the environment ({USUAL_ENVIRONMENT} on a Pi)"
            )


def _nearest(word: str, names: dict[str, str]) -> list[str]:
    return [names[one] for one in difflib.get_close_matches(word, names, n=1) or names]
