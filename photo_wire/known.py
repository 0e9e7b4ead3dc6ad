"""The question whether photos are still stored: `POST /api/photos/known`.

A device sends the ids of up to 100 photos for which it has receipts, as `{"ids": [...]}`. The reply
has each of them in one of two lists: `known` (stored, or deleted by a person or by retention) or
`missing`.
"""

import json
from dataclasses import dataclass
from typing import Any

from photo_wire.errors import WireError

KNOWN_PATH = "/api/photos/known"
MAX_IDS = 100  # in a request


def ids_to_json(ids: list[str]) -> bytes:
    """Return the body of the request."""
    return json.dumps({"ids": ids}).encode()


@dataclass(frozen=True, slots=True)
class KnownPhotos:
    """The ids of those that are known, and of those that are missing."""

    known: frozenset[str]
    missing: frozenset[str]


def parse_known(body: bytes) -> KnownPhotos:
    """Return what a reply says. Raises WireError for a body that is no such reply."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("known", "the reply is not JSON") from None
    if not isinstance(said, dict):
        raise WireError("known", "the reply is not a JSON object")
    return KnownPhotos(_ids(said, "known"), _ids(said, "missing"))


def _ids(said: dict[str, Any], member: str) -> frozenset[str]:
    ids = said.get(member)
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise WireError(member, "is not a list of ids")
    return frozenset(ids)
