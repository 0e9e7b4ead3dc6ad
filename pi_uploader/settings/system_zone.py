"""The time zone of the system, as its own programs see it: TZ, else /etc/localtime."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from io import BytesIO
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")  # Debian's; the name of what LOCALTIME may be a copy of


@dataclass(frozen=True)
class SystemZone:
    """`zone` is None where it cannot be known; `origin` says where it comes from, or why not."""

    zone: tzinfo | None
    origin: str


def system_zone(environ: Mapping[str, str]) -> SystemZone:
    """Return the zone of the system."""
    text = environ.get("TZ")
    if text is None:
        return _zone_of_file(LOCALTIME)
    name = text.removeprefix(":")
    if name.startswith("/"):
        return _zone_of_file(Path(name))
    if name == "":  # as tzset(3) has it
        return SystemZone(UTC, "TZ is empty")
    if zone := _named(name):
        return SystemZone(zone, "TZ")
    return SystemZone(None, f"TZ is {name!r}, which is no name such as Europe/Berlin")


def _zone_of_file(file: Path) -> SystemZone:
    """The zone of a link to the zones of the system, or of a copy of one of their files."""
    if zone := _named(os.path.realpath(file).rpartition("/zoneinfo/")[2]):
        return SystemZone(zone, str(file))
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        if file.is_symlink():
            return SystemZone(None, f"{file} points to {file.readlink()}, which is not there")
        return SystemZone(UTC, f"there is no {file}")  # as localtime(5) has it
    except OSError as error:
        return SystemZone(None, f"{file} cannot be read: {error.strerror}")
    for name in _names():
        if _content(name) == content and (zone := _named(name)):
            return SystemZone(zone, f"{file} is a copy of it")
    try:
        return SystemZone(ZoneInfo.from_file(BytesIO(content), str(file)), str(file))
    except ValueError:
        return SystemZone(None, f"{file} holds no time zone")


def _named(name: str) -> ZoneInfo | None:
    with suppress(Exception):  # for a name that is none, zoneinfo raises many kinds
        return ZoneInfo(name)
    return None


def _names() -> Iterator[str]:
    """The zones that a file may be a copy of, the most likely one first."""
    with suppress(OSError, UnicodeDecodeError):
        yield TIMEZONE.read_text().strip()
    for folder in map(Path, TZPATH):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not {"posix", "right"} & set(file.relative_to(folder).parts):
                yield str(file.relative_to(folder))


def _content(name: str) -> bytes | None:
    for folder in TZPATH:
        with suppress(OSError):
            return Path(folder, name).read_bytes()
    return None
