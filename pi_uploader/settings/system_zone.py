"""The time zone of the system, as its own programs read it: from TZ, else /etc/localtime."""

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
    """`zone` is None if it is not known; `origin` tells where it comes from, or why it is not."""

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
    """Return the zone of a file: a link to a zone of the system, or a copy of one."""
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
    with suppress(Exception):  # zoneinfo raises many kinds for an unknown name
        return ZoneInfo(name)
    return None


def _names() -> Iterator[str]:
    """Yield the zones that a file may be a copy of, the most likely one first."""
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
