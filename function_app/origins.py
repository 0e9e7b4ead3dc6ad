"""The origin of a URL (RFC 6454): its scheme, host and port."""

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def hostname_of(origin: str) -> str:
    """Return the host of an origin, without its port."""
    return urlsplit(origin).hostname or ""


def origin_of(url: str) -> str:
    """Return the origin of a URL, such as https://photos.example: in lower case, without the
    scheme's default port. Return "" for a text that is not a URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not parts.scheme or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    is_default = port in (None, _DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")
