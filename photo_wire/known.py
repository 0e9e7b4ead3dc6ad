"""The query whether photos are still stored: `POST /api/photos/known`.

A device sends the ids of up to 100 photos for which it has receipts, as `{"ids": [...]}`. The
response has each of them in one of two lists: `known` (stored, or deleted by a person or by
retention) or `missing`.
"""

import json
from typing import Any, NamedTuple

from photo_wire.errors import WireError, parse_json_object

KNOWN_PATH = "/api/photos/known"
MAX_IDS = 100  # in a request


def ids_to_json(ids: list[str]) -> bytes:
    """Return the body of the request."""
    return json.dumps({"ids": ids}).encode()


class KnownPhotos(NamedTuple):
    """The ids of the known and of the missing photos."""

    known: frozenset[str]
    missing: frozenset[str]


def parse_known(body: bytes) -> KnownPhotos:
    """Return the lists in a response's body. Raises WireError if they are not there."""
    members = parse_json_object(body, "known")
    return KnownPhotos(_ids(members, "known"), _ids(members, "missing"))


def _ids(members: dict[str, Any], member: str) -> frozenset[str]:
    ids = members.get(member)
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise WireError(member, "is not a list of ids")
    return frozenset(ids)
