"""What people write into a variable, and the value it stands for.

Each function takes the variable's text, which is not empty, and returns the value. It raises
ValueError with the words that follow the quoted text in a message: "is not a duration".
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import check_camera
from pi_uploader.settings.source import Source

MAX_UPLOADS = 16
MAX_CLIP = 60  # seconds
MAX_BURST = 20  # photos
HIGHEST_PIN = 27  # BCM numbers of the 40-pin header
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)([smhd])")
_SHOWABLE_URL = re.compile(r"https?://[^?#@]*")


def camera_name(text: str) -> str:
    """A camera's name, as the wire allows it."""
    try:
        return check_camera(text)
    except WireError:
        raise ValueError("is not a camera's name") from None


def pin(text: str) -> int | None:
    """The BCM number of a pin; None for `none`."""
    if text == "none":
        return None
    if not re.fullmatch("[0-9]{1,2}", text) or int(text) > HIGHEST_PIN:
        raise ValueError("is not a pin")
    return int(text)


def duration(text: str) -> float:
    """Seconds, from `90s`, `2.5m`, `1h` or `1d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("is not a duration")
    return float(match[1]) * _SECONDS[match[2]]


def interval(text: str) -> float | None:
    """Seconds between two beats, more than none; None for `off`."""
    if text == "off":
        return None
    seconds = duration(text)
    if not seconds:
        raise ValueError("is no time at all")
    return seconds


def folder(text: str) -> Path:
    """An absolute folder, `~` being the home. It need not exist."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins in a home folder that is not known") from None
    if not path.is_absolute():
        raise ValueError("is not an absolute path")
    return path


def trust_in_clock(text: str) -> bool:
    """Whether the device's clock is right from the start."""
    if text not in ("ntp", "trusted"):
        raise ValueError("is no kind of trust")
    return text == "trusted"


def megabytes(text: str) -> int | None:
    """Bytes, from whole megabytes (10^6); None for `off`."""
    if text == "off":
        return None
    if not re.fullmatch("[0-9]{1,7}", text):
        raise ValueError("is not a number of megabytes")
    return int(text) * 1_000_000


def reserve(text: str) -> int:
    """Bytes, from whole megabytes."""
    return megabytes("0" if text == "off" else text) or 0


def kilobits(text: str) -> float | None:
    """Bytes per second, from kilobits (10^3 bits) per second; None for `off`."""
    if text == "off":
        return None
    if not re.fullmatch("[0-9]{1,7}", text) or int(text) == 0:
        raise ValueError("is not a number of kilobits per second")
    return int(text) * 1000 / 8


def uploads(text: str) -> int:
    """How many photos may be under way at once."""
    if not re.fullmatch("[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_UPLOADS:
        raise ValueError("is not such a number")
    return int(text)


def one_of(*words: str) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError("is none of these")
        return text

    return read


def switch(text: str) -> bool:
    """Whether it is `on`."""
    if text not in ("on", "off"):
        raise ValueError("is neither on nor off")
    return text == "on"


def zone(text: str) -> ZoneInfo | None:
    """A time zone by its name; None for `local`, the system's (system_zone.py)."""
    if text == "local":
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone that this system knows") from None


def media(text: str) -> Media:
    """The kind of photo."""
    kinds = {kind.name.lower(): kind for kind in Media}
    if text not in kinds:
        raise ValueError("is not a kind of photo")
    return kinds[text]


def length(text: str) -> float:
    """The length of a clip in seconds."""
    seconds = duration(text)
    if not 1 <= seconds <= MAX_CLIP:
        raise ValueError("is not such a duration")
    return seconds


def size(text: str) -> tuple[int, int] | None:
    """Width and height in pixels; None for `full`, all that the camera has."""
    if text == "full":
        return None
    match = re.fullmatch("([0-9]{2,5})x([0-9]{2,5})", text)
    if match is None:
        raise ValueError("is not a size")
    return int(match[1]), int(match[2])


def rotation(text: str) -> int:
    """Degrees."""
    if text not in ("0", "180"):
        raise ValueError("is not a rotation that the sensor can do")
    return int(text)


def focus(text: str) -> float | None:
    """Dioptres; None for `auto`."""
    if text == "auto":
        return None
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text) or float(text) > 15:
        raise ValueError("is not a focus")
    return float(text)


def exposure(text: str) -> float | None:
    """Seconds; None for `auto`."""
    return None if text == "auto" else interval("is" if text == "off" else text)


def burst(text: str) -> int:
    """How many photos a trigger takes."""
    if not re.fullmatch("[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_BURST:
        raise ValueError("is not such a number")
    return int(text)


def printable(text: str) -> str:
    """A text of one line."""
    if not text.isprintable():
        raise ValueError("has a line break or another control character in it")
    return text


def camera_password(source: Source) -> str | None:
    """What systemd's LoadCredential= gives: for the camera of this name, or for all."""
    for name in (f"{source.camera}_password", "camera_password"):
        if secret := credential(source.environ, name):
            return secret
    return None


def credential(environ: Mapping[str, str], name: str) -> str | None:
    """A secret that systemd's LoadCredential= has put into a file, if it has (systemd.exec(5))."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    try:
        return (Path(folder) / name).read_text(encoding="utf-8-sig").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"the systemd credential {name} cannot be read") from None


def base_url(text: str) -> str:
    """Scheme, host and port of the backend, without a slash at the end."""
    if not text.isprintable() or " " in text:  # urlsplit would quietly drop line breaks
        raise ValueError("has a space or a line break in it")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("is not a URL of the web")
    if "@" in url.netloc:
        raise ValueError("has a user name in it")
    if url.path not in ("", "/") or "?" in text or "#" in text:
        raise ValueError("has more after the host")
    return f"{url.scheme}://{url.netloc}"


def is_readable_on_the_way(url: str) -> bool:
    """Whether what is sent to this base URL could be read by others: plain HTTP to elsewhere."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


def showable_url(text: str) -> str | None:
    """The URL, if it may be shown: people paste the one that carries the key."""
    return text if _SHOWABLE_URL.fullmatch(text) else None


def key(text: str) -> str:
    """A function key: what an HTTP header can carry as it stands."""
    if text != text.strip():
        raise ValueError("has white space around it")
    if not (text.isascii() and text.isprintable()):
        raise ValueError("has a character in it that no key has")
    return text
