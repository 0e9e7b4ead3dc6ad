"""The error of a value that breaks the rules of the wire, and values as a message may show them."""

import json
from typing import Any


class WireError(ValueError):
    """A value from the other side breaks the rules of the wire.

    `field` is the header, parameter or member that holds it; `problem` tells what is wrong with it
    and what is expected. The value is quoted and shortened, so that it fits into a log line.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def parse_json_object(body: bytes, field: str) -> dict[str, Any]:
    """Return the JSON object in a body. Raises WireError, naming `field`, if it is not one."""
    try:
        members: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError(field, "the body is not JSON") from None
    if not isinstance(members, dict):
        raise WireError(field, "the body is not a JSON object")
    return members


def quoted(value: str, max_length: int = 80) -> str:
    """Return a value for a message: quoted, escaped, cut to `max_length` characters."""
    return ascii(value if len(value) <= max_length else value[:max_length] + "...")


def quoted_json(value: object) -> str:
    """Return a value of a JSON body for a message: a text as `quoted` does, others as JSON has
    them, as in `null`."""
    if isinstance(value, str):
        return quoted(value)
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


def as_sentence(problem: str) -> str:
    """Return the text of a problem, which programs read, too, as a sentence for people: it begins
    with a capital, and ends with a full stop, unless it has its own end. Markup stays so."""
    end = "" if problem.endswith((".", "!", "?", "…")) else "."
    return problem[:1].upper() + problem[1:] + end


def printable(text: str, max_length: int = 500, keep: str = "") -> str:
    """Return a text for a log or a terminal, cut to `max_length` characters. Escape control
    characters and those that turn the direction of the text (Unicode's categories C and Z), except
    the space and the characters in `keep`."""
    shown = text if len(text) <= max_length else text[:max_length] + "..."
    return "".join(
        one if one.isprintable() or one in keep else one.encode("unicode_escape").decode()
        for one in shown
    )
