"""What people write into a camera's settings, beside what pi_uploader/settings/values.py reads.

Each function raises ValueError as those there do.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pi_uploader.settings.values import folder


def device(text: str) -> str:
    """The path of a device."""
    if not text.startswith("/dev/"):
        raise ValueError("is not a device")
    return text


def sensor(text: str) -> str:
    """A camera's number among those of the Pi, or its id."""
    if not re.fullmatch("[0-9]|/[!-~]+", text):
        raise ValueError("is neither a number nor an id")
    return text


def rtsp_url(text: str) -> str:
    """The URL of a stream, which holds neither user nor password."""
    if not text.isprintable() or " " in text:
        raise ValueError("has a space or a line break in it")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if url.scheme not in ("rtsp", "rtsps") or not host:
        raise ValueError("is not a URL of a stream")
    if "@" in url.netloc:
        raise ValueError("has a user name in it; CAMERA_USER and CAMERA_PASSWORD take these")
    return url.scheme + text[len(url.scheme) :]


def file(text: str) -> Path:
    """An absolute path of a file, `~` being the home."""
    return folder(text)


def fingerprint(text: str) -> str:
    """A certificate's SHA-256 as 64 small hexadecimal digits; colons may stand between them."""
    digits = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise ValueError("is not the SHA-256 of a certificate")
    return digits


def showable_rtsp_url(text: str) -> str | None:
    """The URL, if it may be shown: many hold a password."""
    return text if "@" not in text and "?" not in text else None
