"""Compressed responses (RFC 9110, 8.4): nothing before the app compresses what it sends."""

import gzip
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from function_app.http.responses import Response

MIN_BYTES = 1000  # below this it saves no packet
_LEVEL = 6


def compress(
    response: Response, request_headers: Mapping[str, str], is_kept: bool = False
) -> Response:
    """Return the response with its body compressed, if that is long and the caller accepts gzip.
    `is_kept` is for bodies that are sent often: they are compressed once."""
    headers = {**response.headers, "Vary": "Accept-Encoding"}
    if len(response.body) < MIN_BYTES or not _accepts_gzip(request_headers):
        return replace(response, headers=headers)
    body = _compressed(response.body) if is_kept else gzip.compress(response.body, _LEVEL, mtime=0)
    return replace(response, body=body, headers={**headers, "Content-Encoding": "gzip"})


@lru_cache(maxsize=200)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    for part in (headers.get("Accept-Encoding") or "").lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() == "gzip":
            return parameters.replace(" ", "").rstrip("0.") != "q="
    return False
