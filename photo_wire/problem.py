"""An error's response: `application/problem+json` (RFC 9457), with a sentence on what to do."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from photo_wire.errors import WireError, parse_json_object, printable

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """`status` is the response's status code; `detail` is one sentence: what is wrong, and what to
    do."""

    status: int
    detail: str

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self) -> str:
        return json.dumps({"title": self.title, "status": self.status, "detail": self.detail})


def parse_problem(status: int, body: bytes) -> Problem:
    """Return the problem in a response. Another body (a proxy's page, the empty 401 of the
    Functions host) gives a problem without a detail; nothing is raised. The detail is escaped, so
    that it cannot change a log or a terminal."""
    try:
        detail = parse_json_object(body, "problem").get("detail")
    except WireError:
        detail = None
    return Problem(status, printable(detail) if isinstance(detail, str) else "")
