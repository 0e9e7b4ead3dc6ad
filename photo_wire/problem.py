"""An error's response: `application/problem+json` (RFC 9457), with a sentence on what to do."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from photo_wire.errors import WireError, parse_json_object, printable

PROBLEM_TYPE = "application/problem+json"
_MAX_COUNTER = 2**53  # JSON carries every number up to this exactly


@dataclass(frozen=True, slots=True)
class Problem:
    """`status` is the response's status code; `detail` is one sentence: what is wrong, and what to
    do. `counter_above`, with status 401, tells a device to sign its request again, with a counter
    above this one. `type` names a problem that programs tell from others of its status; "" for
    most. Devices need none."""

    status: int
    detail: str
    counter_above: int | None = None
    type: str = ""

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self) -> str:
        members: dict[str, object] = {
            **({"type": self.type} if self.type else {}),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.counter_above is not None:
            members["counter_above"] = self.counter_above
        return json.dumps(members)


def parse_problem(status: int, body: bytes) -> Problem:
    """Return the problem in a response. Another body (a proxy's page, the empty 401 of the
    Functions host) gives a problem without a detail; nothing is raised. The detail is escaped, so
    that it cannot change a log or a terminal."""
    try:
        members = parse_json_object(body, "problem")
    except WireError:
        members = {}
    detail, counter = members.get("detail"), members.get("counter_above")
    is_counter = type(counter) is int and 0 <= counter < _MAX_COUNTER
    return Problem(
        status,
        printable(detail) if isinstance(detail, str) else "",
        counter if is_counter else None,
    )
