"""The text of a receiver's answer, as a person may read it: short, printable, and without what the
address holds, since an owner reads them, too."""

import re

MAX_READ_BYTES = 2048
MAX_LENGTH = 160  # characters
MIN_SECRET = 4  # characters of a part of an address that is not shown
_PUBLIC = frozenset(
    ("https", "http", "webhook", "hook", "hooks", "api", "json", "endpoint", "keys")
)


def excerpt(body: bytes, content_type: str) -> str:
    """Return the beginning of an answer in one line; "" for what is no text."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind.startswith("text/") and "json" not in kind:
        return ""
    text = body[:MAX_READ_BYTES].decode(errors="replace")
    if kind == "text/html":
        text = re.sub(r"(?s)<(script|style)\b.*?(</\1\s*>|$)|<[^>]*(>|$)", " ", text)
    text = "".join(one if one.isprintable() else " " for one in text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def without_secrets(text: str, address: str) -> str:
    """Return a text in which no part of an address is left: a receiver may repeat what it was sent,
    also in another case or with %-escapes, so each part is looked for by its letters and digits."""
    parts = set(re.findall(r"[A-Za-z0-9]+", address)) | set(re.split(r"[/?&=:@#\s\"',]+", address))
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= MIN_SECRET and part.lower() not in _PUBLIC:
            text = re.sub(re.escape(part), "***", text, flags=re.IGNORECASE)
    return text
