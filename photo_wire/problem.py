"""An error's reply: `application/problem+json` (RFC 9457), one sentence that says what to do."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from photo_wire.errors import printable

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """`status` is the reply's status code; `detail` one sentence on this occurrence: what is
    wrong, and what to do."""

    status: int
    detail: str

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self) -> str:
        return json.dumps({"title": self.title, "status": self.status, "detail": self.detail})


def parse_problem(status: int, body: bytes) -> Problem:
    """The problem that a reply with this status code states. A body that is none (a proxy's page,
    the empty 401 of the Functions host) gives a problem without a detail; nothing is raised. What
    could change a log or a terminal is escaped in the detail."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    detail = said.get("detail") if isinstance(said, dict) else None
    return Problem(status, printable(detail) if isinstance(detail, str) else "")
